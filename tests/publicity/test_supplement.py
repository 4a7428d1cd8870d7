"""补发: months nobody was paid for, each at its own time's standard, through notice and run."""

from __future__ import annotations

import pytest

from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.payments.models import Attempt, Payment
from app.publicity.models import AidList
from tests.engine import MONTHLY, line, lines, student

OLD, NEW = 20000, 23000
"""2,000 yuan a year until January 2025, 2,300 from February on."""
SPAN = {"first_month": YearMonth.at(2024, 11), "last_month": YearMonth.at(2025, 3)}
OWED = 3 * OLD + 2 * NEW


def supplement(world, rows, enrol=True):
    return world.listed(world.school, rows, enrol, kind="SUPPLEMENT")


def test_each_month_is_owed_by_the_standard_of_its_own_time(world):
    target = supplement(world, [line(student(0), amount_fen=OWED, **SPAN)])
    assert world.codes(target) == set()
    too_much = [line(student(0), amount_fen=OWED + 1, **SPAN)]
    assert world.codes(world.fill(target, too_much)) == {"STANDARD_EXCEEDED"}


def test_the_third_grade_is_owed_nothing_before_2025_spring(world):
    rows = [line(student(0), grade="3", amount_fen=2 * NEW, **SPAN)]
    assert world.codes(supplement(world, rows)) == {"GRADE_OUTSIDE"}
    later = [line(student(0), grade="3", amount_fen=2 * NEW, first_month=YearMonth.at(2025, 2),
                  last_month=YearMonth.at(2025, 3))]  # fmt: skip
    assert world.codes(supplement(world, later, enrol=False)) == set()


def test_it_goes_through_notice_and_run_and_locks_every_month(world):
    target = supplement(world, [line(student(0), amount_fen=OWED, **SPAN)])
    with pytest.raises(Refused):
        world.opened()
    world.through(target, "published")
    with pytest.raises(Refused):
        world.opened()
    world.through(target)
    run = world.exported(world.opened())
    world.paid(run)
    owed = world.one(Payment)
    assert (owed.fen, world.months_of(owed)) == (
        OWED, ["2024-11", "2024-12", "2025-01", "2025-02", "2025-03"],
    )  # fmt: skip
    assert world.one(Attempt).state == "paid"


def test_a_month_that_was_paid_is_not_paid_again_by_a_supplement(world):
    world.confirmed(world.school, lines(2))
    world.paid(world.exported(world.opened()))
    target = supplement(world, lines(3), enrol=False)
    world.enrol(world.school, lines(1, start=2))
    world.fill(target, lines(3))
    assert [world.codes(target, n) for n in (2, 3, 4)] == [
        {"PAID_ELSEWHERE", "LISTED_ELSEWHERE"}, {"PAID_ELSEWHERE", "LISTED_ELSEWHERE"}, set(),
    ]  # fmt: skip
    for code in ("PAID_ELSEWHERE", "LISTED_ELSEWHERE"):
        world.overrule(target, code)
    world.through(target)
    opened = world.open()
    assert (opened.accepted, opened.refused, opened.run.total_fen) == (1, 2, MONTHLY)


def test_a_month_may_have_several_supplements_one_after_the_other(world):
    first = world.through(supplement(world, lines(1)))
    second = world.through(supplement(world, lines(1, start=1)))
    assert first.id != second.id
    assert world.count(AidList, kind="SUPPLEMENT", state="confirmed") == 2
    assert world.open().accepted == 2


def test_a_student_who_was_away_gets_the_months_before_only(world):
    """休学 from October on: September may still be made good, October may not."""
    row = line(student(0))
    world.enrol(world.school, [row], state="02", left_in=YearMonth.at(2026, 9))
    before = {"first_month": YearMonth.at(2026, 5), "last_month": YearMonth.at(2026, 6)}
    target = supplement(world, [line(student(0), amount_fen=2 * NEW, **before)], enrol=False)
    assert world.codes(target) == set()
    assert world.codes(world.fill(target, [row])) == {"NOT_AT_SCHOOL"}
