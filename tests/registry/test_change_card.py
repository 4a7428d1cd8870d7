"""换卡: a school's clerk asks, somebody else checks; the new card is in use, the old one closed."""

from __future__ import annotations

import pytest

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments.models import Attempt
from app.registry import card_changes
from app.registry.models import Card, CardChange, Enrolment
from app.registry.workflow import CARD_CHANGES
from tests.engine import OVER, card, line, lines, student

NEW = card(500)


@pytest.fixture
def enrolled(world):
    """Three students with a card in use each."""
    rows = lines(3)
    world.enrol(world.school, rows)
    for row in rows:
        world.card_of(row)
    return world


@pytest.fixture
def run(world):
    """Five orders of one school, with the bank."""
    return world.at("five_sent", lambda w: w.exported(_sent(w)))


def _sent(world):
    world.confirmed(world.school, lines(5))
    return world.opened()


def last4(n):
    return card(n)[-4:]


def cards(world):
    """The state of each card, by its last four digits."""
    return {c.card_mask[-4:]: c.state for c in world.all(Card)}


def ask(world, n=0, number=NEW, actor=None, **but):
    actor = actor or world.school.clerk
    enrolment = world.one(Enrolment, name=student(n).name)
    with clock.at(OVER):
        return world.act(actor, card_changes.ask, enrolment, number, "lost", actor, **but)


def press(world, step, asked, actor=None, note="已核对"):
    actor = actor or world.school.reviewer
    with clock.at(OVER):
        return world.press(step, asked, actor, note)


# --- asked


def test_nothing_changes_until_somebody_else_has_checked(enrolled):
    asked = ask(enrolled)
    assert cards(enrolled) == {last4(n): "active" for n in range(3)}
    now = enrolled.fresh(asked)
    assert (now.state, now.holder_name) == ("asked", student(0).name)
    assert (now.old_card_mask[-4:], now.card_mask[-4:]) == (last4(0), NEW[-4:])


def test_the_request_stands_in_the_trail_without_a_number(enrolled):
    asked = ask(enrolled)
    told = enrolled.one(Event, subject="card_change", verb="add")
    assert told.subject_id == asked.id
    assert NEW not in told.note


def test_a_student_has_one_open_request(enrolled):
    ask(enrolled)
    with pytest.raises(Refused, match="已有一份"):
        ask(enrolled, number=card(501))
    assert enrolled.count(CardChange) == 1


@pytest.mark.parametrize("number", [student(1).card_no, student(0).card_no, "6212840000000001"])
def test_a_number_in_use_or_mistyped_is_refused(enrolled, number):
    with pytest.raises(Refused):
        ask(enrolled, number=number)
    assert enrolled.count(CardChange) == 0


def test_another_bank_told_of_the_same_number_is_a_change(enrolled):
    asked = ask(enrolled, number=student(0).card_no, bank_name="福建海峡银行")
    assert press(enrolled, "accept_card", asked).moved == 1
    used = enrolled.one(Card, state="active", person_id=asked.person_id)
    assert used.bank_name == "福建海峡银行"


def test_only_the_clerk_of_the_students_own_school_asks(enrolled):
    for actor in (enrolled.school.reviewer, enrolled.second.clerk, enrolled.county.clerk):
        with pytest.raises(Refused, match="所在学校的经办人"):
            ask(enrolled, actor=actor)


def test_somebody_elses_card_needs_a_reason(enrolled):
    with pytest.raises(Refused, match="理由"):
        ask(enrolled, holder_name="王大伟")
    assert ask(enrolled, holder_name="王大伟", note="学生未满16周岁，由监护人代办").id


# --- checked


@pytest.mark.parametrize("who", ["school.reviewer", "county.reviewer", "county.approver"])
def test_the_new_card_is_in_use_and_the_old_one_closed(enrolled, who):
    place, duty = who.split(".")
    asked = ask(enrolled)
    assert press(enrolled, "accept_card", asked, getattr(getattr(enrolled, place), duty)).moved
    assert cards(enrolled) == {
        last4(0): "closed", NEW[-4:]: "active", last4(1): "active", last4(2): "active",
    }  # fmt: skip
    done = enrolled.fresh(asked)
    assert done.state == "changed"
    assert enrolled.one(Card, id=done.new_card_id).card_no == NEW


