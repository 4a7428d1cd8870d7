"""One face for every kind of file: tabs, each of which gives its rows as often as asked."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self

from app.kernel.sheets import delimited, gate, stream
from app.kernel.sheets.held import GaveUp, Held, try_out
from app.kernel.sheets.package import Package
from app.kernel.sheets.survey import survey
from app.kernel.sheets.workbook import contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.kernel.sheets.declare import Limit
    from app.kernel.sheets.workbook import Workbook

    Rows = Iterator[tuple[int, list[Any]]]


@dataclass(frozen=True)
class Tab:
    """One sheet. `rows()` starts anew each time; `height` is the number of its last row, if known.

    Cells are str, float, bool, date, datetime, time or timedelta; '' is a blank one.
    """

    name: str
    hidden: bool
    rows: Callable[[], Rows]
    height: int | None = None


class Book:
    """An opened file that has passed the gate. `kind` is xlsx, xls or csv."""

    def __init__(self, kind: gate.Kind, stack: ExitStack, tabs: list[Tab], reader: str) -> None:
        self.kind, self.tabs, self.reader = kind, tabs, reader
        self._stack = stack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()


def open_book(path: Path, limit: Limit) -> Book:
    """The file, recognised by its content; Refused when it is no table or not a safe one."""
    kind = gate.kind_of(path, limit)
    with ExitStack() as stack:
        if kind == "csv":
            tabs, reader = _separated(path, limit), "csv"
        elif kind == "xls":
            try_out(path)
            tabs, reader = _held(path, stack), "held"
        else:
            tabs, reader = _package(path, limit, stack)
        return Book(kind, stack.pop_all(), tabs, reader)


def _separated(path: Path, limit: Limit) -> list[Tab]:
    """One tab for each separator: only under the right one will a heading be found."""
    encoding = gate.encoding_of(path)
    return [
        Tab("", False, partial(delimited.rows, path, encoding, separator, limit.columns))
        for separator in delimited.SEPARATORS
    ]


def _held(path: Path, stack: ExitStack, heights: dict[str, int] | None = None) -> list[Tab]:
    held = Held(path)
    stack.callback(held.close)
    return [
        Tab(name, hidden, partial(held.rows, name), (heights or {}).get(name))
        for name, hidden in held.tabs()
    ]


def _package(path: Path, limit: Limit, stack: ExitStack) -> tuple[list[Tab], str]:
    package = stack.enter_context(Package(path, limit))
    found = survey(package, limit)
    book = contents(package)
    heights = {name: found.rows[part] for name, _hidden, part in book.sheets}
    streamed = _streamed(package, book, limit, heights)
    if found.stream:
        return streamed, "stream"
    held = _held(path, stack, heights)
    if [tab.name for tab in held] != [tab.name for tab in streamed]:
        return streamed, "stream"
    return [_either(*pair) for pair in zip(held, streamed, strict=True)], "held"


def _streamed(package: Package, book: Workbook, limit: Limit, heights: dict[str, int]) -> list[Tab]:
    texts = cache(partial(stream.shared_texts, package, book.texts))

    def rows(part: str) -> Rows:
        return stream.rows(package, part, texts(), book, limit.columns)

    return [
        Tab(name, hidden, partial(rows, part), heights[name]) for name, hidden, part in book.sheets
    ]


def _either(held: Tab, streamed: Tab) -> Tab:
    """The held sheet; from the row where its reader gives up, the streamed one."""

    def rows() -> Rows:
        last = 0
        try:
            for last, cells in held.rows():
                yield last, cells
        except GaveUp:
            yield from (pair for pair in streamed.rows() if pair[0] > last)

    return replace(held, rows=rows)
