"""Persons out of staged rows of any kind of file, set against set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.kernel import bulk, idcard
from app.registry.models import Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

P = Person.__table__
KNOWN_BY = ("id_index", "id_no", "id_mask", "birth", "sex")


def register(staged: FromClause, mine: ColumnElement[bool] | None = None) -> None:
    """Everybody on the staged rows under `mine`, or on all of them, is a registered person. One
    statement.

    `staged` has an `id` and the columns of `KNOWN_BY`; of several rows of one person the first one
    counts, for the others meet it in the index.
    """
    s = staged.c
    new = ~exists().where(P.c.id_index == s.id_index)
    unknown = select(*(s[k] for k in KNOWN_BY)).where(new).order_by(s.id_index, s.id)
    bulk.add_missing(P, KNOWN_BY, unknown if mine is None else unknown.where(mine))


def is_temporary(mask: ColumnElement[str]) -> ColumnElement[bool]:
    """The number under this mask was issued by a school: the student has another, or will have."""
    return mask.startswith(idcard.SCHOOL_ISSUED)
