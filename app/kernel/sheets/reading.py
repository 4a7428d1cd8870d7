"""Reading a file: every row has one fate, and all its problems come at once."""

from __future__ import annotations

from itertools import islice
from operator import getitem, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.book import open_book
from app.kernel.sheets.cells import Converter
from app.kernel.sheets.choosing import choose
from app.kernel.sheets.declare import Counts, Limit
from app.kernel.sheets.headers import spell
from app.kernel.sheets.lots import Lot
from app.kernel.sheets.rows import Keeper, Row, checked, is_foot, is_remark, is_total
from app.kernel.types import is_blank

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterator, Sequence

    from app.kernel.sheets.book import Book
    from app.kernel.sheets.choosing import Chosen
    from app.kernel.sheets.declare import RowCheck, Sheet

    Found = list[tuple[str, str]]
    Line = tuple[int, list[Any]]

BATCH = 250
_FIRST_OF_TOTALS = frozenset("合总小共")


def read(
    path: str | os.PathLike[str],
    sheet: Sheet,
    limit: Limit | int | None = None,
    *,
    check: RowCheck | None = None,
    tab: str | None = None,
) -> Reading:
    """The file is open, its heading understood; its rows come from `.rows` one by one, or from
    `.lots` many at once.

    Refused when the file is no safe table, has no heading, or lacks required columns (then
    WrongColumns). `limit` may be a number of rows. `check` stands in for the sheet's own. `tab`
    names the worksheet where a workbook has several.
    """
    bounds = Limit(rows=limit) if isinstance(limit, int) else limit or Limit()
    book = open_book(Path(path), bounds)
    try:
        return Reading(book, sheet, choose(book, sheet, tab), bounds, check or sheet.check)
    except BaseException:
        book.close()
        raise


