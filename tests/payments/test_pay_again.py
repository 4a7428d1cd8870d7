"""Paying again: only what failed or came back, as a new order, to the card of today."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.payments import opening, queries
from app.payments.models import Attempt, Payment
from app.registry.models import CoveredMonth
from tests.engine import MONTHLY, card, line, student


@pytest.fixture
def answered(world, run):
    """One paid, one failed, one in doubt, one sent back, one without an answer."""
    refs = world.refs(run)
    world.results(run, dict(zip(refs, ["paid", "failed", "unknown", "paid"], strict=False)))
    world.results(run, {refs[3]: "returned"})
    return run


def again(world, run, actor=None):
    actor = actor or world.county.clerk
    return world.act(actor, opening.open_again, run, actor)


def test_what_failed_or_came_back_stands_in_a_new_run(world, answered):
    opened = again(world, answered)
    assert (opened.accepted, opened.run.kind, opened.run.total_fen) == (2, "again", 2 * MONTHLY)
    names = {a.name for a in world.all(Attempt, run_id=opened.run.id)}
    assert names == {student(1).name, student(3).name}


def test_the_old_orders_stay_as_they_were(world, answered):
    before = [vars(a) for a in world.all(Attempt, run_id=answered.id)]
    again(world, answered)
    for old, now in zip(before, world.all(Attempt, run_id=answered.id), strict=True):
        assert (old["state"], old["ref"], old["card_id"]) == (now.state, now.ref, now.card_id)


def test_the_new_order_has_a_number_and_a_reference_of_its_own(world, answered):
    run = again(world, answered).run
    orders = sorted(world.all(Attempt, run_id=run.id), key=lambda a: a.seq)
    assert [(a.no, a.seq) for a in orders] == [(2, 1), (2, 2)]
    assert [a.ref for a in orders] == [f"R{run.id}-{a.payment_id}-2" for a in orders]
    owed = {p.id: p.attempt_no for p in world.all(Payment)}
    assert sorted(owed.values()) == [1, 1, 1, 2, 2]


def test_no_payment_and_no_month_is_added(world, answered):
    again(world, answered)
    assert (world.count(Payment), world.count(CoveredMonth)) == (5, 5)


def test_the_new_order_goes_to_the_card_of_today_and_the_old_one_keeps_its_own(world, answered):
    world.moment += dt.timedelta(days=20)
    late = [line(student(1), card_no=card(70))]
    world.confirmed(world.school, late, enrol=False, month=world.month - 3)
    run = again(world, answered).run
    new = world.one(Attempt, run_id=run.id, name=student(1).name)
    old = world.one(Attempt, run_id=answered.id, name=student(1).name)
    assert new.card_mask.endswith(card(70)[-4:])
    assert old.card_mask.endswith(card(1)[-4:])


def test_before_it_is_opened_the_page_counts_the_cards_that_would_fail_again(world, run):
    first, second, third, *_rest = world.refs(run)
    said = {first: "账户已销户", second: "账户已销户", third: "账户已冻结"}
    world.results(run, [world.answer(ref, "failed", reason=why) for ref, why in said.items()])

    def told():
        clerk = world.county.clerk
        return world.act(clerk, lambda: queries.to_pay_again(run.id))

    assert told() == (3, 3 * MONTHLY, 2)
    late = [line(student(1), card_no=card(70))]
    world.confirmed(world.school, late, enrol=False, month=world.month - 3)
    assert told() == (3, 3 * MONTHLY, 1), "a frozen card may be in order again, a closed one never"


def test_what_failed_again_is_tried_a_third_time(world, answered):
    second = world.exported(again(world, answered).run)
    world.paid(second, "failed")
    third = again(world, second).run
    assert third.line_count == 2
    assert {a.no for a in world.all(Attempt, run_id=third.id)} == {3}


def test_a_paid_order_that_came_back_and_was_paid_again_may_come_back_again(world, answered):
    second = world.exported(again(world, answered).run)
    world.paid(second)
    world.results(second, dict.fromkeys(world.refs(second), "returned"))
    assert again(world, second).accepted == 2


def test_the_sums_of_paid_orders_never_exceed_what_is_owed(world, answered):
    world.paid(world.exported(again(world, answered).run))
    for owed in world.all(Payment):
        paid = world.total(Attempt.fen, payment_id=owed.id, state="paid")
        assert paid <= owed.fen


def test_the_opening_stands_in_the_trail(world, answered):
    run = again(world, answered).run
    told = world.all(Event, verb="open", subject="pay_run")[-1]
    assert (told.subject_id, told.count, told.fen) == (run.id, 2, 2 * MONTHLY)


# --- left out


def test_doubt_is_cleared_before_anything_is_paid_again(world, answered):
    """Unknown may be paid: only the bank's clear no lets it be paid again."""
    again(world, answered)
    with pytest.raises(Refused, match="没有可以重发"):
        again(world, answered)
    world.results(answered, {world.refs(answered)[2]: "failed"})
    assert again(world, answered).accepted == 1


def test_what_waits_for_an_answer_is_not_paid_again(world, run):
    with pytest.raises(Refused, match="没有可以重发"):
        again(world, run)


def test_what_is_paid_is_not_paid_again(world, run):
    world.paid(run)
    with pytest.raises(Refused, match="没有可以重发"):
        again(world, run)


def test_a_failure_is_paid_again_once(world, answered):
    again(world, answered)
    with pytest.raises(Refused, match="没有可以重发"):
        again(world, answered)
    assert world.count(Attempt) == 7


def test_a_student_on_hold_is_not_paid_again(world, answered):
    world.hold(line(student(1)), world.month)
    opened = again(world, answered)
    assert (opened.accepted, opened.held) == (1, 1)
    assert world.one(Attempt, run_id=opened.run.id).name == student(3).name


def test_when_only_held_ones_are_left_nothing_is_opened(world, answered):
    for n in (1, 3):
        world.hold(line(student(n)), world.month)
    with pytest.raises(Refused, match="2笔处于停发"):
        again(world, answered)
    assert world.count(Attempt) == 5


def test_a_late_word_on_an_order_that_was_replaced_is_set_aside(world, answered):
    """The bank said no, we paid anew; if it now says yes to the first, a person must look."""
    second = world.exported(again(world, answered).run)
    first = world.refs(answered)[1]
    taken = world.results(answered, {first: "paid"})
    assert taken.aside == 1
    world.paid(second)
    assert world.one(Attempt, ref=first).state == "failed"


# --- voided


def test_a_void_new_run_gives_its_orders_back_to_the_old_one(world, answered):
    run = again(world, answered).run
    assert world.press("void", run, world.county.clerk).moved == 1
    assert world.count(Attempt, run_id=run.id) == 0
    assert {p.attempt_no for p in world.all(Payment)} == {1}
    assert (world.count(Payment), world.count(CoveredMonth)) == (5, 5)
    assert again(world, answered).accepted == 2


# --- whose business it is


@pytest.mark.parametrize("duty", ["reviewer", "approver", "poster"])
def test_only_the_clerk_or_the_exporter_pays_again(world, answered, duty):
    with pytest.raises(Refused, match="经办或导出付款"):
        again(world, answered, world.county.actor(duty))


def test_another_bureau_pays_nothing_again(world, answered):
    with pytest.raises(Refused, match="不是您所在的主管部门"):
        again(world, answered, world.province.clerk)
    with scope.everyone("a test looks"):
        assert world.count(Attempt) == 5
