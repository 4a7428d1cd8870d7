"""Nobody is paid by a school for months before he came to it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.kernel import scope
from app.kernel.db import db
from app.kernel.types import YearMonth
from app.publicity import service
from app.publicity.models import Finding
from app.registry.models import Enrolment
from tests.engine import MONTHLY, line, lines, student


def at(text: str) -> YearMonth:
    return YearMonth.parse(text)


def claim(world, first: str, last: str, came: str | None):
    """A supplement for these months of a student who came in that one."""
    world.enrol(world.school, lines(1), enrolled_in=came and at(came))
    target = world.draft(world.school, kind="SUPPLEMENT")
    row = line(student(0), first_month=at(first), last_month=at(last), amount_fen=MONTHLY)
    return world.fill(target, [row])


@pytest.mark.parametrize(("first", "last", "codes"), [
    ("2026-02", "2026-02", {"NOT_YET_HERE"}), ("2026-02", "2026-03", {"NOT_YET_HERE"}),
    ("2026-03", "2026-03", set()), ("2026-03", "2026-05", set()), ("2026-06", "2026-06", set()),
])  # fmt: skip
def test_no_month_before_the_one_of_coming_is_claimed(world, first, last, codes):
    assert world.codes(claim(world, first, last, came="2026-03")) == codes


def test_who_came_in_a_month_nobody_knows_is_not_questioned(world):
    assert world.codes(claim(world, "2026-02", "2026-06", came=None)) == set()


@pytest.mark.parametrize(("first", "last", "codes"), [
    ("2026-02", "2026-02", {"NOT_YET_HERE"}), ("2026-02", "2026-04", {"NOT_YET_HERE"}),
    ("2026-03", "2026-04", set()), ("2026-06", "2026-06", set()),
])  # fmt: skip
def test_who_came_from_another_school_is_not_paid_for_the_months_there(world, first, last, codes):
    """The new school's registry has the month in which he first began, the old one when he left."""
    with scope.everyone("a test arranges"):
        world.enrol(world.far, lines(1), enrolled_in=at("2025-09"), left_in=at("2026-03"),
                    state="10")  # fmt: skip
    assert world.codes(claim(world, first, last, came="2025-09")) == codes


@pytest.mark.parametrize("there", [
    {"enrolled_in": "2025-09"}, {"enrolled_in": "2025-09", "left_in": "2026-02", "state": "10"},
    {"left_in": "2026-03", "state": "10"},
    {"enrolled_in": "2026-03", "left_in": "2026-05", "state": "10"},
])  # fmt: skip
def test_months_that_nobody_told_of_as_spent_elsewhere_are_not_questioned(world, there):
    """Still there too, gone by then, since nobody knows when, or there only later."""
    months = {k: at(v) for k, v in there.items() if k != "state"}
    world.enrol(world.far, lines(1), **(there | months))
    assert world.codes(claim(world, "2026-02", "2026-02", came="2025-09")) == set()


def test_it_keeps_the_list_from_being_submitted_until_the_registry_is_mended(world):
    target = claim(world, "2026-02", "2026-02", came="2026-03")
    assert world.one(Finding).severity == "block"
    assert world.press("submit", target, world.school.reviewer).moved == 0
    with scope.everyone("a test mends the registry"):
        db.session.execute(update(Enrolment).values(enrolled_in=at("2026-02")))
        db.session.commit()
    world.act(world.school.clerk, service.recheck, target, world.school.clerk)
    assert world.press("submit", target, world.school.reviewer).moved == 1
