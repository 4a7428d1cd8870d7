"""Who left after the list was published is not paid for the months he was away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, false, select

from app.kernel.db import db
from app.publicity.models import AidLine, AidList
from app.registry.models import Absence, Enrolment

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

L, A, B, E = (m.__table__ for m in (AidLine, AidList, Absence, Enrolment))


TOLD_LATER = (
    B.c.told_at > A.c.published_at, B.c.first_month <= L.c.last_month,
    B.c.last_month.is_(None) | (B.c.last_month >= L.c.first_month),
    B.c.last_month.is_(None) | (B.c.last_month >= B.c.first_month),
)  # fmt: skip


def has_left() -> ColumnElement[bool]:
    """The student of the line left after its list was published, as a condition on the two."""
    its = (E.c.person_id == L.c.person_id, E.c.school_id == A.c.school_id,
           B.c.enrolment_id == E.c.id)  # fmt: skip
    return exists().where(*its, *TOLD_LATER).correlate(L, A)


def of_leavers(*lists: ColumnElement[bool]) -> ColumnElement[bool]:
    """The line is one of these lists and claims a month in which the student was away, as was told
    only after the notice went up: what was told before, the bureau knew and decided on.

    Few or none are told of between a notice and its payment: they are sought from their side, and
    where there are none, which is asked now, the condition costs the other lines nothing.
    """
    found = lines_of_leavers(*lists)
    return L.c.id.in_(found) if db.session.scalar(select(found.exists())) else false()


def lines_of_leavers(*which: ColumnElement[bool]) -> Select[Any]:
    """The lines, of these, that claim a month of which it was told too late; some twice."""
    return (
        select(L.c.id)
        .join_from(B, E, E.c.id == B.c.enrolment_id)
        .join(A, A.c.school_id == B.c.school_id)
        .join(L, (L.c.list_id == A.c.id) & (L.c.person_id == E.c.person_id))
        .where(*which, *TOLD_LATER)
        .correlate(None)
    )
