"""One month at one school: 兰溪, under 闽侯, in November 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.kernel import clock, scope
from app.kernel.yearmonth import YearMonth
from app.world.roster import due, granted, roster, row_of
from tests import world
from tests.journeys.people import Person
from tests.stage import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stage import Stage

NOVEMBER = YearMonth.parse("2026-11")


@pytest.fixture(params=["zh_CN", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def fujian(stage: Stage) -> Iterator[Stage]:
    """Everybody is there, nothing has happened; it is Monday, 23 November."""
    with clock.at(world.NOW):
        stage.at("fujian", world.load)
        yield stage


@pytest.fixture
def rows(fujian: Stage) -> list[dict[str, Any]]:
    """兰溪's list of November as it should be."""
    with fujian.staff.app_context(), scope.everyone("the school knows its students"):
        students = granted(roster([world.LANXI])[world.LANXI], NOVEMBER)
        return [row_of(s, NOVEMBER, due(NOVEMBER)) for s in students]


@pytest.fixture
def at_desk(fujian: Stage, language: str) -> Callable[[str], Person]:
    """Somebody who has signed in just now."""
    return lambda username: Person(signed_in(fujian.staff, username), language)


@pytest.fixture
def sits(living: Stage) -> Callable[[str], Person]:
    """Somebody at a desk where months have been lived, reading Chinese."""
    return lambda username: Person(signed_in(living.staff, username), "zh_CN")


@pytest.fixture
def anybody(fujian: Stage, language: str) -> Callable[[], Person]:
    """Somebody of the public; each at home, with an address of his own."""
    homes = iter(range(2, 250))

    def visit() -> Person:
        client = fujian.public.test_client()
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{next(homes)}"
        return Person(client, language)

    return visit
