"""Row scope under the ORM: every statement is narrowed to the actor's place, or refused.

A statement over a scoped table outside any scope raises, it never returns rows. Nothing above
has to remember a filter: grids, pickers, actions, REST, exports, jobs and commands all pass here.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, and_, event, false, inspect, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors

from app.kernel.db import Scoped, SystemOnly, db
from app.kernel.types import prefix_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

EVERYTHING = "/"
NOWHERE = ""
_path: ContextVar[str | None] = ContextVar("scope", default=None)
_tree: list[type[Any]] = []


class ScopeMissing(RuntimeError):
    """Somebody asked for scoped rows without saying from where in the tree."""


@contextmanager
def scope(path: str) -> Iterator[None]:
    """Inside, only rows at or below `path` exist, for reads and for writes."""
    token = _path.set(path)
    try:
        yield
    finally:
        _path.reset(token)


def everyone(reason: str) -> Any:
    """The whole table, for work that has done its own check; the reason is for the reader."""
    assert reason
    return scope(EVERYTHING)


def enter(path: str | None) -> None:
    """Set the scope of a whole request."""
    _path.set(path)


def current() -> str | None:
    return _path.get()


def tree_model(model: type[Any]) -> type[Any]:
    """Declare the table of the tree itself: its rows are seen below *and* on the way up."""
    _tree.append(model)
    return model


def is_tree(model: type[Any]) -> bool:
    return model in _tree


def ancestors(path: str) -> list[str]:
    """`/1/4/17/` -> [`/1/`, `/1/4/`, `/1/4/17/`]."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def within(model: type[Any], path: str | None = None) -> ColumnElement[bool]:
    """`model`'s rows at or below `path` (default: the scope in force), as SQL.

    Bulk statements carry it in words, because loader criteria do not reach the SELECT inside
    a Core INSERT.
    """
    path = current() if path is None else path
    if path is None:
        raise ScopeMissing(model.__name__)
    if path == EVERYTHING:
        return true()
    if not path:
        return false()
    column = model.path if model in _tree else model.org_path
    lo, hi = prefix_range(path)
    return and_(column >= lo, column < hi)


def placed() -> dict[str, Any]:
    """Execution options of a Core statement that carries the scope in words, or writes the trail.

    Loader criteria do not reach Core statements, so one that touches scoped tables is refused
    inside a scope unless its author says by this that the place of every row is settled.
    """
    return {"placed": True}


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)


def _guarded() -> Iterator[type[Any]]:
    """Every mapped class that the scope hides: by place, entirely, or as the tree itself."""
    return (c for c in (*_below(Scoped), *_below(SystemOnly), *_tree) if hasattr(c, "__table__"))


def _scoped_tables() -> set[Any]:
    return {c.__table__ for c in _guarded()}


def _touches_scoped(statement: Any) -> bool:
    tables = _scoped_tables()
    return any(el in tables for el in visitors.iterate(statement) if isinstance(el, Table))


@event.listens_for(db.session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    path = _path.get()
    if path == EVERYTHING or state.is_column_load or state.execution_options.get("placed"):
        return
    if path is None or state.is_insert or not state.is_orm_statement:
        if _touches_scoped(state.statement):
            raise ScopeMissing(f"no scope for: {state.statement}")
        return
    if state.is_update:
        _refuse_moving(state)
    state.statement = state.statement.options(*_criteria(path))


def _refuse_moving(state: ORMExecuteState) -> None:
    """A set-based UPDATE never moves rows, nor names them one by one past the criteria."""
    if isinstance(state.parameters, list) and _touches_scoped(state.statement):
        raise ScopeMissing(f"rows are updated by condition, not by key: {state.statement}")
    values = {getattr(c, "key", c) for c in getattr(state.statement, "_values", None) or ()}
    if values & {"org_path", "path"} and _touches_scoped(state.statement):
        raise ScopeMissing(f"rows are moved by services only: {state.statement}")


def _criteria(path: str) -> list[Any]:
    if not path:
        return [with_loader_criteria(m, false(), include_aliases=True) for m in _guarded()]
    lo, hi = prefix_range(path)
    found = [
        with_loader_criteria(
            Scoped, lambda cls: and_(cls.org_path >= lo, cls.org_path < hi), include_aliases=True
        ),
        with_loader_criteria(SystemOnly, lambda _cls: false(), include_aliases=True),
    ]
    for model in _tree:
        near = and_(model.path >= lo, model.path < hi) | model.path.in_(ancestors(path))
        found.append(with_loader_criteria(model, near, include_aliases=True))
    return found


@event.listens_for(db.session, "before_flush")
def _refuse_strangers(session: Session, *_: object) -> None:
    """Writes obey the same scope as reads: no row may be put, moved or left outside it."""
    path = _path.get()
    if path == EVERYTHING:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, SystemOnly):
            raise ScopeMissing(f"{type(row).__name__} is written by services only")
        for place in _places(row):
            if not path or not str(place).startswith(path):
                raise ScopeMissing(f"{type(row).__name__} at {place} lies outside {path}")


def _places(row: Any) -> list[Any]:
    """Where a row lies and where it lay before this change."""
    name = "path" if type(row) in _tree else "org_path" if isinstance(row, Scoped) else ""
    if not name:
        return []
    getattr(row, name)  # an expired place is read again, never taken for no place
    history = inspect(row).attrs[name].history
    return [*(history.added or ()), *(history.unchanged or ()), *(history.deleted or ())]
