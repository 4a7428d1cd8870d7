"""The whole way of one student's money: list, notice, run, file and row, answers, what was brought
against it, and who did what.

A fixed number of statements. What lies at the bureau (files, the bank's rows, its people) is told
to those who see the bureau; the number and the dates of the run to everybody who sees the student.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import NoResultFound

from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.interface import unopened
from app.kernel.scope import placed
from app.payments import complaints
from app.payments.banks import MEANINGS, Reason
from app.payments.models import (
    AGAIN,
    NOT_CARRIED,
    Attempt,
    PayFile,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.payments.placing import carried, group_of
from app.publicity.models import AidLine, AidList
from app.registry.matters import Matter, matters_about
from app.registry.models import Card, CardChange, Enrolment, Hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from app.payments.complaints import Objection

MOST = 200
T, R, C = Attempt.__table__, PayRun.__table__, Card.__table__


@dataclass(frozen=True)
class Order:
    """One order of the payment; `place`: the file it was written into, and the row there."""

    attempt: Attempt
    run: Any
    place: tuple[PayFile, int] | None = None
    answers: tuple[tuple[ResultLine, str], ...] = ()
    """Rows of the bank's files about it, each with the name of its file."""
    card_changes: tuple[CardChange, ...] = ()
    """What was asked for, because of it, about the student's card."""

    @property
    def is_carried(self) -> bool:
        return self.attempt.state != "waiting" and self.attempt.reason != NOT_CARRIED


@dataclass(frozen=True)
class Trace:
    """One line with its list, the orders of its payment in their order, what was brought against
    it or its student, and the deeds."""

    line: AidLine
    aid_list: AidList
    payment: Payment | None
    enrolment_id: int | None = None
    orders: list[Order] = field(default_factory=list)
    deeds: list[Event] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)


def trace(which: ColumnElement[bool]) -> Trace:
    """The way of one line in the scope, named by itself or by its payment."""
    studies = select(Enrolment.id).where(
        Enrolment.school_id == AidList.school_id, Enrolment.person_id == AidLine.person_id
    ).scalar_subquery()  # fmt: skip
    found = (
        select(AidLine, AidList, Payment, studies, Recovery, Hold, CardChange)
        .join(AidLine.aid_list)
        .outerjoin(Payment, Payment.line_id == AidLine.id)
        .outerjoin(Recovery, Recovery.payment_id == Payment.id)
        .outerjoin(Hold, and_(Hold.person_id == AidLine.person_id,
                              Hold.programme_id == AidList.programme_id))
        .outerjoin(CardChange, and_(CardChange.person_id == AidLine.person_id,
                                    CardChange.ref != ""))
        .where(which).order_by(Recovery.id, Hold.id, CardChange.id).options(*unopened(CardChange))
    )  # fmt: skip
    rows = db.session.execute(found).all()
    if not rows:
        raise NoResultFound
    line, its_list, payment, studies_at = rows[0][:4]
    taken_back, holds, changes = (
        list(dict.fromkeys(row[n] for row in rows if row[n])) for n in (4, 5, 6)
    )
    orders = _orders(payment.id, changes) if payment else []
    told = complaints.deeds(line, _of(line, [o.run.id for o in orders],
                                      [r.id for r in taken_back]))  # fmt: skip
    deeds = [event for event, other, _month in told if other is None]
    return Trace(line, its_list, payment, studies_at, orders, deeds, taken_back,
                 complaints.objections(told), holds, matters_about(line.person_id))  # fmt: skip


