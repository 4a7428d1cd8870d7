"""Opening a run: who is in it, who is left out and said so, and the months it locks."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.payments import opening
from app.payments.models import Attempt, Payment, PayRun
from app.registry.models import Card, CoveredMonth
from tests.engine import MONTHLY, card, line, lines, student


def month(text: str) -> YearMonth:
    return YearMonth.parse(text)


def nothing_is_left(world):
    return all(world.count(model) == 0 for model in (PayRun, Payment, Attempt, CoveredMonth))


def spanning(n: int, first: str, last: str, fen: int):
    return line(student(n), first_month=month(first), last_month=month(last), amount_fen=fen)


def test_a_run_pays_every_confirmed_line_of_the_bureaus_schools(world):
    world.confirmed(world.school, lines(2))
    world.confirmed(world.second, lines(3, start=5))
    opened = world.open()
    assert (opened.accepted, opened.refused, opened.held) == (5, 0, 0)
    assert (opened.run.line_count, opened.run.total_fen) == (5, 5 * MONTHLY)
    assert world.total(Payment.fen) == world.total(Attempt.fen) == 5 * MONTHLY


def test_payments_lie_at_the_school_and_the_run_at_the_bureau(world):
    world.confirmed(world.school, lines(1))
    run = world.opened()
    assert run.org_path == world.county.path
    assert world.one(Payment).org_path == world.one(Attempt).org_path == world.school.path


def test_an_order_carries_what_the_line_said(world):
    world.confirmed(world.school, lines(1))
    run = world.opened()
    order, owed = world.one(Attempt), world.one(Payment)
    assert (order.name, order.fen, order.state) == (student(0).name, MONTHLY, "waiting")
    assert (order.no, order.seq, order.ref) == (1, 1, f"R{run.id}-{owed.id}-1")
    assert order.card_mask == world.one(Card).card_mask


def test_orders_stand_by_school_and_by_row_of_the_file(world):
    world.confirmed(world.second, lines(2, start=5))
    world.confirmed(world.school, [line(student(n)) for n in (2, 0, 1)])
    run = world.opened()
    names = [a.name for a in sorted(world.all(Attempt, run_id=run.id), key=lambda a: a.seq)]
    assert names == [student(n).name for n in (2, 0, 1, 5, 6)]
    assert sorted(a.seq for a in world.all(Attempt)) == [1, 2, 3, 4, 5]


def test_every_month_of_a_line_is_locked_once(world):
    world.confirmed(world.school, [spanning(0, "2026-05", "2026-09", 3 * MONTHLY), *lines(1, 1)])
    world.opened()
    long, short = sorted(world.all(Payment), key=lambda p: -p.fen)
    assert world.months_of(long) == ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09"]
    assert world.months_of(short) == ["2026-09"]


def test_the_order_goes_to_the_card_the_person_uses_today(world):
    """A later list brought a new card; the money follows the person, not the old number."""
    world.confirmed(world.school, lines(1), month=world.month - 3)
    world.confirmed(world.second, [line(student(0), card_no=card(50))])
    world.opened(month=world.month - 3)
    order = world.one(Attempt)
    assert order.card_mask.endswith(card(50)[-4:])
    assert world.one(Card, state="active").id == order.card_id


def test_a_card_that_never_came_into_use_is_paid_as_the_line_says(world):
    """The bureau let it pass with a reason: the line's own card is all there is."""
    world.card_of(line(student(5), card_no=card(0)))
    target = world.listed(world.school, lines(1))
    world.overrule(target, "CARD_OF_OTHER")
    world.through(target)
    world.opened()
    assert world.one(Attempt).card_id == world.line(target, 2).card_id


def test_the_same_student_twice_in_a_run_is_two_orders(world):
    rows = [spanning(0, "2026-05", "2026-06", 2 * MONTHLY), *lines(1)]
    world.enrol(world.school, rows[:1])
    world.through(world.fill(world.draft(), rows))
    run = world.opened()
    assert len(set(world.refs(run))) == 2
    assert run.total_fen == 3 * MONTHLY


