"""What may be read of schools, which are public, and behind a row that was checked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from app.accounts.models import SCHOOL, Org
from app.kernel.db import db
from app.kernel.scope import everyone
from app.registry.models import Absence, Card, Person

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth


def schools_named(words: str, limit: int = 20) -> list[tuple[str, str]]:
    """(code, name) of the schools whose name holds the words, or whose code begins with them."""
    source = select(Org.code, Org.name).where(Org.level == SCHOOL, Org.active)
    if words:
        source = source.where(or_(Org.name.contains(words, autoescape=True),
                                  Org.code.startswith(words, autoescape=True)))  # fmt: skip
    with everyone("学校名录是公开的"):
        return [(c, n) for c, n in db.session.execute(source.order_by(Org.name).limit(limit))]


def school_code(word: str) -> str | None:
    """The code of a school given by code or by exact name; None when there is none."""
    source = select(Org.code).where(Org.level == SCHOOL, or_(Org.code == word, Org.name == word))
    with everyone("学校名录是公开的"):
        return db.session.scalar(source.limit(1))


def id_no_of(person_id: int) -> str:
    """The whole identity number; the caller has checked the row it stands behind, and traces it."""
    with everyone("调用方已按管辖范围找到该行，并留痕"):
        return db.session.scalar(select(Person.id_no).where(Person.id == person_id)) or ""


def card_no_of(card_id: int) -> str:
    """The whole card number, on the same terms."""
    with everyone("调用方已按管辖范围找到该行，并留痕"):
        return db.session.scalar(select(Card.card_no).where(Card.id == card_id)) or ""


class KnownCard(NamedTuple):
    """A card as it is shown: never its number."""

    card_mask: str
    holder_name: str
    bank_name: str
    state: str
    since: dt.datetime


def cards_of(person_id: int) -> list[KnownCard]:
    """Every card a person has had, the latest first; the caller has checked the enrolment."""
    source = select(Card.card_mask, Card.holder_name, Card.bank_name, Card.state, Card.since)
    with everyone("调用方已按管辖范围找到该生的学籍"):
        found = source.where(Card.person_id == person_id).order_by(Card.id.desc())
        return [KnownCard._make(row) for row in db.session.execute(found)]


class KnownAbsence(NamedTuple):
    """Months a student was away; `last` None while he is."""

    state: str
    first: YearMonth
    last: YearMonth | None
    told_at: dt.datetime


def absences_of(enrolment_id: int) -> list[KnownAbsence]:
    """When a student was away from the school, the latest first; within the actor's scope."""
    source = select(Absence.state, Absence.first_month, Absence.last_month, Absence.told_at)
    found = source.where(Absence.enrolment_id == enrolment_id)
    rows = db.session.execute(found.order_by(Absence.first_month.desc(), Absence.id.desc()))
    return [KnownAbsence._make(row) for row in rows]
