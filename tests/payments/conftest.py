"""The tests of this room stand on the engine: no pages, one world."""

import pytest

from app.kernel import scope
from app.kernel.db import db
from tests.engine import engine, lines, world

__all__ = ["engine", "world"]


def _five_confirmed(world):
    world.confirmed(world.school, lines(5))
    return world.opened()


def _five_sent(world):
    return world.exported(_five_confirmed(world))


@pytest.fixture
def five_waiting(world):
    """Puts five orders of one school, not yet exported, back as often as it is asked."""
    return lambda: world.at("five_waiting", _five_confirmed)


@pytest.fixture
def waiting_run(five_waiting):
    return five_waiting()


@pytest.fixture
def run(world):
    """Five orders of one school, in a file that nobody has checked yet."""
    return world.at("five_sent", _five_sent)


@pytest.fixture
def released(world):
    """Five orders of one school, with the bank since a second person checked their files."""
    return world.at("five_checked", lambda w: w.checked(_five_sent(w)))


@pytest.fixture
def sql():
    """Runs one statement past every rule of ours and keeps what it did."""

    def run(statement):
        with scope.everyone("a test goes past every rule"):
            try:
                db.session.execute(statement)
                db.session.commit()
            finally:
                db.session.rollback()

    return run
