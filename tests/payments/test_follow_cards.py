"""Between opening and export a card may be closed: no money goes to it."""

from __future__ import annotations

import pytest

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import exporting, renewing
from app.payments.models import Attempt
from app.payments.sums import Chosen
from app.registry import card_changes
from app.registry.models import Card, Enrolment
from tests.engine import MONTHLY, OVER, card, line, student

NEW = card(700)


def text(world, run):
    """All files of the package, one after the other."""
    return b"".join(world.package(run).values()).decode("gbk")


def change_card(world, n=0, number=NEW):
    """The student has lost his card, and the new one was checked."""
    clerk, enrolment = world.school.clerk, world.one(Enrolment, name=student(n).name)
    with clock.at(OVER):
        asked = world.act(clerk, card_changes.ask, enrolment, number, "lost", clerk)
        assert world.press("accept_card", asked, world.school.reviewer).moved == 1


def close_card(world, n=0):
    """The card is closed and the student has no other, as no step of ours leaves him."""
    with scope.everyone("a test breaks in"):
        row = world.one(Card, card_mask=world.one(Attempt, name=student(n).name).card_mask)
        db.session.merge(row).state = "closed"
        db.session.commit()


def order(world, run, n=0):
    return world.one(Attempt, run_id=run.id, name=student(n).name)


def test_an_open_run_pays_to_the_card_that_came_into_use_since(world, waiting_run):
    before = order(world, waiting_run).card_id
    change_card(world)
    run = world.exported(waiting_run)
    now = order(world, run)
    assert (now.state, now.card_mask[-4:]) == ("sent", NEW[-4:])
    assert now.card_id != before
    assert f"|{student(0).name}|{NEW}|230.00|" in text(world, run)
    assert card(0) not in text(world, run)


def test_the_others_keep_their_cards(world, waiting_run):
    change_card(world)
    run = world.exported(waiting_run)
    assert [order(world, run, n).card_mask[-4:] for n in range(1, 5)] == [
        card(n)[-4:] for n in range(1, 5)
    ]


def test_a_card_changed_by_a_list_is_followed_too(world, waiting_run):
    later = [line(student(0), card_no=NEW)]
    world.confirmed(world.school, later, enrol=False, month=world.month - 3)
    run = world.exported(waiting_run)
    assert order(world, run).card_mask[-4:] == NEW[-4:]


def test_what_went_to_the_bank_keeps_the_card_used_then(world, waiting_run):
    run = world.exported(waiting_run)
    before = (order(world, run).card_id, text(world, run))
    change_card(world)
    assert (order(world, run).card_id, text(world, run)) == before


def test_a_student_without_a_card_is_left_out_with_the_reason(world, waiting_run):
    close_card(world)
    run = world.exported(waiting_run)
    left = order(world, run)
    assert (left.state, left.reason_text) == ("failed", "银行卡已停用，没有在用的卡")
    assert world.states(run) == ["failed"] + ["sent"] * 4
    assert student(0).name not in text(world, run)
    assert (run.line_count, run.total_fen) == (5, 5 * MONTHLY)


def test_he_is_paid_again_once_he_has_a_card(world, waiting_run):
    close_card(world)
    run = world.exported(waiting_run)
    change_card(world)
    world.paid(run)
    again = world.exported(world.again(run))
    assert f"|{student(0).name}|{NEW}|230.00|" in text(world, again)


def test_a_bank_that_speaks_of_an_order_left_out_is_not_believed(world, waiting_run):
    close_card(world)
    run = world.exported(waiting_run)
    taken = world.results(run, {order(world, run).ref: "paid"})
    assert (taken.posted, taken.aside) == (0, 1)


def test_when_nobody_has_a_card_there_is_no_file_and_nothing_is_changed(world, waiting_run):
    for n in range(5):
        close_card(world, n)
    with pytest.raises(Refused, match="没有在用的卡"):
        world.export(waiting_run)
    assert set(world.states(waiting_run)) == {"waiting"}
    assert world.fresh(waiting_run).state == "open"


def test_what_will_happen_is_said_before(world, waiting_run):
    assert renewing.foretold(waiting_run).told() == ""
    change_card(world)
    close_card(world, 1)
    said = renewing.foretold(waiting_run)
    assert said == (1, 1, MONTHLY)
    assert "1笔的银行卡在开立批次后已更换" in said.told()
    assert "1笔的银行卡已停用" in said.told()


def test_the_export_tells_what_was_foretold(world, waiting_run):
    change_card(world)
    close_card(world, 1)
    foretold = renewing.foretold(waiting_run)
    assert world.export(waiting_run).renewed == foretold == (1, 1, MONTHLY)


def test_it_stands_in_the_trail(world, waiting_run):
    world.exported(waiting_run)
    assert world.count(Event, verb="renew_cards") == 0


def test_it_stands_in_the_trail_with_how_many(world, waiting_run):
    change_card(world)
    close_card(world, 1)
    run = world.exported(waiting_run)
    told = world.one(Event, verb="renew_cards")
    assert (told.subject_id, told.count) == (run.id, 2)
    assert NEW not in told.note


def test_a_card_changed_while_the_files_are_written_makes_no_file(world, waiting_run, monkeypatch):
    """Cards are followed once; what came between is noticed by what is missing."""
    real = exporting.renew_cards

    def then_closed(run, actor):
        done = real(run, actor)
        closed = Card.__table__.update().where(Card.id == order_card)
        db.session.execute(closed.values(state="closed"))
        return done

    order_card = order(world, waiting_run).card_id
    close_card(world, 1)
    monkeypatch.setattr(exporting, "renew_cards", then_closed)
    with pytest.raises(Refused, match="再导出一次"):
        world.export(waiting_run)
    assert set(world.states(waiting_run)) == {"waiting"}


def test_the_money_is_conserved(world, waiting_run):
    from app.payments import conserving

    change_card(world)
    close_card(world, 1)
    run = world.exported(waiting_run)
    world.paid(run)
    with scope.scope(world.county.path):
        found = conserving.verify(Chosen(None), runs=True)
    assert all(e.holds for e in found)
