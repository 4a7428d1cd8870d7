"""How a value stands in a cell: the type knows; a grid says so only where it differs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup

from app.kernel.clock import SHANGHAI
from app.kernel.i18n import _, listed
from app.kernel.signed import learn_all, name_of, person
from app.kernel.types import Account, Choice, Fen, Rule
from app.kernel.widgets.marks import Mark, badge, masked, money, mono, shown

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = {"school_code", "org_path"}
"""Types whose values are codes: digits of one width."""
MANY_CODES = 1000
"""Texts beyond so many are no codes, and are not held in memory."""


def value_at(row: Any, path: str) -> Any:
    """The value under a dotted path; methods are called, a missing link is None."""
    for name in path.split("."):
        if row is None:
            return None
        row = getattr(row, name)
    return row() if callable(row) else row


def renderer(grid: Any, name: str) -> Callable[[Any], Any]:
    """A function from a row to what stands in its cell under `name`."""
    if formatter := grid.formatters.get(name):
        return lambda row: formatter(value_at(row, name))
    if name == "state" and grid.workflow:
        return lambda row: state_mark(grid, value_at(row, name))
    if name in grid.reveals:
        return lambda row: _covered(grid, row, name)
    kind = kind_of(grid.model, name)
    return lambda row: in_words(kind, value_at(row, name))


def _covered(grid: Any, row: Any, name: str) -> Any:
    """A masked number, with a button for those who may see the whole one."""
    shown_as = value_at(row, name)
    if not shown_as or not grid.may("can_reveal"):
        return mono(shown_as)
    return masked(shown_as, url_for(f"{grid.endpoint}.reveal", pk=row.id, column=name))


def kind_of(model: type[Any], path: str) -> Any:
    """The column type under a dotted path, or None for anything that is not a column."""
    *links, last = path.split(".")
    for link in links:
        found = model.__mapper__.relationships.get(link)
        if found is None:
            return None
        model = found.mapper.class_
    column = model.__mapper__.columns.get(last)
    return None if column is None else column.type


def relations_in(model: type[Any], path: str) -> str:
    """The part of a dotted path that leads through relations."""
    names: list[str] = []
    for name in path.split("."):
        found = model.__mapper__.relationships.get(name)
        if found is None:
            break
        names.append(name)
        model = found.mapper.class_
    return ".".join(names)


def state_mark(grid: Any, state: Any) -> Any:
    return badge(grid.workflow.states.get(state, state), grid.tones.get(state, "mute"))


def in_words(kind: Any, value: Any) -> Any:
    """A value of a column of this type, for a page."""
    if value is None or isinstance(value, Markup):
        return shown(value)
    if isinstance(kind, Fen):
        return money(value)
    if isinstance(kind, Account):
        return person(value) if value else ""
    if isinstance(kind, Rule):
        return _ruled(kind, value)
    return plainly(value)


def _ruled(kind: Rule[Any], value: Any) -> Any:
    words = kind.show(value)
    if isinstance(kind, Choice):
        return words
    return mono(words) if kind.code in DIGITS else words


def plainly(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo:
        value = value.astimezone(SHANGHAI)
    if isinstance(value, bool | dt.date):
        return shown(value)
    if isinstance(value, list | tuple | set | frozenset):
        return listed([str(v) for v in value])
    if isinstance(value, int | float):
        return Mark.of("number", f'<span class="num">{value}</span>')
    return str(value)


def ruled(grid: Any, name: str) -> Rule[Any] | None:
    """The rule by which a sheet writes the column; None where it is written as words."""
    kind = kind_of(grid.model, name)
    spoken = name in grid.formatters or (name == "state" and grid.workflow)
    spoken = spoken or isinstance(kind, Account)
    return kind if isinstance(kind, Rule) and not spoken else None


def for_sheet(grid: Any, name: str) -> Callable[[Any], Any]:
    """A function from a row to the value in a sheet's cell; rules turn theirs themselves."""
    if ruled(grid, name):
        return lambda row: value_at(row, name)
    if formatter := grid.formatters.get(name):
        words = _remembered(lambda value: _sheet_value(formatter(value)))
        return lambda row: words(value_at(row, name))
    if isinstance(kind_of(grid.model, name), Account):
        learn_all()
        return lambda row: name_of(value_at(row, name))
    if name == "state" and grid.workflow:
        words = _remembered(lambda state: str(grid.workflow.states.get(state, state)))
        return lambda row: words(row.state)
    return lambda row: _sheet_value(value_at(row, name))


def _remembered(say: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same for the same code, put into words once: a long list asks for a few of them only."""
    known: dict[str, Any] = {}

    def words(value: Any) -> Any:
        if type(value) is not str or len(known) > MANY_CODES:
            return say(value)
        if value not in known:
            known[value] = say(value)
        return known[value]

    return words


def _sheet_value(value: Any) -> Any:
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dt.datetime):
        local = value.astimezone(SHANGHAI) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | set | frozenset):
        return listed([str(v) for v in value])
    if value is None or type(value) in {int, float}:
        return value
    return str(value)
