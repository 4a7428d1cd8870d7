"""Who left after the notice went up is not paid for the months he was away."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.payments import conserving
from app.payments.models import Attempt, Payment
from app.payments.sums import Chosen
from app.payments.waiting import unpaid_leavers, unpaid_months, why_unpaid
from tests.engine import OVER, lines, student
from tests.registry.rolls import pupil, send, take

SOON = OVER + dt.timedelta(days=2)


def told(world, n, state, month, at=SOON):
    """The school's registry file says this of a student, on that day."""
    staged = send(world, world.school, [pupil(student(n), 入学年月="2025-09", 学籍状态=state,
                                              异动年月=month)])  # fmt: skip
    world.moment = at
    take(world, staged)


@pytest.fixture
def confirmed(world):
    return world.confirmed(world.school, lines(3))


def names(world, run):
    return [a.name for a in world.all(Attempt, run_id=run.id)]


@pytest.mark.parametrize(("month", "paid"), [
    ("2026-08", False), ("2026-09", False), ("2026-10", True),
])  # fmt: skip
def test_payment_stops_from_the_month_of_leaving(world, confirmed, month, paid):
    told(world, 0, "退学", month)
    opened = world.open()
    assert (opened.accepted, opened.away) == ((3, 0) if paid else (2, 1))
    assert (student(0).name in names(world, opened.run)) is paid


def test_it_is_said_in_the_trail(world, confirmed):
    told(world, 0, "休学", "2026-09")
    world.open()
    assert "离校未列入1行" in world.one(Event, verb="open").note


def test_who_is_told_to_have_been_there_after_all_is_paid(world, confirmed):
    told(world, 0, "休学", "2026-09")
    world.open()
    told(world, 0, "复学", "2026-09", SOON + dt.timedelta(days=1))
    late = world.open()
    assert (late.accepted, late.away) == (1, 0)
    assert names(world, late.run) == [student(0).name]


def test_what_the_bureau_knew_and_let_pass_is_paid(world):
    """He was told away before the list was published; the finding was overruled with a reason."""
    world.enrol(world.school, lines(3))
    told(world, 0, "休学", "2026-09", world.moment)
    target = world.fill(world.draft(), lines(3))
    world.overrule(target, "NOT_AT_SCHOOL")
    world.through(target)
    assert world.open().accepted == 3


def test_his_line_can_be_removed_and_nothing_waits(world, confirmed):
    told(world, 0, "退学", "2026-09")
    world.open()
    world.remove(confirmed, 2)
    with pytest.raises(Refused, match="没有可支付的名单"):
        world.open()


def test_his_line_waits_to_be_removed_and_not_for_a_run(world, confirmed):
    def waits():
        with scope.scope(world.county.path):
            return unpaid_months(world.county.id), unpaid_leavers(world.county.id)

    assert waits() == ([(world.month, 1)], 0)
    told(world, 0, "退学", "2026-09")
    assert waits() == ([(world.month, 1)], 1)
    world.open()
    assert waits() == ([], 1)
    world.remove(confirmed, 2)
    assert waits() == ([], 0)


def test_of_each_line_that_is_not_paid_it_is_said_why(world, confirmed):
    told(world, 0, "退学", "2026-09")
    world.hold(lines(3)[1], world.month)
    with scope.scope(world.county.path):
        whys = [why_unpaid(world.line(confirmed, seq).id) for seq in (2, 3, 4)]
    assert whys == ["gone", "held", "unpaid"]


def test_a_student_on_hold_keeps_no_run_waiting(world, confirmed):
    for each in lines(3):
        world.hold(each, world.month)
    with scope.scope(world.county.path):
        assert unpaid_months(world.county.id) == []


def test_when_all_have_left_it_says_why_there_is_no_run(world, confirmed):
    for n in range(3):
        told(world, n, "退学", "2026-09")
    with pytest.raises(Refused, match="3行的学生已离校"):
        world.open()
    assert world.count(Payment) == 0


def test_on_hold_and_gone_is_counted_once(world, confirmed):
    world.hold(lines(1)[0], world.month)
    told(world, 0, "退学", "2026-09")
    told(world, 1, "退学", "2026-09")
    opened = world.open()
    assert (opened.accepted, opened.held, opened.away) == (1, 1, 1)


def test_what_failed_is_not_paid_again_to_who_left(world, confirmed):
    run = world.exported(world.opened())
    world.paid(run, "failed")
    told(world, 0, "退学", "2026-09")
    again = world.act(world.county.clerk, _again, run, world.county.clerk)
    assert (again.accepted, again.away) == (2, 1)
    assert student(0).name not in names(world, again.run)


def _again(run, actor):
    from app.payments import opening

    return opening.open_again(run, actor)


def test_the_money_is_conserved(world, confirmed):
    told(world, 0, "退学", "2026-09")
    world.paid(world.exported(world.opened()))
    with scope.scope(world.county.path):
        assert all(e.holds for e in conserving.verify(Chosen(None), runs=True))


def test_the_books_say_why_he_is_not_paid(world, confirmed):
    told(world, 0, "退学", "2026-09")
    world.open()
    with scope.scope(world.county.path):
        (due,) = [e for e in conserving.verify(Chosen(None), runs=True) if e.name == "due"]
    assert {t.figure: t.count for t in due.right} == {
        "payments": 2, "unpaid": 0, "held": 0, "elsewhere": 0, "gone": 1,
    }  # fmt: skip
    assert due.holds


def test_the_same_student_at_another_school_is_paid(world):
    """Only the school that says he left is believed about its own list."""
    world.confirmed(world.school, lines(1))
    with clock.at(world.moment):
        rows = [pupil(student(0), 入学年月="2025-09", 学籍状态="转学", 异动年月="2026-09")]
    staged = send(world, world.far, rows)
    world.moment = SOON
    take(world, staged)
    assert world.open().accepted == 1
