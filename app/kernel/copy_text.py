"""Rows as PostgreSQL's COPY reads them, written column by column.

https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2: fields apart by tabs, rows
by newlines, nothing is backslash and N, and a backslash stands before what would be one of these.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Block = Sequence[Sequence[Any]]

NOTHING = "\\N"
ODD = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = str.maketrans(ODD)


def text_of(block: Block) -> str:
    """The rows of a block, given as its columns; TypeError for a value of another kind."""
    columns = [_column(values) for values in block]
    return "\n".join([*map("\t".join, zip(*columns, strict=True)), ""])


def _column(values: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, values))
    if len(kinds) == 1:
        return _WRITERS[_kind(kinds.pop())](values)
    if len(kinds - {type(None)}) > 1:
        return [_WRITERS[_kind(type(value))]((value,))[0] for value in values]
    told = iter(_column([value for value in values if value is not None]))
    return [NOTHING if value is None else next(told) for value in values]


def _words(values: Sequence[str]) -> Sequence[str]:
    whole = "".join(values)
    if not any(odd in whole for odd in ODD):
        return values
    return [value.translate(_ESCAPED) for value in values]


def _each_once(values: Sequence[Any], write: Callable[[Any], str]) -> Sequence[str]:
    """Of values that come again and again."""
    told = {value: write(value) for value in set(values)}
    return [told[value] for value in values]


def _day(value: dt.date) -> str:
    return value.isoformat()


def _kind(of: type) -> type:
    """The nearest kind that is known how to be written."""
    return next((kind for kind in of.__mro__ if kind in _WRITERS), object)


def _unknown(values: Sequence[Any]) -> Sequence[str]:
    raise TypeError(f"no column holds a {type(values[0]).__name__}")


_WRITERS: dict[type, Callable[[Sequence[Any]], Sequence[str]]] = {
    str: _words,
    bytes: lambda values: ["\\\\x" + value.hex() for value in values],
    bool: lambda values: ["t" if value else "f" for value in values],
    int: lambda values: [int.__repr__(value) for value in values],
    dt.date: lambda values: _each_once(values, _day),
    type(None): lambda values: [NOTHING] * len(values),
    object: _unknown,
}
