"""应助未报: who is to be aided without applying, studies at the school, and stands on no list.

The school may have its reasons, so this asks and never blocks. One statement; what the person's
hardship is, is not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, or_, select

from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList
from app.registry.models import STUDYING, DueMonth, Enrolment, Entitlement, Hold

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

A, L, E, D, H, M = (
    model.__table__ for model in (AidList, AidLine, Enrolment, Entitlement, Hold, DueMonth)
)
SHOWN = 100
"""How many stand on the page by name; all of them are counted."""
ASKED = ("draft", "submitted")
"""As long as a list is in these hands it can still be mended."""


class Missing(NamedTuple):
    """One student who could be on the list."""

    name: str
    id_mask: str
    grade: str
    class_name: str


class Unlisted(NamedTuple):
    total: int
    rows: list[Missing]


def unlisted(target: AidList) -> Unlisted:
    """Nobody is missing from a supplement, or from a list that is settled."""
    if target.kind == "SUPPLEMENT" or target.state not in ASKED:
        return Unlisted(0, [])
    found = (
        select(E.c.name, E.c.id_mask, E.c.grade, E.c.class_name, func.count().over())
        .where(E.c.school_id == target.school_id, _studies(target), _entitled(target),
               _due(target), ~_listed(target), ~_held(target))
        .order_by(E.c.class_name, E.c.id)
        .limit(SHOWN)
    )  # fmt: skip
    with everyone("名单已按管辖范围找到；在其他学校的名单上只看有无"):
        rows = list(db.session.execute(found))
    return Unlisted(rows[0][-1] if rows else 0, [Missing(*row[:-1]) for row in rows])


def _studies(target: AidList) -> ColumnElement[bool]:
    return E.c.state.in_(STUDYING) & or_(E.c.left_in.is_(None), E.c.left_in > target.month)


def _entitled(target: AidList) -> ColumnElement[bool]:
    return exists().where(
        D.c.person_id == E.c.person_id, D.c.struck.is_(False),
        D.c.first_month <= target.month, D.c.last_month >= target.month,
    )  # fmt: skip


def _due(target: AidList) -> ColumnElement[bool]:
    """The programme pays this grade in the month."""
    return exists().where(M.c.programme_id == target.programme_id, M.c.month == target.month,
                          M.c.grade == E.c.grade)  # fmt: skip


def _listed(target: AidList) -> ColumnElement[bool]:
    """On this list or on any other that counts, whichever school's."""
    return exists().where(
        L.c.person_id == E.c.person_id, L.c.state != "removed",
        L.c.first_month <= target.month, L.c.last_month >= target.month,
        A.c.id == L.c.list_id, A.c.programme_id == target.programme_id, A.c.state != "void",
    )  # fmt: skip


def _held(target: AidList) -> ColumnElement[bool]:
    return exists().where(
        H.c.person_id == E.c.person_id, H.c.programme_id == target.programme_id,
        H.c.state == "on", H.c.first_month <= target.month,
        or_(H.c.last_month.is_(None), H.c.last_month >= target.month),
    )  # fmt: skip
