"""The day of arrival is the bank's word, within what can be: not before the order was sent, and not
after the next working day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.kernel import clock
from app.payments.banks import Outcome, Profile, shipped
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.foretelling import foretell
from app.payments.models import Attempt, ResultFile, ResultLine
from app.payments.posting import WHYS
from app.world import answering
from tests.engine import OVER, lines

SENT = OVER.date()
"""Thursday: the three days after it are the feast of the middle of autumn."""
HOLIDAY_EVE = dt.datetime(2026, 9, 30, 20, tzinfo=clock.SHANGHAI)
"""Wednesday; people work again on Thursday, 8 October."""
BACK_AT_WORK = dt.date(2026, 10, 8)
ONE = clock.ONE_DAY
MESSAGES = ("pain.002", "camt.053", "camt.054", "mt940")


def answered(world, run, days, *, moment=HOLIDAY_EVE, outcome=Outcome.PAID, kind=""):
    """The bank answers every order, each with the next of these days."""
    profile = Profile.parse(run.profile_data)
    if kind:
        layout = replace(profile.results, container=kind, encoding="utf-8")
        profile = replace(profile, results=layout)
    said = [Answer(line, outcome, bank_ref=f"B{line.seq}", arrived_on=day)
            for line, day in zip(answering._sent(run), days, strict=True)]  # fmt: skip
    path = world.folder / f"answer-{world.count(ResultFile)}.{profile.results.container}"
    make_result_file(profile, said, path)
    with clock.at(moment):
        return world.post(run, path)


def whys(world, taken):
    return [r.why for r in world.all(ResultLine, file_id=taken.id, fate="aside")]


def impossible_beside_possible(world, run, kind=""):
    """Too early, the first day, the last, too late, long past: the rest is posted."""
    days = (SENT - ONE, SENT, BACK_AT_WORK, BACK_AT_WORK + ONE, dt.date(2020, 2, 3))
    taken = answered(world, run, days, kind=kind)
    assert whys(world, taken) == ["early", "late", "early"]
    assert (taken.posted, taken.aside) == (2, 3)
    orders = sorted(world.all(Attempt, run_id=run.id), key=lambda a: a.seq)
    assert [o.state for o in orders] == ["sent", "paid", "paid", "sent", "sent"]
    assert [o.arrived_on for o in orders] == [None, SENT, BACK_AT_WORK, None, None]


NUMBERED = sorted(set(shipped()) - {"city_text", "icbc_payroll_xls"})


@pytest.mark.parametrize("code", NUMBERED)
def test_an_impossible_day_is_set_aside_in_every_banks_own_file(world, code):
    world.confirmed(world.school, lines(5))
    impossible_beside_possible(world, world.exported(world.opened(), code))


@pytest.mark.parametrize("code", ["city_text", "icbc_payroll_xls"])
def test_a_day_too_early_says_of_a_file_without_our_numbers_that_it_is_another_runs(world, code):
    world.confirmed(world.school, lines(5))
    run = world.exported(world.opened(), code)
    taken = answered(world, run, (SENT, SENT, BACK_AT_WORK, SENT - ONE, SENT))
    assert (taken.posted, whys(world, taken)) == (0, ["another"] * 5)
    assert answered(world, run, [SENT] * 5).posted == 5


@pytest.mark.parametrize("kind", MESSAGES)
def test_an_impossible_day_is_set_aside_in_every_standard_message(world, run, kind):
    impossible_beside_possible(world, run, kind)


@pytest.mark.parametrize(("today", "last"), [
    ("2026-09-28", "2026-09-29"), ("2026-09-24", "2026-09-28"), ("2026-10-08", "2026-10-09"),
    ("2026-10-09", "2026-10-10"),  # a Saturday on which people work
    ("2026-10-11", "2026-10-12"),
])  # fmt: skip
def test_the_last_day_is_the_next_on_which_people_work(world, run, today, last):
    day = dt.date.fromisoformat(last)
    moment = f"{today}T23:50"
    assert whys(world, answered(world, run, [day + ONE] * 5, moment=moment)) == ["late"] * 5
    assert answered(world, run, [day] * 5, moment=moment).posted == 5


def test_what_was_too_early_to_believe_is_posted_when_the_day_has_come(world, run):
    """The same file, brought in again."""
    day = dt.date(2026, 10, 12)
    assert answered(world, run, [day] * 5).posted == 0
    assert answered(world, run, [day] * 5, moment="2026-10-12T09:00").posted == 5


def test_money_does_not_come_back_on_an_impossible_day_either(world, run):
    first = answered(world, run, [SENT] * 5, kind="camt.053")
    assert first.posted == 5
    rows = [
        world.answer(ref, "returned", day=day)
        for ref, day in zip(
            world.refs(run), ("20260923", "20260929", "20261009", "20261231", ""), strict=True
        )
    ]
    with clock.at(HOLIDAY_EVE):
        taken = world.results(run, rows)
    assert whys(world, taken) == ["early", "late", "late"]
    assert world.states(run) == ["paid", "returned", "paid", "paid", "returned"]


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_the_day_of_what_did_not_arrive_is_no_day_of_arrival(world, run, outcome):
    """Banks print the day of handling beside it, and a booking that waits has a day to come."""
    ref = world.refs(run)[0]
    assert world.results(run, [world.answer(ref, outcome, day="20291231")]).posted == 1
    order = world.one(Attempt, ref=ref)
    assert (order.state, order.arrived_on) == (outcome, None)


def test_a_moment_told_in_another_offset_counts_by_the_day_here(world, run):
    """Half past four in the afternoon of the 23rd in Greenwich is the 24th here."""
    profile = replace(Profile.parse(run.profile_data), results=None)
    profile = replace(profile, results=shipped()["iso20022_pain001"].results)
    said = [Answer(line, bank_ref="B1", arrived_on=SENT) for line in answering._sent(run)]
    path = world.folder / "answer.xml"
    make_result_file(profile, said, path)
    told = path.read_text().replace(f"{SENT}T00:00:00", f"{SENT - ONE}T16:30:00.000Z")
    path.write_text(told)
    with clock.at(HOLIDAY_EVE):
        assert world.post(run, path).posted == 5
    assert {a.arrived_on for a in world.all(Attempt)} == {SENT}


def test_the_person_who_brings_it_in_reads_which_day_and_why(world, run):
    ref = world.refs(run)[0]
    path = world.folder / "回盘.txt"
    world.results(run, [world.answer(ref, "paid", day="20260923")], name=path.name)
    poster = world.county.poster
    seen = world.act(poster, foretell, run, path, path.name, poster, "")
    (row,) = seen.told["aside"]
    assert (row["why"], row["arrived_on"]) == ("early", "2026-09-23")
    assert "早于提交给银行的日期" in str(WHYS["early"])
    assert "今天之后的第一个工作日" in str(WHYS["late"])