def test_the_opening_stands_in_the_trail_with_its_sums(world):
    world.confirmed(world.school, lines(2))
    run = world.opened()
    told = world.one(Event, verb="open", subject="pay_run")
    assert (told.subject_id, told.count, told.fen) == (run.id, 2, 2 * MONTHLY)
    assert told.actor == world.county.clerk.username


# --- left out


@pytest.mark.parametrize("state", ["draft", "submitted", "published"])
def test_a_list_that_is_not_confirmed_is_not_paid(world, state):
    target = world.listed(world.school, lines(2))
    if state != "draft":
        world.through(target, state)
    with pytest.raises(Refused, match="没有可支付的名单"):
        world.open()
    assert nothing_is_left(world)


def test_removed_and_objected_lines_are_not_paid(world):
    target = world.through(world.listed(world.school, lines(4)), "published")
    world.object_to(target, 2)
    world.remove(target, 3)
    world.through(target)
    assert world.open().accepted == 2
    assert {p.line_id for p in world.all(Payment)} == {world.line(target, s).id for s in (4, 5)}


def test_lists_of_other_months_and_other_bureaus_are_not_in_the_run(world):
    world.confirmed(world.school, lines(1), month=world.month - 3)
    world.confirmed(world.far, lines(1, start=5))
    world.confirmed(world.school, lines(1, start=8))
    assert world.open().accepted == 1


def test_a_line_paid_by_another_list_is_left_out_and_counted(world):
    world.confirmed(world.far, lines(1))
    world.opened(world.other)
    target = world.listed(world.school, lines(3))
    for code in ("LISTED_ELSEWHERE", "PAID_ELSEWHERE"):
        world.overrule(target, code)
    world.through(target)
    opened = world.open()
    assert (opened.accepted, opened.refused) == (2, 1)
    assert (opened.run.line_count, opened.run.total_fen) == (2, 2 * MONTHLY)
    assert "未列入1行" in world.all(Event, verb="open")[-1].note


def test_a_line_paid_for_one_of_its_months_is_left_out_whole_and_locks_nothing(world):
    world.confirmed(world.far, lines(1), month=month("2026-06"))
    world.opened(world.other, month("2026-06"))
    target = world.listed(world.school, [spanning(0, "2026-05", "2026-09", 1), *lines(1, 1)])
    for code in ("LISTED_ELSEWHERE", "PAID_ELSEWHERE"):
        world.overrule(target, code)
    world.through(target)
    assert world.open().refused == 1
    locked = {(c.person_id, str(c.month)) for c in world.all(CoveredMonth)}
    assert len(locked) == 2
    assert {m for _p, m in locked} == {"2026-06", "2026-09"}


def test_a_line_that_cannot_be_paid_takes_no_month_from_one_that_can(world):
    """It stands first on the list, wants both months and could have only one: nobody would get
    anything, and so every time."""
    world.confirmed(world.far, lines(1), month=month("2026-05"))
    world.opened(world.other, month("2026-05"))
    rows = [spanning(0, "2026-05", "2026-06", 2), spanning(0, "2026-06", "2026-06", 1)]
    target = world.listed(world.school, rows[:1], month=month("2026-06"))
    world.fill(target, rows)
    for code in ("LISTED_ELSEWHERE", "PAID_ELSEWHERE", "TWICE_ON_LIST"):
        world.overrule(target, code)
    world.through(target)
    opened = world.open(month=month("2026-06"))
    assert (opened.accepted, opened.refused, opened.run.total_fen) == (1, 1, 1)


def test_overlapping_lines_of_one_student_in_one_run_pay_no_month_twice(world):
    rows = [spanning(0, "2026-05", "2026-06", 2), spanning(0, "2026-06", "2026-09", 2)]
    world.enrol(world.school, rows[:1])
    target = world.fill(world.draft(), rows)
    world.overrule(target, "TWICE_ON_LIST")
    world.through(target)
    opened = world.open()
    assert (opened.accepted, opened.refused) == (1, 1)
    assert world.months_of(world.one(Payment)) == ["2026-05", "2026-06"]


def test_a_student_on_hold_is_left_out_and_counted(world):
    world.confirmed(world.school, lines(3))
    world.hold(line(student(0)), world.month)
    opened = world.open()
    assert (opened.accepted, opened.refused, opened.held) == (2, 0, 1)


