"""A list that names another card changes it, with the hands it went through kept beside it."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments.models import Attempt
from app.publicity.models import AidList
from app.publicity.workflow import PUBLICITY
from app.registry import card_changes
from app.registry.models import Card, CardChange, Enrolment
from tests.engine import OVER, PUBLISHED, card, line, lines, student

NEW, ASKED = card(500), card(501)


def cards(world):
    """The state of each card, by its last four digits."""
    return {c.card_mask[-4:]: c.state for c in world.all(Card)}


@pytest.fixture
def known(world):
    """Three students, enrolled, with a card in use each."""
    world.enrol(world.school, lines(3))
    for row in lines(3):
        world.card_of(row)
    return world


def renewed(world, number=NEW, **but):
    """This month's list, in which the first student has another card."""
    rows = [line(student(0), card_no=number, **but), *lines(2, start=1)]
    return world.listed(world.school, rows, enrol=False)


def ask(world, number=ASKED):
    clerk, enrolment = world.school.clerk, world.one(Enrolment, name=student(0).name)
    with clock.at(PUBLISHED):
        return world.act(clerk, card_changes.ask, enrolment, number, "lost", clerk)


def test_the_change_is_written_down_with_its_maker_and_its_checker(known):
    target = known.through(renewed(known))
    change = known.one(CardChange)
    old, new = (known.one(Card, state=s, person_id=change.person_id) for s in ("closed", "active"))
    assert (change.origin, change.state, change.list_id) == ("list", "changed", target.id)
    assert (change.by, change.decided_by) == (
        known.school.reviewer.username, known.county.approver.username,
    )  # fmt: skip
    assert (change.old_card_id, change.new_card_id) == (old.id, new.id)
    assert (change.old_card_mask, change.card_mask) == (old.card_mask, new.card_mask)
    assert (change.card_no, change.name) == (NEW, student(0).name)
    assert change.enrolment_id == known.one(Enrolment, name=student(0).name).id
    assert (change.school_id, change.org_path) == (known.school.id, known.school.path)
    assert [clock.moment_of(at) for at in (change.created_at, change.decided_at)] == [
        PUBLISHED, OVER,
    ]  # fmt: skip


def test_the_trail_names_the_change_and_no_number(known):
    known.through(renewed(known))
    told = known.one(Event, verb="change_card")
    assert (told.subject, told.subject_id, told.new) == (
        "card_change", known.one(CardChange).id, "changed",
    )  # fmt: skip
    assert NEW not in told.note


def test_what_the_clock_confirms_was_checked_by_who_published_it(known):
    target = known.through(renewed(known), "published")
    with clock.at(OVER), scope.everyone("the night"):
        PUBLICITY.take("confirm", AidList.id == target.id, CLOCK)
        db.session.commit()
    assert known.one(CardChange).decided_by == known.county.approver.username
    assert known.one(Event, verb="change_card").actor == "clock"


def test_a_list_that_names_the_cards_in_use_changes_nothing(known):
    known.confirmed(known.school, lines(3), enrol=False)
    assert known.count(CardChange) == 0


def test_a_first_card_is_no_change(world):
    world.confirmed(world.school, lines(3))
    assert world.count(CardChange) == 0


def test_before_the_list_is_confirmed_nothing_is_changed(known):
    known.through(renewed(known), "published")
    assert known.count(CardChange) == 0
    assert cards(known)[NEW[-4:]] == "claimed"


def test_the_card_of_a_thawed_line_is_written_down_when_it_comes_into_use(known):
    target = known.through(renewed(known), "published")
    frozen = known.object_to(target, 2)
    known.through(target)
    assert known.count(CardChange) == 0
    assert known.press("dismiss", frozen, known.county.approver).moved == 1
    assert known.one(CardChange).new_card_id == known.one(Card, card_mask=known.fresh(
        frozen).card_mask).id  # fmt: skip