class Reading:
    """A file being read. `counts` is complete once `rows` or `lots` is used up; then the file is
    closed. Who takes it by lots uses up each of them: by its rows, or taken whole.

    `missing_columns` are optional ones (headers) the file lacks, `unknown_columns` headings that
    were not read, `notes` sentences about sheets left out. `expected` is about how many rows
    will come, None where that is not known.
    """

    def __init__(
        self, book: Book, sheet: Sheet, chosen: Chosen, limit: Limit, check: RowCheck | None
    ) -> None:
        self._book, self._tab, self._layout = book, chosen.tab, chosen.layout
        self._limit, self._check, self.sheet = limit, check, sheet
        self.kind, self.reader, self.sheet_name = book.kind, book.reader, chosen.tab.name
        self.header_row, self.notes = chosen.layout.bottom, chosen.notes
        self.missing_columns = [str(c.header) for c in chosen.layout.missing(sheet)]
        self.unknown_columns = chosen.layout.unknown()
        self.counts = Counts()
        self._keeper = Keeper(chosen.layout, self.counts)
        self._faults: Found = []
        self._doubts: Found = []
        self._last = self.header_row
        self._prepare(sheet)
        self.lots = self._lots()
        self.rows = (row for lot in self.lots for row in lot.rows())

    def _prepare(self, sheet: Sheet) -> None:
        """All that can be settled once for all rows is settled."""
        places = self._layout.positions
        present = [column for column in sheet.columns if column.key in places]
        absent = [column.key for column in sheet.columns if column.key not in places]
        self.keys = (*(column.key for column in present), *absent)
        self._absent = [None] * len(absent)
        self.converters = [Converter(c, self._faults, self._doubts) for c in present]
        self.places = indexes = [places[column.key] for column in present]
        self._pick = itemgetter(*indexes) if len(indexes) > 1 else _one(indexes[0])
        self._width = max(indexes) + 1
        self._most = self._layout.width if self.kind == "csv" else self._limit.columns
        self._heading = tuple(self._layout.titles[at] for at in indexes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """The file is let go; rows not yet read are not read any more."""
        self.rows.close()
        self._book.close()

    @property
    def expected(self) -> int | None:
        height = self._tab.height
        return None if height is None else max(0, height - self.header_row)

    def _lots(self) -> Generator[Lot, None, None]:
        below = self._below()
        try:
            while lines := list(islice(below, BATCH)):
                yield Lot.of(self, lines)
        finally:
            self._book.close()

    def one_by_one(self, lot: Lot) -> Iterator[Row]:
        """The rows of the lot, each with its fate."""
        counts = self.counts
        row: Row | None
        for (number, cells), values in zip(lot.lines, lot.by_line(), strict=True):
            if values:
                row = self._made(number, cells, values, self._check)
            elif not (row := self._row(number, cells)):
                continue
            counts.blank += number - self._last - 1
            self._last = number
            if row is OTHER:
                counts.other += 1
                continue
            self._count(row)
            yield row

    def take_whole(self, lot: Lot) -> None:
        """Every line of the lot is a row, and taken."""
        last = lot.lines[-1][0]
        self.counts.blank += last - self._last - len(lot.lines)
        self._last = last
        self.counts.taken += len(lot.lines)
        self._refuse_more()

    def _below(self) -> Iterator[Line]:
        """The lines below the heading, each as wide as the columns that are read."""
        bottom, width = self.header_row, self._width
        for number, cells in self._tab.rows():
            if number > bottom:
                short = width - len(cells)
                yield number, cells + [""] * short if short > 0 else cells

    def may_be_no_row(self, first: object, cells: list[Any]) -> bool:
        """The line repeats the heading, adds others up, or reaches beyond its heading; `first` is
        the first cell of those that are read."""
        filled = next(filter(None, cells), None)
        return first == self._heading[0] or len(cells) > self._most or _may_total(filled)

    def must_be_rows(self, filled: Sequence[Any], firsts: Sequence[Any], width: int) -> bool:
        """The same of many lines at once, False where one may be no row: `filled` are their first
        cells, `firsts` the first that are read, `width` that of the widest."""
        begins = {cell[0] for cell in filled if type(cell) is str}
        return (
            width <= self._most
            and self._heading[0] not in firsts
            and _FIRST_OF_TOTALS.isdisjoint(begins)
        )

    def _count(self, row: Row) -> None:
        if row.problems:
            self.counts.refused += 1
        else:
            self.counts.taken += 1
        self._refuse_more()

    def _refuse_more(self) -> None:
        if self.counts.taken + self.counts.refused > self._limit.rows:
            raise Refused(_("文件超过%(n)s行，请拆成几个文件再上传", n=self._limit.rows))

    def _row(self, number: int, cells: list[Any]) -> Row | None:
        """The row, OTHER for a line that is no row, None for a blank one."""
        raw = self._pick(cells)
        if not any(raw) and all(cell is None or cell == "" for cell in raw):
            return None
        values = list(map(getitem, self.converters, raw))
        first = next(filter(None, cells), "")
        line = ""
        if self._faults or not any(values) or raw[0] == self._heading[0] or _may_total(first):
            line = self._line(raw, first)
        if not line:
            return self._made(number, cells, values, self._check)
        self._forget()
        if line in ("total", "remark"):
            self._faults.append(("", self._not_one(line)))
            return self._made(number, cells, values, None)
        return OTHER if line == "other" else None

    def _made(
        self, number: int, cells: list[Any], values: list[Any], check: RowCheck | None
    ) -> Row:
        if self._absent:
            values += self._absent
        row = Row(number, dict(zip(self.keys, values, strict=True)), cells, self._keeper)
        if len(cells) > self._most and any(cells[self._most :]):
            self._faults.append(("", _overflow()))
        if self._faults or self._doubts:
            self._judge(row, check)
        elif check and (found := list(check(row.values))):
            row.problems = self._keeper.problems(number, found)
        return row

    def _line(self, raw: tuple[Any, ...], first: object) -> str:
        """What a line is that does not look like a row: blank, other, total, remark; '' if it is
        a row."""
        if all(is_blank(cell) for cell in raw):
            return "blank"
        if is_foot(first) or self._is_heading(raw):
            return "other"
        if is_total(first):
            return "total"
        return "remark" if self._faults and is_remark(first) else ""

    def _is_heading(self, raw: tuple[Any, ...]) -> bool:
        """The heading again, as it is repeated for print; a name or two of it is enough."""
        filled = [(cell, title) for cell, title in zip(raw, self._heading, strict=True) if cell]
        return bool(filled) and all(spell(cell) == spell(title) for cell, title in filled)

    def _judge(self, row: Row, check: RowCheck | None) -> None:
        """The row has all its problems and doubts, and the lists are free for the next one."""
        found = list(self._faults)
        if check:
            found += checked(check, row.values, found)
        if found:
            row.problems = self._keeper.problems(row.number, found)
        if self._doubts:
            row.doubts = self._keeper.problems(row.number, self._doubts)
        self._forget()

    def _forget(self) -> None:
        self._faults.clear()
        self._doubts.clear()

    def _not_one(self, line: str) -> str:
        if line == "total":
            return _("这一行是合计，不是%(noun)s，请删去", noun=self.sheet.noun)
        return _("这一行是表尾的签名或说明，不是%(noun)s，请删去", noun=self.sheet.noun)


def _one(index: int) -> Callable[[list[Any]], tuple[Any, ...]]:
    return lambda cells: (cells[index],)


def _may_total(first: object) -> bool:
    return isinstance(first, str) and first[0] in _FIRST_OF_TOTALS and is_total(first)


def _overflow() -> str:
    return _("这一行的格数比表头多，内容可能错位（金额里有逗号时须加引号）")


OTHER = cast("Row", object())
"""A line that stands in the file and is no row of it."""
