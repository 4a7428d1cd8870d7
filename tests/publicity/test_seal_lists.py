"""The seal of a list: whoever has the lines can compute it again, and tampering shows."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, literal, select, update

from app.kernel import scope
from app.kernel.db import db
from app.publicity.models import AidLine, AidList
from app.publicity.seal import differing, seal_lists
from app.registry.models import Card
from tests.engine import MONTHLY, card, line, lines, student


def altered(world, statement):
    """A hand in the tables, past every step; the lists whose seal then does not fit."""
    with scope.everyone("a test plays the thief"):
        db.session.execute(statement)
        db.session.commit()
    return unsealed(world)


def unsealed(world):
    with scope.everyone("a test looks"):
        return differing(select(AidList.__table__.c.id))


def test_a_list_as_it_was_taken_fits_its_seal(world):
    world.listed(world.school, lines(3))
    world.listed(world.far, lines(2, start=5))
    world.draft(world.second)
    assert unsealed(world) == []


def test_sealing_again_changes_nothing(world):
    target = world.listed(world.school, lines(3))
    before = (target.line_count, target.total_fen, target.digest)
    with scope.everyone("a test seals"):
        seal_lists(select(literal(target.id)))
        db.session.commit()
    now = world.fresh(target)
    assert (now.line_count, now.total_fen, now.digest) == before


def test_removed_lines_leave_the_sums_and_stay_in_the_digest(world):
    target = world.listed(world.school, lines(3))
    digest = target.digest
    world.remove(target, 2, world.school.clerk)
    now = world.fresh(target)
    assert (now.line_count, now.removed_count, now.total_fen) == (2, 1, 2 * MONTHLY)
    assert now.digest not in ("", digest)
    assert unsealed(world) == []


def test_objected_lines_stay_in_the_sums(world):
    target = world.through(world.listed(world.school, lines(3)), "submitted")
    world.object_to(target, 2)
    now = world.fresh(target)
    assert (now.line_count, now.removed_count) == (3, 0)
    assert unsealed(world) == []


def test_lists_of_the_same_lines_have_the_same_digest_and_no_others(world):
    one, two = world.listed(world.school, lines(2)), world.listed(world.far, lines(2))
    three = world.listed(world.second, [line(student(0)), line(student(1), class_name="2班")])
    assert world.fresh(one).digest == world.fresh(two).digest != world.fresh(three).digest


def test_two_lines_cannot_trade_the_ends_of_their_fields(world):
    one = world.listed(world.school, [line(student(0), major="农艺", class_name="1班")])
    two = world.listed(world.far, [line(student(0), major="农艺1", class_name="班")])
    assert world.fresh(one).digest != world.fresh(two).digest


L = AidLine.__table__
A = AidList.__table__


SECOND = L.c.seq == 2
CARD_OF_THE_OTHER = select(Card.id).where(Card.card_mask.endswith(card(1)[-4:])).scalar_subquery()
HANDS = {
    "amount": update(L).where(SECOND).values(amount_fen=MONTHLY + 1),
    "name": update(L).where(SECOND).values(name="王某某"),
    "state": update(L).where(SECOND).values(state="removed"),
    "months": update(L).where(SECOND).values(last_month=L.c.last_month + 1),
    "class": update(L).where(SECOND).values(class_name="9班"),
    "card": update(L).where(SECOND).values(card_id=CARD_OF_THE_OTHER),
    "line": delete(L).where(L.c.seq == 3),
    "count": update(A).values(line_count=1),
    "sum": update(A).values(total_fen=A.c.total_fen - 1),
    "digest": update(A).values(digest="0" * 64),
}


@pytest.mark.parametrize("hand", HANDS.values(), ids=HANDS)
def test_a_list_changed_by_hand_is_named(world, hand):
    target = world.listed(world.school, lines(2))
    world.listed(world.far, lines(3, start=5))
    of_it = A.c.id == target.id if hand.table is A else L.c.list_id == target.id
    assert altered(world, hand.where(of_it)) == [target.id]


def test_trading_the_cards_of_two_students_is_named(world):
    """Count and sum stay the same: only the digest can tell."""
    target = world.listed(world.school, lines(2))
    first, second = (world.line(target, seq).card_id for seq in (2, 3))
    hand = update(L).values(card_id=first + second - L.c.card_id)
    assert altered(world, hand) == [target.id]


def test_an_emptied_list_is_named(world):
    target = world.listed(world.school, lines(2))
    assert altered(world, delete(L)) == [target.id]


def test_sealing_one_list_leaves_the_seal_of_others_alone(world):
    one = world.listed(world.school, lines(2))
    two = world.listed(world.far, lines(2, start=5))
    altered(world, update(A).values(digest="0" * 64))
    with scope.everyone("a test seals"):
        seal_lists(select(literal(one.id)))
        db.session.commit()
    assert unsealed(world) == [two.id]
