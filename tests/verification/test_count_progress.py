"""Progress and summary are counted from the cases: the parts add up, at every level."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock, scope
from app.kernel.types import YearMonth
from app.verification import queries
from tests.engine import student
from tests.verification.suspects import BACK, DAY, answer, cases, close, load, opened, suspect, told

MONTHS = {"back_first": YearMonth.at(2025, 9), "back_last": YearMonth.at(2026, 1)}


@pytest.fixture
def of(world):
    """Four cases at 闽侯职业中专 (two answered, one of them closed), one each at two others."""
    made = opened(world)
    places = [world.school] * 4 + [world.second, world.far]
    load(world, made, [suspect(student(n), place) for n, place in enumerate(places)])
    found = cases(world, made)
    answer(world, found[student(0).name])
    close(world, found[student(0).name])
    answer(world, found[student(1).name], told(**BACK, **MONTHS))
    answer(world, found[student(4).name],
           told(**BACK, **MONTHS, voucher_no="JK1", repaid_on=DAY))  # fmt: skip
    return made


def seen(world, of, place):
    with scope.scope(place.path):
        below = queries.below(place.id)
        return below, queries.progress(of.id, place.path, below)


def test_the_province_sees_its_counties_and_their_sum(world, of):
    _below, found = seen(world, of, world.province)
    assert found[world.county.id][:4] == (2, 2, 0, 1)
    assert found[world.other.id][:4] == (1, 0, 0, 0)
    assert found[0] == tuple(map(sum, zip(found[world.county.id], found[world.other.id],
                                          strict=True)))  # fmt: skip
    assert (found[0].cases, found[0].percent) == (6, 16)


def test_a_county_sees_its_schools(world, of):
    _below, found = seen(world, of, world.county)
    assert found[world.school.id][:4] == (2, 1, 0, 1)
    assert found[world.second.id][:4] == (0, 1, 0, 0)
    assert found[0].cases == 5


def test_nothing_is_overdue_by_the_day_and_all_that_is_open_after_it(world, of):
    with clock.at(dt.datetime.combine(of.due_on, dt.time(23, 0), clock.SHANGHAI)):
        assert seen(world, of, world.province)[1][0].overdue == 0
    with clock.at(dt.datetime.combine(of.due_on + clock.ONE_DAY, dt.time(1), clock.SHANGHAI)):
        assert seen(world, of, world.province)[1][0].overdue == 5


def test_a_hundred_percent_is_said_of_nothing_less():
    almost = queries.Progress(waiting=1, answered=0, stray=0, closed=99_999, overdue=0)
    assert almost.percent == 99
    assert almost._replace(waiting=0).percent == 100


def test_the_summary_counts_money_back_only_with_its_voucher(world, of):
    with scope.scope(world.province.path):
        sums = {(s.finding, s.action): s for s in queries.summary(of.id, world.province.path)}
    assert sums["FALSE", "KEEP"].cases == 1
    back = sums["TRUE", "RECOVER"]
    assert (back.cases, back.claimed, back.back) == (2, 200_000, 100_000)


def test_a_stranger_counts_nothing(world, of):
    with scope.scope(world.far.path):
        assert queries.progress(of.id, world.county.path, [])[0].cases == 0
        assert queries.summary(of.id, world.county.path) == []
        (lap,) = queries.laps()
    assert (lap.round_id, lap.cases) == (of.id, 1)


def test_progress_costs_one_statement_and_so_does_the_summary(world, of, statements):
    with scope.scope(world.province.path):
        below, pk = queries.below(world.province.id), of.id
        with statements() as asked:
            queries.progress(pk, world.province.path, below)
            queries.summary(pk, world.province.path)
    assert len(asked) == 2