def test_who_asked_does_not_check(enrolled):
    """The same account, now a reviewer."""
    clerk = enrolled.school.clerk
    asked = ask(enrolled, actor=clerk)
    same = type(clerk)(clerk.id, clerk.username, clerk.name, "school_reviewer", clerk.org_id,
                       clerk.org_path)  # fmt: skip
    out = press(enrolled, "accept_card", asked, same)
    assert (out.moved, out.refused_total) == (0, 1)
    assert "不同的人" in next(iter(out.refused.values()))


@pytest.mark.parametrize("who", ["second.reviewer", "other.approver", "province.approver"])
def test_nobody_else_checks(enrolled, who):
    place, duty = who.split(".")
    asked = ask(enrolled)
    assert press(enrolled, "accept_card", asked, getattr(getattr(enrolled, place), duty)).moved == 0
    assert enrolled.fresh(asked).state == "asked"


def test_somebody_elses_card_is_checked_outside_the_school(enrolled):
    asked = ask(enrolled, holder_name="王大伟", note="由监护人代办")
    out = press(enrolled, "accept_card", asked)
    assert "主管部门" in next(iter(out.refused.values()))
    assert press(enrolled, "accept_card", asked, enrolled.county.reviewer).moved == 1


def test_a_number_that_came_into_use_meanwhile_stays_whose_it_is(enrolled):
    asked = ask(enrolled)
    enrolled.card_of(line(student(7), card_no=NEW))
    out = press(enrolled, "accept_card", asked)
    assert "一人一卡" in next(iter(out.refused.values()))
    assert cards(enrolled)[last4(0)] == "active"


def test_of_two_requests_for_one_number_pressed_together_none_is_done(enrolled):
    first, second = ask(enrolled, 0), ask(enrolled, 1)
    reviewer = enrolled.school.reviewer
    with scope.scope(reviewer.org_path), pytest.raises(Refused, match="一人一卡"):
        CARD_CHANGES.take("accept_card", CardChange.id.in_((first.id, second.id)), reviewer)
    db.session.rollback()
    assert [c.state for c in enrolled.all(CardChange)] == ["asked", "asked"]
    assert cards(enrolled) == {last4(n): "active" for n in range(3)}


def test_a_first_card_may_come_by_a_request(world):
    world.enrol(world.school, lines(1))
    asked = ask(world)
    assert press(world, "accept_card", asked).moved == 1
    assert cards(world) == {NEW[-4:]: "active"}


def test_a_declined_request_leaves_the_card_and_may_be_made_again(enrolled):
    assert press(enrolled, "decline_card", ask(enrolled), note="卡号看不清").moved == 1
    assert cards(enrolled)[last4(0)] == "active"
    assert press(enrolled, "withdraw_card", ask(enrolled), enrolled.school.clerk).moved == 1
    assert press(enrolled, "accept_card", ask(enrolled)).moved == 1


def test_a_student_may_go_back_to_his_old_card(enrolled):
    press(enrolled, "accept_card", ask(enrolled))
    press(enrolled, "accept_card", ask(enrolled, number=student(0).card_no))
    assert cards(enrolled)[last4(0)] == "active"
    assert cards(enrolled)[NEW[-4:]] == "closed"


# --- lists and payments


def test_a_list_with_the_old_number_neither_brings_it_back_nor_goes_unnoticed(enrolled):
    press(enrolled, "accept_card", ask(enrolled))
    target = enrolled.listed(enrolled.school, lines(3), enrol=False)
    assert enrolled.codes(target, 2) == {"CARD_CHANGED"}
    enrolled.through(target)
    assert cards(enrolled)[NEW[-4:]] == "active"
    assert cards(enrolled)[last4(0)] == "closed"


def test_a_list_with_the_new_number_has_no_finding(enrolled):
    press(enrolled, "accept_card", ask(enrolled))
    rows = [line(student(0), card_no=NEW), *lines(2, start=1)]
    assert enrolled.codes(enrolled.listed(enrolled.school, rows, enrol=False)) == set()


def test_what_failed_is_paid_again_to_the_new_card_and_the_old_order_keeps_its_own(world, run):
    refs = world.refs(run)
    world.results(run, {refs[0]: "failed"} | dict.fromkeys(refs[1:], "paid"))
    press(world, "accept_card", ask(world, ref=refs[0]))
    again = world.again(run)
    old, new = world.one(Attempt, ref=refs[0]), world.one(Attempt, run_id=again.id)
    assert (old.card_mask[-4:], new.card_mask[-4:]) == (last4(0), NEW[-4:])
    assert old.card_id != new.card_id
