"""The house as it stands: every room, every account, three lived months; on one clock."""

from __future__ import annotations

import pytest

from app.kernel import clock
from tests import world


@pytest.fixture
def now():
    """The Monday on which the tests of the house happen."""
    with clock.at(world.NOW):
        yield


@pytest.fixture
def house(stage, now):
    """The small Fujian with lists, runs and results in every state."""
    return stage.at("house", lambda: world.load_living(3))
