"""What happens beside the month's lists and runs: a card is lost, money is asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.accounts.models import CLERK, REVIEWER
from app.kernel.db import db
from app.kernel.scope import scope
from app.payments.models import Attempt, Payment
from app.registry import card_changes
from app.registry.models import Card, CardChange, Enrolment
from app.registry.workflow import CARD_CHANGES
from app.world.people import with_luhn

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.world.deeds import Deeds


def change_card_of_failed(deeds: Deeds, school: str) -> None:
    """The first student of the school whose money came back has a new card."""
    clerk = deeds.people[school, CLERK]
    with scope(clerk.org_path):
        failed = db.session.scalars(
            select(Attempt).where(Attempt.state == "failed").order_by(Attempt.id).limit(1)
        ).one()
        payment = db.session.get_one(Payment, failed.payment_id)
        student = db.session.scalars(
            select(Enrolment).where(Enrolment.person_id == payment.person_id)
        ).one()
    asked = _ask(deeds, student, clerk, "closed", failed.ref)
    reviewer = deeds.people[school, REVIEWER]
    with scope(reviewer.org_path):
        done = CARD_CHANGES.take("accept_card", CardChange.id == asked.id, reviewer)
    if done.moved != 1:
        raise RuntimeError(f"card change: {done.refused}")


def ask_for_card(deeds: Deeds, school: str, enrolment_id: int) -> None:
    """A student of the school has lost his card; nobody has checked the new one yet."""
    clerk = deeds.people[school, CLERK]
    with scope(clerk.org_path):
        student = db.session.get_one(Enrolment, enrolment_id)
    _ask(deeds, student, clerk, "lost", "")


def _ask(deeds: Deeds, student: Enrolment, clerk: Actor, why: str, ref: str) -> CardChange:
    """A request for a card of the same bank; lists that the school writes from now on know it."""
    old = db.session.scalars(
        select(Card).where(Card.person_id == student.person_id, Card.state == "active")
    ).one()
    number = _another(old.card_no)
    with scope(clerk.org_path):
        asked = card_changes.ask(student, number, why, clerk, bank_name=old.bank_name,
                                 cnaps=old.cnaps, ref=ref)  # fmt: skip
    if ref:
        deeds.new_cards[old.card_no] = number
    return asked


def _another(number: str) -> str:
    """A number of the same bank that nobody has: the serial in the middle is turned round."""
    return with_luhn(f"{number[:6]}9{number[-2:6:-1]}")