@pytest.mark.parametrize(("first", "last", "held"), [
    ("2026-10", None, 0), ("2026-03", "2026-08", 0), ("2026-03", "2026-09", 1),
    ("2026-09", None, 1),
])  # fmt: skip
def test_a_hold_counts_in_its_months_only(world, first, last, held):
    world.confirmed(world.school, lines(2))
    world.hold(line(student(0)), month(first), last and month(last))
    assert world.open().held == held


def test_a_line_held_back_is_paid_by_a_later_run_when_the_hold_is_lifted(world):
    from sqlalchemy import update

    from app.registry.models import Hold

    world.confirmed(world.school, lines(2))
    world.hold(line(student(0)), world.month)
    world.opened()
    with scope.everyone("a test arranges"):
        db.session.execute(update(Hold).values(state="lifted"))
        db.session.commit()
    assert world.open().accepted == 1


def test_a_second_run_pays_only_what_came_since(world):
    world.confirmed(world.school, lines(2))
    world.opened()
    world.confirmed(world.second, lines(3, start=5))
    assert world.open().accepted == 3


# --- nothing to pay


def test_nothing_confirmed_leaves_nothing_behind(world):
    with pytest.raises(Refused, match="没有可支付的名单"):
        world.open()
    assert nothing_is_left(world)
    assert world.count(Event, verb="open") == 0


def test_a_second_run_over_the_same_lists_is_refused(world):
    world.confirmed(world.school, lines(2))
    world.opened()
    with pytest.raises(Refused, match="没有可支付的名单"):
        world.open()
    assert (world.count(PayRun), world.count(Payment)) == (1, 2)


def test_when_all_were_paid_elsewhere_or_held_the_sentence_says_so(world):
    world.confirmed(world.far, lines(1))
    world.opened(world.other)
    target = world.listed(world.school, lines(2))
    for code in ("LISTED_ELSEWHERE", "PAID_ELSEWHERE"):
        world.overrule(target, code)
    world.through(target)
    world.hold(line(student(1)), world.month)
    with pytest.raises(Refused, match="1行已在其他批次支付过，1行处于停发"):
        world.open()
    assert (world.count(PayRun), world.count(Payment), world.count(CoveredMonth)) == (1, 1, 1)


# --- whose business it is


@pytest.mark.parametrize("duty", ["reviewer", "approver", "poster"])
def test_only_the_clerk_or_the_exporter_opens(world, duty):
    world.confirmed(world.school, lines(1))
    with pytest.raises(Refused, match="经办或导出付款"):
        open_as(world, world.county.actor(duty))


def test_the_exporter_may_open(world):
    world.confirmed(world.school, lines(1))
    assert open_as(world, world.county.exporter).accepted == 1


def test_the_schools_clerk_opens_nothing(world):
    with pytest.raises(Refused, match="经办或导出付款"):
        open_as(world, world.school.clerk)


@pytest.mark.parametrize("actor", ["province", "other"])
def test_nobody_opens_for_another_bureau(world, actor):
    world.confirmed(world.school, lines(1))
    with pytest.raises(Refused, match="不是您所在的主管部门"):
        open_as(world, getattr(world, actor).clerk, world.county.code)


def test_a_bureau_without_schools_of_its_own_has_nothing_to_pay(world):
    world.confirmed(world.school, lines(1))
    with pytest.raises(Refused, match="没有可支付"):
        open_as(world, world.province.clerk)


def test_a_programme_that_pays_schools_has_no_run(world):
    with pytest.raises(Refused, match="拨付给学校"):
        open_as(world, world.county.clerk, None, "TUITION_FREE")


def open_as(world, actor, code=None, programme="GRANT"):
    return world.act(actor, opening.open_run, world.month, code, actor, programme)


# --- the database itself


def test_the_database_holds_one_payment_for_a_line_and_one_lock_for_a_month(world):
    world.confirmed(world.school, lines(1))
    world.opened()
    for model in (Payment, CoveredMonth):
        with scope.everyone("a test plays the thief"):
            row = dict(db.session.execute(select(model.__table__)).mappings().one())
            row.pop("id")
            with pytest.raises(IntegrityError):
                db.session.execute(insert(model.__table__).values(row))
            db.session.rollback()
