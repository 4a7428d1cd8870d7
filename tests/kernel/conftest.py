"""The demo application of the kernel's tests, made once, its rows laid out anew for each test."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def demo_app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from tests.kernel import world_of_grids

    return world_of_grids.build(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def world(demo_app: Any) -> Any:
    from tests.kernel import world_of_grids

    return world_of_grids.populate(demo_app)
