"""Adding, editing and deleting one row: locked, checked, and written to the trail with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, delete, inspect
from sqlalchemy.exc import IntegrityError

from app.kernel import audit
from app.kernel.db import Scoped, db
from app.kernel.errors import Refused
from app.kernel.filters import storage
from app.kernel.grid.declare import named
from app.kernel.i18n import _, called
from app.kernel.interface import said_plainly
from app.kernel.scope import ScopeMissing
from app.kernel.types import Personal, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column

    from app.kernel.actor import Actor

UNTOLD = {"id", "version", "org_path"}
"""Columns that follow from others; the trail has its own words for them."""


def add_row(grid: Any, form: Any, actor: Actor) -> Any:
    """A new row stands, at its place, with its event."""
    row = grid.model()
    _fill(row, form, grid.add_columns)
    _place(grid, row, actor)
    grid.pre_add(row)
    db.session.add(row)
    note = _differences(grid, row)
    _flush()
    _write(grid, "add", row, actor, note)
    grid.post_add(row)
    return row


def edit_row(grid: Any, pk: int, form: Any, actor: Actor, seen: str | None) -> Any:
    """The row holds the form's values, if nobody changed it since it was `seen`."""
    row = grid.changeable(pk, actor, lock=True)
    if hasattr(row, "version"):
        if str(row.version) != seen:
            raise Refused(_("在您查看之后，这条记录已被他人修改；请重新打开，核对后再保存"))
        row.version += 1
    _fill(row, form, grid.edit_columns)
    _place(grid, row, actor)
    grid.pre_update(row)
    note = _differences(grid, row)
    _flush()
    if note:
        _write(grid, "edit", row, actor, note)
    grid.post_update(row)
    return row


def delete_row(grid: Any, pk: int, actor: Actor) -> Any:
    """The row that is gone now; refused while anything depends on it.

    A DELETE, not the ORM's own way, which would cut the links of dependent rows in silence.
    """
    row = grid.changeable(pk, actor, lock=True)
    grid.pre_delete(row)
    _write(grid, "delete", row, actor, "")
    _run(lambda: db.session.execute(delete(grid.model).where(grid.model.id == pk)))
    grid.post_delete(row)
    return row


def _fill(row: Any, form: Any, columns: Iterable[str]) -> None:
    for name in columns:
        setattr(row, name, form[name].data)


def _place(grid: Any, row: Any, actor: Actor) -> None:
    if isinstance(row, Scoped):
        row.org_path = grid.place(row, actor)


def _flush() -> None:
    _run(db.session.flush)


def _run(work: Any) -> None:
    try:
        work()
    except IntegrityError as error:
        raise Refused(said_plainly(error)) from None
    except ScopeMissing:
        raise Refused(_("这条记录会落在您的管辖范围之外，不能保存")) from None


def _write(grid: Any, verb: str, row: Any, actor: Actor, note: str) -> None:
    audit.record(verb, actor=actor, subject=grid.model.__tablename__, subject_id=row.id,
                 org_path=getattr(row, "org_path", ""), note=note)  # fmt: skip


def _differences(grid: Any, row: Any) -> str:
    """Old and new of every changed column; of what may be personal only that it changed. A column
    that nobody fills in and for which the grid has no word follows from others."""
    state, mapper = inspect(row), grid.model.__mapper__
    known, lines = {*grid.labels, *grid.add_columns, *grid.edit_columns}, []
    for name in [*mapper.columns.keys(), *mapper.relationships.keys()]:
        history, own = state.attrs[name].history, _stands_for(mapper, name)
        spoken = name not in UNTOLD and (own.key if own else name) in known
        if spoken and history.has_changes() and (history.added != [None] or any(history.deleted)):
            lines.append(_told(grid, mapper, name, history))
    return "\n".join(lines)


def _stands_for(mapper: Any, name: str) -> Any:
    """The row for which a number stands; None of any other column."""
    column = mapper.columns.get(name)
    return column is not None and next(
        (r for r in mapper.relationships if r.local_columns == {column}), None
    )


def _told(grid: Any, mapper: Any, name: str, history: Any) -> str:
    """Of a number that stands for another row, that row is told, by what it is called here."""
    column, sides = mapper.columns.get(name), (history.deleted, history.added)
    own = _stands_for(mapper, name)
    if not own:
        return _line(grid.label_columns[name], column, *sides)
    with db.session.no_autoflush:
        rows = [[db.session.get(own.mapper.class_, n) or n for n in s or () if n] for s in sides]
    return _line(grid.label_columns[own.key], None, *rows)


def _line(label: object, column: Column[Any] | None, before: Any, after: Any) -> str:
    if column is not None and may_be_personal(column):
        return _("%(col)s：已修改", col=label)
    kind = None if column is None else column.type
    told = f"{_words(kind, before)} → {_words(kind, after)}"
    return called(label, told)


def _words(kind: Any, side: Any) -> str:
    """One side of a change; nothing on it, or NULL, is nothing."""
    value = side[0] if side else None
    if value is None:
        return _("空")
    if isinstance(kind, Rule):
        return kind.show(value)
    return named(value) if hasattr(value, "__mapper__") else str(value)


def may_be_personal(column: Column[Any]) -> bool:
    """Whether the trail must not repeat this column's values. Bare text has not said what it
    holds, so it is taken for personal; `Text` and the other rules say it."""
    if isinstance(column.type, Rule):
        return column.type.personal > Personal.NONE
    return isinstance(storage(column), String) and column.name != "state"
