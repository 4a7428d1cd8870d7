"""What the database itself refuses, asked in plain SQL past every rule of ours."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from app.payments.models import Attempt, Payment
from app.publicity.models import AidLine
from app.registry.models import CoveredMonth
from tests.engine import lines

T, P, L, M = (m.__table__ for m in (Attempt, Payment, AidLine, CoveredMonth))


def order_after(world, old, **but):
    """One more order for the payment of `old`."""
    row = {c.name: getattr(old, c.name) for c in T.c if c.name != "id" and not c.computed}
    return insert(T).values(row | {"no": 2, "seq": 99, "ref": "X-2", "state": "waiting"} | but)


@pytest.mark.parametrize("before", ["waiting", "sent", "unknown", "paid"])
def test_no_second_order_while_the_first_may_still_arrive(world, run, sql, before):
    old = world.all(Attempt)[0]
    sql(update(T).where(T.c.id == old.id).values(state=before))
    with pytest.raises(IntegrityError):
        sql(order_after(world, old))
    assert world.count(Attempt) == 5


@pytest.mark.parametrize("before", ["failed", "returned"])
def test_a_second_order_once_the_money_is_back(world, run, sql, before):
    old = world.all(Attempt)[0]
    sql(update(T).where(T.c.id == old.id).values(state=before))
    sql(order_after(world, old))
    with pytest.raises(IntegrityError):
        sql(update(T).where(T.c.id == old.id).values(state="paid"))
    assert world.one(Attempt, id=old.id).state == before


@pytest.mark.parametrize("fen", [-1, 1])
def test_an_order_is_for_what_its_payment_owes(world, run, sql, fen):
    old = world.all(Attempt)[0]
    sql(update(T).where(T.c.id == old.id).values(state="failed"))
    with pytest.raises(IntegrityError):
        sql(order_after(world, old, fen=old.fen + fen))
    with pytest.raises(IntegrityError):
        sql(update(T).where(T.c.id == old.id).values(fen=T.c.fen + fen))


def test_an_order_goes_to_a_card_of_whom_it_is_for(world, run, sql):
    """The ID number in a bank's file is that of the card's owner: the bank would see no wrong."""
    old, other, *_rest = world.all(Attempt)
    sql(update(T).where(T.c.id == old.id).values(state="failed"))
    for card_id in (other.card_id, 10**9):
        with pytest.raises(IntegrityError):
            sql(order_after(world, old, card_id=card_id))
        with pytest.raises(IntegrityError):
            sql(update(T).where(T.c.id == old.id).values(card_id=card_id))
    sql(order_after(world, old))


def test_what_is_being_paid_keeps_its_amount(world, run, sql):
    owed = world.all(Payment)[0]
    for change in (
        update(P).where(P.c.id == owed.id).values(fen=P.c.fen + 1),
        update(L).where(L.c.id == owed.line_id).values(amount_fen=L.c.amount_fen + 1),
    ):
        with pytest.raises(IntegrityError):
            sql(change)


def test_a_payment_is_for_what_its_line_says(world, run, sql):
    world.confirmed(world.second, lines(1, start=20))
    line = world.all(AidLine)[-1]
    row = {"line_id": line.id, "first_run_id": run.id, "person_id": line.person_id,
           "programme_id": 1, "org_path": line.org_path, "attempt_no": 1}  # fmt: skip
    with pytest.raises(IntegrityError):
        sql(insert(P).values(row | {"fen": line.amount_fen + 1}))
    sql(insert(P).values(row | {"fen": line.amount_fen}))


def test_a_line_nobody_pays_yet_may_change(world, sql):
    world.listed(world.school, lines(1))
    sql(update(L).values(amount_fen=L.c.amount_fen - 100))
    assert world.one(AidLine).amount_fen == lines(1)[0]["amount_fen"] - 100


@pytest.mark.parametrize("wrong", ["person_id", "programme_id"])
def test_a_payment_is_for_whom_and_what_its_line_is(world, run, sql, wrong):
    world.confirmed(world.second, lines(1, start=20))
    line = world.all(AidLine)[-1]
    row = {"line_id": line.id, "first_run_id": run.id, "person_id": line.person_id, "fen":
           line.amount_fen, "programme_id": 1, "org_path": line.org_path,
           "attempt_no": 1}  # fmt: skip
    with pytest.raises(IntegrityError):
        sql(insert(P).values(row | {wrong: row[wrong] - 1}))
    with pytest.raises(IntegrityError):
        sql(update(P).values({wrong: P.c[wrong] + 1}))


@pytest.mark.parametrize("wrong", ["person_id", "programme_id", "payment_id"])
def test_a_month_is_locked_for_whom_its_payment_pays(world, run, sql, wrong):
    owed = world.all(Payment)[0]
    row = {"person_id": owed.person_id, "programme_id": owed.programme_id, "payment_id": owed.id,
           "month": world.month - 1}  # fmt: skip
    with pytest.raises(IntegrityError):
        sql(insert(M).values(row | {wrong: row[wrong] + 1000}))
    with pytest.raises(IntegrityError):
        sql(update(M).where(M.c.payment_id == owed.id).values({wrong: M.c[wrong] + 1000}))
    sql(insert(M).values(row))


def test_an_order_has_a_payment_as_long_as_it_stands(world, run, sql):
    old = world.all(Attempt)[0]
    sql(update(T).where(T.c.id == old.id).values(state="failed"))
    with pytest.raises(IntegrityError):
        sql(order_after(world, old, payment_id=old.payment_id + 1000))
    with pytest.raises(IntegrityError):
        sql(delete(P).where(P.c.id == old.payment_id))
    sql(delete(T).where(T.c.id == old.id))
    sql(delete(P).where(P.c.id == old.payment_id))
