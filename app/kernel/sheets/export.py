"""Reports and exports: streamed, complete, with their row count, and never a formula in them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.kernel.sheets.declare import GUIDE_TAB
from app.kernel.sheets.looks import (
    PREPARED,
    Looks,
    number_format,
    offer_words,
    print_ready,
    tab_name,
    width,
)
from app.kernel.sheets.rows import foot
from app.kernel.sheets.wire import Wire, style, workbook
from app.kernel.types import PlainRule, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from app.kernel.sheets.declare import Column

MOST_ROWS = 1_000_000
"""Rows of one worksheet; the rest goes to the next one, not away."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_PLAIN_CELL = (Rule.cell, PlainRule.cell.__func__)  # type: ignore[attr-defined]
_PLAIN_SHOW = (Rule.show, PlainRule.show.__func__)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Meta:
    """What stands above the heading: a title and lines such as who took this out and when.

    A table that is to come back has nothing above: then `tab` names its sheet, `guide` are lines
    of a sheet behind it, and `words` offers the words of choices in drop-downs.
    """

    title: Any = ""
    lines: Sequence[Any] = ()
    tab: Any = ""
    guide: Sequence[Any] = ()
    words: bool = False


def write_xlsx(
    target: Any, columns: Sequence[Column], rows: Iterable[Sequence[Any]], meta: Meta | None = None
) -> int:
    """All rows are in the workbook at `target` (path or stream); the answer is how many.

    A row holds cleaned values in the order of the columns. The last line carries the row count
    and the totals of money and of columns that ask for one.
    """
    meta = meta or Meta()
    with workbook(target, streamed=True) as book:
        report = _Report(book, columns, meta)
        for row in rows:
            report.add(row)
        return report.finish()


def cell_of(column: Column) -> Callable[[Any], object] | None:
    """How a value of the column becomes a cell; None when text can be written as it is."""
    rule = column.rule
    if rule is None:
        return None
    looks = (type(rule).cell, _PLAIN_CELL), (type(rule).show, _PLAIN_SHOW)
    if all(getattr(own, "__func__", own) in plain for own, plain in looks):
        return None
    return rule.cell


class _Sum:
    """How many rows went by, and what their money and the columns that ask for it came to."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns, self.count = columns, 0
        self._added = [at for at, c in enumerate(columns) if c.total or c.code == "fen"]
        self._totals = [0] * len(self._added)

    def add(self, cells: Sequence[Any]) -> None:
        self.count += 1
        for place, at in enumerate(self._added):
            self._totals[place] += cells[at] or 0

    def line(self) -> list[Any]:
        """The foot of the table."""
        line: list[Any] = [None] * len(self._columns)
        for at, total in zip(self._added, self._totals, strict=True):
            turn = cell_of(self._columns[at])
            line[at] = turn(total) if turn else total
        label = foot(self.count)
        line[0] = label if line[0] is None else f"{label}{line[0]}"
        return line


class _Report:
    def __init__(self, book: Any, columns: Sequence[Column], meta: Meta) -> None:
        self._book, self._columns, self._meta = book, columns, meta
        self._looks = Looks(book)
        self._styles = [style(self._looks.cell(number_format(c))) for c in columns]
        self._turned = [(at, turn) for at, c in enumerate(columns) if (turn := cell_of(c))]
        self._sum, self._sheets = _Sum(columns), 0
        self._wire = self._new_sheet()

    def _new_sheet(self) -> Wire:
        """A worksheet with title, lines and frozen heading, ready for rows."""
        self._sheets += 1
        extra = f" {self._sheets}" if self._sheets > 1 else ""
        name = tab_name(self._meta.tab or self._meta.title)[: 31 - len(extra)] + extra
        sheet = self._sheet = self._book.add_worksheet(name)
        for at, column in enumerate(self._columns):
            look = self._looks.cell(number_format(column))
            sheet.set_column(at, at, width(column), look)
        top = [str(line) for line in (self._meta.title, *self._meta.lines) if str(line)]
        print_ready(sheet, len(top), self._meta.title)
        for row, line in enumerate(top):
            sheet.write_string(row, 0, line, self._looks.title if not row else None)
        for at, column in enumerate(self._columns):
            sheet.write_string(len(top), at, str(column.header), self._looks.heading)
        return Wire(sheet, len(top) + 1)

    def add(self, row: Sequence[Any]) -> None:
        cells = list(row)
        if self._sum.count and self._sum.count % MOST_ROWS == 0:
            self._wire.close(len(self._columns))
            self._wire = self._new_sheet()
        self._sum.add(cells)
        for at, turn in self._turned:
            if cells[at] is not None:
                cells[at] = turn(cells[at])
        self._wire.line(cells, self._styles)

    def finish(self) -> int:
        """The foot stands under the last row."""
        looks = [style(self._looks.foot(number_format(column))) for column in self._columns]
        self._wire.line(self._sum.line(), looks)
        self._wire.close(len(self._columns))
        self._add_beside()
        return self._sum.count

    def _add_beside(self) -> None:
        """Drop-downs for what is filled in, and the guide on a sheet of its own."""
        if self._meta.words:
            choices = {at: c.words for at, c in enumerate(self._columns) if c.words}
            offer_words(self._book, self._sheet, choices, 1, self._sum.count + PREPARED)
        if self._meta.guide:
            guide = self._book.add_worksheet(GUIDE_TAB)
            for row, line in enumerate(self._meta.guide):
                guide.write_string(row, 0, str(line))


def write_csv(
    target: Any,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    encoding: str = "utf-8-sig",
) -> int:
    """The rows as separated values; text that a sheet would run gets a ' before it.

    The last line carries the row count and the totals, as in a workbook. Refuses nothing and
    loses nothing: a character the encoding lacks raises UnicodeEncodeError.
    """
    if not hasattr(target, "write"):
        with Path(target).open("wb") as file:
            return write_csv(file, columns, rows, encoding)
    text = io.TextIOWrapper(target, encoding, newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow([_guarded(str(column.header)) for column in columns])
        added = _Sum(columns)
        writer.writerows(_shown(columns, rows, added))
        writer.writerow(["" if cell is None else cell for cell in added.line()])
        return added.count
    finally:
        text.detach()


def _shown(columns: Sequence[Column], rows: Iterable[Sequence[Any]], added: _Sum
           ) -> Iterator[list[object]]:  # fmt: skip
    turns = [cell_of(column) or (lambda value: value) for column in columns]
    for row in rows:
        added.add(row)
        yield [
            "" if value is None else _guarded(turn(value))
            for turn, value in zip(turns, row, strict=True)
        ]


def _guarded(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    told = str(value)
    return "'" + told if told.startswith(_STARTS) else told
