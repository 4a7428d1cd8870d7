"""The months students were away: begun, moved and ended by what files say of their state.

Nobody is paid for the month he leaves in, nor for any up to the one before he comes back. Who
leaves again, or for good, before he was told to be back was away all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, exists, insert, literal, null, or_, select, update
from sqlalchemy import type_coerce as as_

from app.kernel import clock
from app.kernel.db import db
from app.registry.models import STUDYING, Absence, Enrolment, Person, StagedEnrolment

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

    from app.registry.models import RegistryUpload

B, E, P, S = (m.__table__ for m in (Absence, Enrolment, Person, StagedEnrolment))
FIRST, LAST = as_(B.c.first_month, Integer), as_(B.c.last_month, Integer)
BACK = S.c.state.in_(STUDYING)
SAID = as_(S.c.left_in, Integer)
"""The month a row tells: the first one away, or of who studies again the first one back."""


def begin(which: ColumnElement[bool]) -> None:
    """Who of these enrolments is away has an open period since the month he left. One statement."""
    names = ("org_path", "school_id", "enrolment_id", "state", "first_month", "told_at")
    now = literal(clock.now(), B.c.told_at.type)
    told = exists().where(B.c.enrolment_id == E.c.id, B.c.last_month.is_(None))
    away = select(E.c.org_path, E.c.school_id, E.c.id, E.c.state, E.c.left_in, now).where(
        which, E.c.state.not_in(STUDYING), E.c.left_in.is_not(None), ~told
    )
    db.session.execute(insert(B).from_select(names, away))


def follow(upload: RegistryUpload) -> None:
    """The periods of the students a file meets end, or move, as its rows say. One statement.

    A later month of leaving than the one known ends a period and lets another begin; an earlier
    one, or another state from the same month, corrects it. The month of coming back may be
    corrected by telling it anew.
    """
    met = and_(E.c.id == B.c.enrolment_id, E.c.school_id == upload.school_id,
               P.c.id == E.c.person_id, S.c.id_index == P.c.id_index,
               S.c.upload_id == upload.id)  # fmt: skip
    again = and_(~BACK, or_(SAID != FIRST, S.c.state != B.c.state))
    is_open = and_(B.c.last_month.is_(None), or_(BACK, again))
    later = and_(~BACK, SAID > FIRST)
    now = literal(clock.now(), B.c.told_at.type)
    values: dict[str, Any] = {
        "last_month": case((BACK, _last_away(B)), (later, SAID - 1), else_=null()),
        "first_month": case((and_(~BACK, SAID < FIRST), SAID), else_=FIRST),
        "state": case((and_(~BACK, ~later), S.c.state), else_=B.c.state),
        "told_at": case((and_(~BACK, ~later), now), else_=B.c.told_at),
        "ended_at": case((or_(BACK, later), now), else_=null()),
    }
    db.session.execute(update(B).where(met, or_(is_open, _other_return(B))).values(values))


def _last_away(b: FromClause) -> ColumnElement[int]:
    """Of who is back: the month before the one told, or before this one; none if he was never
    away by that."""
    first = as_(b.c.first_month, Integer)
    back = case((SAID.is_(None), int(clock.this_month())), else_=SAID)
    return case((back < first, first), else_=back) - 1


def _other_return(b: FromClause) -> ColumnElement[bool]:
    """The row tells another month of coming back than is known of the latest period."""
    later = B.alias("later")
    latest = ~exists().where(later.c.enrolment_id == b.c.enrolment_id,
                             later.c.first_month > b.c.first_month)  # fmt: skip
    return and_(BACK, SAID.is_not(None), b.c.last_month.is_not(None),
                as_(b.c.last_month, Integer) != _last_away(b), latest)  # fmt: skip


def returns_otherwise() -> ColumnElement[bool]:
    """The staged row corrects the month in which the student of the enrolment came back."""
    ended = B.alias("ended")
    return exists().where(ended.c.enrolment_id == E.c.id, _other_return(ended)).correlate(S, E)


def returned() -> list[Any]:
    """For people: the month in which the student came back as known, and as the row has it; the
    latter NULL when the row changes nothing about it."""
    ended = B.alias("latest")
    known = select(as_(ended.c.last_month, Integer) + 1).where(ended.c.enrolment_id == E.c.id)
    latest = known.order_by(ended.c.first_month.desc()).limit(1).correlate(E).scalar_subquery()
    comes = and_(E.c.state.not_in(STUDYING), BACK)
    month = case((SAID.is_(None), int(clock.this_month())), else_=SAID)
    told = case((comes, month), (returns_otherwise(), SAID), else_=null())
    return [latest.label("old_back"), told.label("new_back")]


def was_away(enrolment: Any, first: Any, last: Any, schools: Any) -> ColumnElement[bool]:
    """An ended period of the enrolment touches these months.

    `schools`: a SELECT of the schools that can be meant. Few students were ever away: those are
    taken out once, and only their lines are asked about months.
    """
    real = B.c.last_month >= B.c.first_month
    ever = select(B.c.enrolment_id).where(real, B.c.school_id.in_(schools))
    b = B.alias("away")
    touched = exists().where(b.c.enrolment_id == enrolment, b.c.last_month >= b.c.first_month,
                             b.c.first_month <= last, b.c.last_month >= first)  # fmt: skip
    return and_(enrolment.in_(ever), touched)
