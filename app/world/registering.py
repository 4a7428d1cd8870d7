"""Students into the registry: persons, enrolments and cards in use, many at a time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, true

from app.kernel import bulk, clock, crypto
from app.kernel.db import db
from app.kernel.idcard import birth_of
from app.kernel.types import BankCard, IdNumber, RegNo, YearMonth
from app.registry import absences
from app.registry.models import STUDYING, Card, Enrolment, Person
from app.world.people import with_mod_11_10

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Column

    from app.world.people import Pupil

AT_ONCE = 20_000
P, E, C = Person.__table__, Enrolment.__table__, Card.__table__
PERSON = ("id", "id_index", "id_no", "id_mask", "birth", "sex")
ENROLMENT = ("school_id", "org_path", "person_id", "name", "id_mask", "reg_no", "reg_index",
             "grade", "major_code", "major", "class_name", "enrolled_in", "left_in",
             "state")  # fmt: skip
CARD = ("person_id", "card_no", "card_index", "card_mask", "holder_name", "bank_name", "cnaps",
        "state", "since")  # fmt: skip


class Seat(NamedTuple):
    """A student and where he sits: the school's number and its path."""

    school_id: int
    path: str
    pupil: Pupil


def register(seats: Iterable[Seat], year: int, as_of: YearMonth) -> int:
    """Every one is a person with an enrolment and a card in use; how many there are.

    Grades are those of the school year that began in September of `year`; who has left, and who
    has not yet, is as of the month, in which those who are away just now went. The registry was
    empty.
    """
    numbered = enumerate(seats, 1)
    last = 0
    while some := list(itertools.islice(numbered, AT_ONCE)):
        bulk.load(P, PERSON, _persons(some))
        bulk.load(E, ENROLMENT, _enrolments(some, year, as_of))
        bulk.load(C, CARD, _cards(some))
        last = some[-1][0]
    _count_on_from(last)
    absences.begin(true())
    return last


def _persons(some: list[tuple[int, Seat]]) -> Iterator[tuple[Any, ...]]:
    numbers = [seat.pupil.id_no for _n, seat in some]
    sealed = crypto.seal_many(numbers, IdNumber.code)
    indexes = crypto.blind_many(numbers, IdNumber.code)
    day = raw(P.c.birth)
    for (n, seat), index, blob in zip(some, indexes, sealed, strict=True):
        number = seat.pupil.id_no
        yield (n, index, blob, IdNumber.mask(number), day(birth_of(number)),
               "1" if seat.pupil.male else "2")  # fmt: skip


def _enrolments(some: list[tuple[int, Seat]], year: int, as_of: YearMonth
                ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    reg_no = raw(E.c.reg_no)
    indexes = crypto.blind_many([f"G{seat.pupil.id_no}" for _n, seat in some], RegNo.code)
    for (n, (school_id, path, p)), index in zip(some, indexes, strict=True):
        over = YearMonth.at(p.intake + 3, 7)
        came, state = YearMonth.at(p.intake, 9), "07" if over <= as_of else p.state
        left = over if over <= as_of else max(came, as_of)
        yield (school_id, path, n, p.name, IdNumber.mask(p.id_no), reg_no(f"G{p.id_no}"), index,
               str(min(year - p.intake + 1, 3)), p.major.code, p.major.name, p.class_name,
               int(came), None if state in STUDYING else int(left), state)  # fmt: skip


def _cards(some: list[tuple[int, Seat]]) -> Iterator[tuple[Any, ...]]:
    numbers = [seat.pupil.card_no for _n, seat in some]
    sealed = crypto.seal_many(numbers, BankCard.code)
    indexes = crypto.blind_many(numbers, BankCard.code)
    moment = raw(C.c.since)
    for (n, seat), index, blob in zip(some, indexes, sealed, strict=True):
        p = seat.pupil
        since = clock.moment_of(YearMonth.at(p.intake, 9).first_day)
        yield (n, blob, index, BankCard.mask(p.card_no), p.name, p.bank.name,
               with_mod_11_10(p.bank.cnaps), "active", moment(since))  # fmt: skip


def raw(column: Column[Any]) -> Callable[[Any], Any]:
    """What turns a value of this column into what the driver stores, where `bulk.load` goes past
    SQLAlchemy."""
    dialect = db.session.get_bind().dialect
    found = column.type.dialect_impl(dialect).bind_processor(dialect)
    return found or (lambda value: value)


def _count_on_from(last: int) -> None:
    """The next person gets the number after the last one given here."""
    if last and db.session.get_bind().dialect.name == "postgresql":
        own = func.pg_get_serial_sequence(P.name, "id")
        db.session.execute(select(func.setval(own, last)))
