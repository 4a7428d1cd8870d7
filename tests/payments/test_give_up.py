"""Who left in the middle is paid the months before, and what failed holds no month for ever."""

from __future__ import annotations

import datetime as dt

import pytest
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import select

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import conserving, queries, releasing, waiting
from app.payments.behind import Standing
from app.payments.models import Attempt, Payment, PayRun
from app.payments.sums import Chosen
from app.publicity.models import AidLine
from app.registry.models import CoveredMonth
from tests.engine import MONTHLY, OVER, line, lines, student
from tests.registry.rolls import pupil, send, take

AWAY_FROM = "2026-06"


@pytest.fixture
def months(world):
    """May, June and September on one line, as the money came late; and another student's."""
    span = {"first_month": world.month - 4, "last_month": world.month - 2,
            "amount_fen": 2 * MONTHLY}  # fmt: skip
    return world.confirmed(world.school, [line(student(0), **span), line(student(1))])


def leaves(world):
    """The registry says after the notice that he left in the middle of it."""
    row = pupil(student(0), 入学年月="2025-09", 学籍状态="退学", 异动年月=AWAY_FROM)
    staged = send(world, world.school, [row])
    world.moment = OVER + dt.timedelta(days=2)
    take(world, staged)


def supplement(world):
    """The school lists the month before he left once more."""
    may = world.month - 4
    target = world.draft(kind="SUPPLEMENT")
    world.fill(target, [line(student(0), first_month=may, last_month=may)])
    assert world.codes(target) == set()
    return world.through(target)


def paid_months(world):
    """Whose months have arrived, by name."""
    paid = {a.payment_id for a in world.all(Attempt, state="paid")}
    return {a.name: world.months_of(p) for p in world.all(Payment) if p.id in paid
            for a in world.all(Attempt, payment_id=p.id, state="paid")}  # fmt: skip


def books_hold(world):
    with scope.scope(world.county.path):
        broken = [e for e in conserving.verify(Chosen(None), runs=True) if not e.holds]
    return not broken


def test_the_months_before_he_left_are_paid_by_a_supplement(world, months):
    leaves(world)
    opened = world.open()
    assert (opened.accepted, opened.away) == (1, 1)
    world.paid(world.exported(opened.run))
    world.remove(months, 2)
    supplement(world)
    world.paid(world.exported(world.opened()))
    assert paid_months(world)[student(0).name] == ["2026-05"]
    assert books_hold(world)


def test_so_are_they_when_his_payment_failed_before_he_left(world, months):
    """The failed payment held all his months: nobody could pay him May, and nothing gave it up."""
    run = world.exported(world.opened())
    world.paid(run, "failed")
    leaves(world)
    world.remove(months, 2)
    assert world.months_of(world.all(Payment)[0]) == []
    again = world.again(run)
    assert [a.name for a in world.all(Attempt, run_id=again.id)] == [student(1).name]
    supplement(world)
    world.paid(world.exported(world.opened()))
    assert paid_months(world) == {student(0).name: ["2026-05"]}
    assert books_hold(world)


def test_what_was_tried_stays_to_be_seen(world, months):
    run = world.exported(world.opened())
    world.paid(run, "failed")
    world.remove(months, 2)
    assert world.states(run) == ["failed", "failed"]
    assert world.one(Event, verb="remove").outcome == "ok"
    assert books_hold(world)


def test_nothing_is_said_to_be_paid_again_that_was_given_up(world, months):
    run = world.exported(world.opened())
    world.paid(run, "failed")
    world.remove(months, 2)

    def told():
        with scope.scope(world.county.path):
            again = queries.to_pay_again(run.id)
            return again.payments, again.fen, waiting.runs_to_repeat(world.county.id)

    assert told() == (1, MONTHLY, [(run.id, run.month, 1)])
    world.remove(months, 3)
    assert told() == (0, 0, [])
    with pytest.raises(Refused, match="没有可以重发的失败笔数"):
        world.again(run)


def test_a_run_is_settled_and_stays_so(world, months):
    run = world.exported(world.opened())
    world.paid(run, "failed")
    world.remove(months, 2)
    assert world.press("settle", run, world.county.poster).moved == 1
    assert world.one(PayRun).state == "settled"


@pytest.mark.parametrize("state", ["waiting", "sent", "unknown", "paid"])
def test_money_that_may_arrive_or_has_is_not_given_up(world, months, state):
    run = world.opened()
    if state != "waiting":
        world.exported(run)
        if state != "sent":
            world.paid(run, state)
    out = world.press("remove", world.line(months, 2), world.county.approver)
    assert (out.moved, world.line(months, 2).state) == (0, "normal")
    assert "正在支付或已到账" in next(iter(out.refused.values()))
    assert world.count(CoveredMonth) == 4


def test_what_came_back_and_waits_to_be_sent_anew_is_not_given_up(world, months):
    run = world.exported(world.opened())
    world.paid(run, "failed")
    again = world.again(run)
    assert world.press("remove", world.line(months, 2), world.county.approver).moved == 0
    world.press("void", again, world.county.clerk)
    world.remove(months, 2)
    assert books_hold(world)


def test_an_objection_freezes_no_line_that_was_tried(world, months):
    world.paid(world.exported(world.opened()), "failed")
    out = world.press("object", world.line(months, 2), world.county.approver)
    assert out.moved == 0


def test_an_order_made_just_now_keeps_its_months(world, months):
    world.opened()
    with scope.everyone("a test asks"), pytest.raises(Refused, match="没有剔除任何一行"):
        releasing.give_up(AidLine.__table__.select().with_only_columns(AidLine.__table__.c.id))
    assert world.count(CoveredMonth) == 4


def test_two_who_give_up_and_pay_again_at_once_are_one_of_both(world):
    """The months of a line are either free or those of an order that may arrive."""
    from tests.payments.crossing import books_are_right, crossings

    if not world.engine.is_postgresql:
        pytest.skip("SQLite lets one write at a time: nothing ever crosses there")

    def prepare():
        world.confirmed(world.school, lines(3))
        world.paid(world.exported(world.opened()), "failed")

    def again():
        return world.again(world.one(PayRun, kind="first"))

    def remove():
        found = next(x for x in world.all(AidLine) if x.seq == 2)
        return world.press("remove", found, world.county.approver)

    for first, second in ((again, remove), (remove, again)):
        for _hands in crossings(world, prepare, first, second):
            gone = {x.id for x in world.all(AidLine, state="removed")}
            live = {a.payment_id for a in world.all(Attempt, state="waiting")}
            given = {p.id for p in world.all(Payment) if p.line_id in gone}
            assert not live & given
            assert world.count(CoveredMonth) == 3 - len(given)
            books_are_right(world)


def test_the_figures_of_the_books_lead_to_as_many_rows(world, months):
    """What was given up is not due: it stands behind no number of what stands now."""
    world.paid(world.exported(world.opened()), "failed")
    world.remove(months, 2)
    with scope.scope(world.county.path):
        sums = next(iter(conserving.books(Chosen()).figures.values()))
        standing = Standing("standing", SQLAInterface(Attempt)).compare(None, ["now"])
        rows = db.session.scalars(select(Attempt).where(standing, Attempt.state == "failed")).all()
    assert [a.name for a in rows] == [student(1).name]
    assert sums["failed"] == sums["payments"] == (1, MONTHLY)
    assert sums["removed"] == (1, 2 * MONTHLY)
