"""The worlds themselves, each loaded once for a test worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.kernel import clock, scope
from app.world import service
from tests import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.world.service import Loaded
    from tests.stage import Stage


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    with clock.at(world.NOW):
        yield


def _inside(stage: Stage, name: str, make: Callable[[], Loaded]) -> Iterator[Any]:
    loaded = stage.at(name, make)
    with stage.staff.app_context(), scope.everyone("a test looks at everything"):
        yield loaded


@pytest.fixture
def fujian(stage: Stage) -> Iterator[Loaded]:
    """Everybody is there, nothing has happened."""
    yield from _inside(stage, "fujian", world.load)


@pytest.fixture
def living(stage: Stage) -> Iterator[Loaded]:
    """Six paid months up to 23 November 2026."""
    yield from _inside(stage, "living", world.load_living)


@pytest.fixture
def nothing(stage: Stage) -> Iterator[None]:
    """Tables without rows."""
    yield from _inside(stage, "empty", _create)


@pytest.fixture
def province(stage: Stage) -> Iterator[Loaded]:
    """All bureaus with 60 schools and 6,000 students, three paid months."""
    yield from _inside(stage, "province", _province)


def _create() -> None:
    from app.kernel.db import db

    db.create_all()


def _province() -> Loaded:
    return service.load_province(password=world.PASSWORD, schools=60, students=6_000)