def test_two_lines_of_one_student_are_one_change(known):
    early = {"first_month": known.month - 3, "last_month": known.month - 3}
    rows = [line(student(0), card_no=NEW, **early), line(student(0), card_no=NEW)]
    known.through(known.listed(known.school, rows, enrol=False, first=known.month - 3))
    assert known.count(CardChange) == 1


def test_lists_of_many_schools_are_told_apart(known):
    known.enrol(known.second, lines(2, start=7))
    for row in lines(2, start=7):
        known.card_of(row)
    here = known.through(renewed(known), "published")
    there = known.listed(known.second, [line(student(n), card_no=card(500 + n)) for n in (7, 8)],
                         enrol=False)  # fmt: skip
    known.through(there, "published")
    approver = known.county.approver
    with clock.at(OVER):
        known.act(approver, PUBLICITY.take, "confirm", AidList.state == "published", approver)
    found = [(c.list_id, c.school_id, c.by, c.name) for c in known.all(CardChange)]
    assert sorted(found) == sorted([
        (here.id, known.school.id, known.school.reviewer.username, student(0).name),
        *((there.id, known.second.id, known.second.reviewer.username, student(n).name)
          for n in (7, 8)),
    ])  # fmt: skip


def test_a_student_the_registry_does_not_know_is_written_down_all_the_same(world):
    world.card_of(line(student(0)))
    target = renewed(world)
    world.overrule(target, "NOT_IN_REGISTRY")
    world.through(target)
    assert world.one(CardChange).enrolment_id is None


def test_a_list_may_bring_back_a_card_that_a_list_had_changed(known):
    known.through(renewed(known))
    rows = [line(student(0)), *lines(2, start=1)]
    known.moment = OVER
    known.confirmed(known.school, rows, enrol=False, month=known.month - 3)
    assert [c.card_mask[-4:] for c in known.all(CardChange)] == [NEW[-4:], card(0)[-4:]]
    assert cards(known)[card(0)[-4:]] == "active"


# --- beside a request


def test_a_list_does_not_decide_what_a_request_asks(known):
    """The finding says so, the card in use stays, and there is one record and not two."""
    asked = ask(known)
    target = renewed(known)
    assert known.codes(target, 2) == {"CARD_CHANGED", "CARD_ASKED"}
    known.through(target)
    assert known.one(CardChange).id == asked.id
    assert (cards(known)[card(0)[-4:]], cards(known)[NEW[-4:]]) == ("active", "claimed")
    order = known.all(Attempt, run_id=known.opened().id)[0]
    assert order.card_mask[-4:] == card(0)[-4:]


def test_the_request_is_decided_as_if_there_were_no_list(known):
    asked = ask(known, NEW)
    known.through(renewed(known))
    with clock.at(OVER):
        assert known.press("accept_card", asked, known.school.reviewer).moved == 1
    assert known.count(CardChange) == 1
    assert (cards(known)[card(0)[-4:]], cards(known)[NEW[-4:]]) == ("closed", "active")


def test_the_next_list_changes_the_card_once_the_request_is_declined(known):
    asked = ask(known)
    with clock.at(PUBLISHED):
        known.press("decline_card", asked, known.school.reviewer)
    target = renewed(known)
    assert known.codes(target, 2) == {"CARD_CHANGED"}
    known.through(target)
    assert [c.origin for c in known.all(CardChange)] == ["request", "list"]


def test_a_request_keeps_who_decided_it(known):
    asked = ask(known)
    with clock.at(OVER):
        known.press("accept_card", asked, known.school.reviewer)
    assert known.fresh(asked).decided_by == known.school.reviewer.username


def test_nobody_stands_on_both_sides_of_a_change(known):
    """The database refuses it, whoever asks."""
    asked = ask(known)
    forged = update(CardChange.__table__).values(state="changed", decided_by=asked.by)
    with scope.everyone("a test breaks in"), pytest.raises(IntegrityError, match="two_people"):
        db.session.execute(forged)
    db.session.rollback()
