"""The start page: what waits for this person, and the figures of their place.

A room says what waits by decorating a function of the actor; each may use one statement or two,
never one a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.kernel.db import db

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Select

    from app.kernel.actor import Actor


@dataclass(frozen=True)
class Waiting:
    """One kind of work that waits: how much, what to do, where, and by when.

    A `count` given as a SELECT of one number is asked together with all others given so.
    """

    title: Any
    count: int | Select[Any]
    sentence: Any
    url: str
    icon: str = "inbox"
    tone: str = "info"
    due: dt.date | None = None


@dataclass(frozen=True)
class Figure:
    """One number of the start page and the page behind it."""

    label: Any
    value: Any
    hint: Any = ""
    url: str = ""


@dataclass(frozen=True)
class Hint:
    """One of the first things a new person of some duty does here, and the page for it."""

    title: Any
    sentence: Any
    url: str = ""


Source = Callable[["Actor"], Iterable[Waiting]]
Sums = Callable[["Actor"], Iterable[Figure]]
_waiting: list[Source] = []
_figures: list[Sums] = []
_hints: dict[str, list[Hint]] = {}


def waits(source: Source) -> Source:
    """The function's answers stand on the start page."""
    _waiting.append(source)
    return source


def sums(source: Sums) -> Sums:
    """The function's figures stand on the start page."""
    _figures.append(source)
    return source


def guide(role: str, *hints: tuple[Any, Any, str]) -> None:
    """So a person of this role begins; rooms add their hints in the order of the menu."""
    _hints.setdefault(role, []).extend(Hint(*hint) for hint in hints)


def first_hour(actor: Actor) -> list[Hint]:
    return _hints.get(actor.role, [])


def inbox(actor: Actor) -> list[Waiting]:
    """All that waits for this person; what counts zero is left out."""
    return [w for w in _counted([w for source in _waiting for w in source(actor)]) if w.count]


def _counted(found: list[Waiting]) -> list[Waiting]:
    """Each with its number; at most one statement."""
    asked = [w.count.scalar_subquery() for w in found if not isinstance(w.count, int)]
    numbers = iter(db.session.execute(select(*asked)).one() if asked else ())
    return [w if isinstance(w.count, int) else replace(w, count=next(numbers)) for w in found]


def figures(actor: Actor) -> list[Figure]:
    return [f for source in _figures for f in source(actor)]