def _orders(payment_id: int, changes: Sequence[CardChange]) -> list[Order]:
    attempts, runs = _tries(payment_id)
    places = _places(payment_id, runs)
    answers = select(ResultLine, ResultFile.file_name).join(
        ResultFile, ResultFile.id == ResultLine.file_id
    ).where(ResultLine.attempt_id.in_([a.id for a in attempts]))  # fmt: skip
    place = (ResultLine.file_id, ResultLine.row, ResultLine.id)
    told = [(row, name) for row, name in
            db.session.execute(answers.order_by(*place).limit(MOST))]  # fmt: skip
    return [
        Order(a, runs[a.run_id], places.get(a.id),
              tuple(said for said in told if said[0].attempt_id == a.id),
              tuple(change for change in changes if change.ref == a.ref))
        for a in attempts
    ]  # fmt: skip


def advice(found: Trace) -> Any:
    """What is to be done about an order that failed or came back; "" when there is nothing."""
    now = found.orders[-1].attempt if found.orders else None
    if now is None or now.state not in AGAIN or now.reason not in set(Reason):
        return ""
    return MEANINGS[Reason(now.reason)].clerk


def _tries(payment_id: int) -> tuple[list[Attempt], Mapping[int, Any]]:
    """The orders of a payment that was found in the scope, and their runs, whether or not those
    lie there themselves."""
    cells = (R.c.id, R.c.kind, R.c.state, R.c.month, R.c.created_at, R.c.exported_at,
             R.c.profile_data)  # fmt: skip
    found = select(Attempt, *cells).join(R, R.c.id == Attempt.run_id).where(
        Attempt.payment_id == payment_id
    ).order_by(Attempt.no)  # fmt: skip
    rows = db.session.execute(found, execution_options=placed()).all()
    return [row.Attempt for row in rows], {row.id: row for row in rows}


def _places(payment_id: int, runs: Mapping[int, Any]) -> dict[int, tuple[PayFile, int]]:
    """Attempt -> (file, row in it). Files are filled in the order of rows, own bank and other
    banks apart where the layout says so; so the rank among the orders carried says the place."""
    files: dict[int, list[PayFile]] = {}
    for file in db.session.scalars(
        select(PayFile).where(PayFile.run_id.in_(runs)).order_by(PayFile.id)
    ):
        files.setdefault(file.run_id, []).append(file)
    ranks = db.session.execute(_ranks(payment_id, runs), execution_options=placed())
    return {pk: place for pk, run, rank in ranks if (place := _at(files.get(run, ()), rank))}


def _at(files: Iterable[PayFile], rank: int) -> tuple[PayFile, int] | None:
    files = list(files)
    for file, end in zip(files, accumulate(f.row_count for f in files), strict=True):
        if rank <= end:
            return file, rank - (end - file.row_count)
    return None


def _ranks(payment_id: int, runs: Mapping[int, Any]) -> Any:
    """(attempt, run, how many orders of the run were carried up to it)."""
    me, other = T.alias("me"), T.alias("other")
    mine, its = C.alias("mine"), C.alias("its")
    group, others = group_of(runs, me, mine), group_of(runs, other, its)
    before = or_(others < group, and_(others == group, other.c.seq <= me.c.seq))
    return (
        select(me.c.id, me.c.run_id, func.count())
        .join_from(me, mine, mine.c.id == me.c.card_id)
        .join(other, and_(other.c.run_id == me.c.run_id, carried(other)))
        .join(its, its.c.id == other.c.card_id)
        .where(me.c.payment_id == payment_id, carried(me), before)
        .group_by(me.c.id, me.c.run_id)
    )


def _of(line: AidLine, runs: Sequence[int], recoveries: Sequence[int]
        ) -> tuple[ColumnElement[bool], ...]:  # fmt: skip
    """What is done with the list, the line, the runs and the recoveries."""
    return (
        and_(Event.subject == AidList.__tablename__, Event.subject_id == line.list_id),
        and_(Event.subject == AidLine.__tablename__, Event.subject_id == line.id),
        and_(Event.subject == PayRun.__tablename__, Event.subject_id.in_(runs)),
        and_(Event.subject == Recovery.__tablename__, Event.subject_id.in_(recoveries)),
    )  # fmt: skip
