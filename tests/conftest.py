"""Which database the tests run on, said once.

TEST_DATABASE=sqlite (default) or postgresql. The process that starts the tests also starts the
server; each test worker has a database of its own in it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.kernel import clock
from tests import postgres, world
from tests.stage import client_of, public, staff, stage, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.stage import Stage

__all__ = ["client_of", "public", "staff", "stage", "statements"]

SOCKETS = "AID_TEST_POSTGRES"
_server: pytest.StashKey[AbstractContextManager[Path]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("TEST_DATABASE") != "postgresql" or hasattr(config, "workerinput"):
        return
    config.stash[_server] = postgres.cluster()
    os.environ[SOCKETS] = str(config.stash[_server].__enter__())


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        config.stash[_server].__exit__(None, None, None)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {os.environ.get('TEST_DATABASE', 'sqlite')}"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Makes the URL of an empty database of that name, for this test worker alone."""

    def make(name: str) -> str:
        if sockets := os.environ.get(SOCKETS):
            worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
            return postgres.new_database(Path(sockets), f"{name}_{worker}")
        return f"sqlite:///{tmp_path_factory.mktemp(name) / 'aid.db'}"

    return make


@pytest.fixture(scope="session")
def database_url(empty_database: Callable[[str], str]) -> str:
    """The URL of the database that most tests share: empty when the run begins."""
    return empty_database("aid")


@pytest.fixture
def living(stage: Stage) -> Iterator[Stage]:
    """The small Fujian after six lived months; it is Monday, 23 November."""
    with clock.at(world.NOW):
        stage.at("living", world.load_living)
        yield stage
