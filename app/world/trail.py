"""The trail of steps that were written in bulk: the events the steps would have left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, insert, literal, select

from app.accounts.models import PROVINCE, SCHOOL, Post, role_of
from app.kernel import audit
from app.kernel.audit import Event
from app.kernel.db import db

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Table

V, W = Event.__table__, Post.__table__


def leave(verb: str, table: Table, which: ColumnElement[bool], place: str, duty: str,
          at: dt.datetime, **cells: Any) -> None:  # fmt: skip
    """Every row under the condition has an event of this verb, by the first account of that duty
    at its school or bureau (`place`: the column that names it)."""
    first = select(func.min(W.c.id)).where(W.c.duty == duty).group_by(W.c.org_id)
    role = role_of(SCHOOL if place == "school_id" else PROVINCE, duty)
    row = audit.BLANK | {
        "at": at, "bulk": audit.new_bulk(), "actor_id": W.c.user_id, "actor": W.c.username,
        "role": role, "actor_org": W.c.org_id, "ip": "", "verb": verb, "subject": table.name,
        "subject_id": table.c.id, "org_path": table.c.org_path,
    } | cells  # fmt: skip
    source = (
        select(*(typed(V, key, value) for key, value in row.items()))
        .join_from(table, W, W.c.org_id == table.c[place])
        .where(W.c.id.in_(first), which)
        .order_by(table.c.id)
    )
    db.session.execute(insert(V).from_select(list(row), source))


def typed(table: Table, name: str, value: Any) -> ColumnElement[Any]:
    """A column as it is; any other value as a literal of the column it will stand in."""
    return value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)


def put(table: Table, row: dict[str, Any], source: Any) -> None:
    """INSERT … SELECT: the rows of `source` (a select without columns), as `row` names them."""
    cells = (typed(table, key, value) for key, value in row.items())
    db.session.execute(insert(table).from_select(list(row), source.with_only_columns(*cells)))
