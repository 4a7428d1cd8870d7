"""The body of an .xlsx file in the form that bank importers read: shared strings, no empty cells.

XlsxWriter makes the workbook around it (types, styles, relations, properties). The rows are
ours: XlsxWriter in the mode that banks can read takes many times as long and holds the whole
sheet in memory, and its streaming mode writes strings inline, which some banks refuse. A test
compares both, cell by cell.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from app.payments.banks.render import Detail, fits, moves, whole_file
from app.payments.banks.shaping import as_text
from app.payments.banks.sheet_shell import SHEET, STRINGS, Shell, cell_name, column_name

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks.column import Column
    from app.payments.banks.lines import RunContext, Totals
    from app.payments.banks.lot import Lot
    from app.payments.banks.profile import Profile, Record

BLOCK = 1 << 20
SWIFTEST = 1
"""A fifth more bytes than by default, in half the time."""
Cell = Callable[[Any, int], str]
Cells = Callable[[Iterable[Any], Iterable[int]], Iterable[str]]
_CODE = re.compile("(_x[0-9A-Fa-f]{4}_)")
_CARE = re.compile(r"_x|[&<>\s]")
_ROW = '<row r="%d">%s</row>'


class SheetBody:
    """One xlsx file on its way; memory holds its distinct strings, rows go to a scratch file."""

    def __init__(
        self, profile: Profile, context: RunContext, file_no: int, split: str, scratch: Path
    ) -> None:
        self.profile, self.context = profile, context
        self.shell = Shell(profile, context)
        self.detail = Detail(profile, context, file_no, split)
        self.strings: dict[str, int] = {}
        self.used = 0
        self.above = len(profile.head) + profile.header
        placed = [(place, column) for place, column in enumerate(profile.columns)
                  if moves(column) or self.detail.places[place]]  # fmt: skip
        self.columns = [column for _place, column in placed]
        self.write_down = [self._column(column, place) for place, column in placed]
        self.rows: IO[bytes] = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  finish or discard closes it

    def write(self, lines: Lot, first_row: int) -> None:
        first = self.above + first_row
        numbers = range(first, first + len(lines))
        raw = self.detail.raw(self.columns, lines, first_row)
        cells = [down(vs, numbers) for down, vs in zip(self.write_down, raw, strict=True)]
        rows = map("".join, zip(*cells, strict=True))
        self.rows.write(self._joined(zip(numbers, rows, strict=True)))

    def finish(self, path: Path, totals: Totals) -> str:
        """The whole workbook stands at that path; answers its SHA-256."""
        before, after = self._around(totals)
        dimension = f"A1:{cell_name(self._widest(), self._height(totals))}"
        self.rows.seek(0)
        blocks = iter(lambda: self.rows.read(BLOCK), b"")
        sheet = chain([self.shell.opening(dimension) + before], blocks, [after + self.shell.close])
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=SWIFTEST) as out:
            for name, content in self.shell.parts():
                parts = {SHEET: sheet, STRINGS: self._table()}.get(name, iter([content]))
                with out.open(name, "w") as part:  # dated 1980: the same run gives the same bytes
                    part.writelines(parts)
        self.discard()
        with path.open("rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()

    def discard(self) -> None:
        self.rows.close()

    def _joined(self, rows: Iterator[tuple[int, str]]) -> bytes:
        text = "".join(map(_ROW.__mod__, rows))
        self.used += text.count(' t="s"')
        return text.encode()

    def _around(self, totals: Totals) -> tuple[bytes, bytes]:
        """Head records and titles above the details, trailer records below."""
        above = [self._record(r, n, totals) for n, r in enumerate(self.profile.head, 1)]
        if self.profile.header:
            above.append(
                "".join(
                    self._text(n, self.above, c.title, "")
                    for n, c in enumerate(self.profile.columns)
                )
            )
        below = self.above + totals.count + 1
        under = [self._record(r, n, totals) for n, r in enumerate(self.profile.trailer, below)]
        return self._joined(iter(enumerate(above, 1))), self._joined(iter(enumerate(under, below)))

    def _record(self, record: Record, row: int, totals: Totals) -> str:
        values = [whole_file(c.source, c.constant, self.context, totals) for c in record]
        for column, value in zip(record, values, strict=True):
            fits(self.profile, column, as_text(column)(value))
        return "".join(
            self._cell(column, place)(value, row)
            for place, (column, value) in enumerate(zip(record, values, strict=True))
        )

    def _column(self, column: Column, place: int) -> Cells:
        """The function that writes that column of many rows; all cells of a text column at once,
        for a call a cell is what 50,000 rows would cost most."""
        if not is_text(column):
            cell = self._cell(column, place)
            return lambda values, rows: map(cell, values, rows)
        before, write = f'<c r="{column_name(place)}', as_text(column)
        after, known = f'"{self.shell.text} t="s"><v>', self.strings

        def written(values: Iterable[Any], rows: Iterable[int]) -> list[str]:
            texts = map(write, values)
            return [
                f"{before}{row}{after}{known.setdefault(text, len(known))}</v></c>" if text else ""
                for text, row in zip(texts, rows, strict=False)
            ]

        return written

    def _cell(self, column: Column, place: int) -> Cell:
        """The function that writes one cell of that column; an empty value writes nothing."""
        letters, write = column_name(place), as_text(column)
        if is_text(column):
            return lambda value, row: self._text(place, row, write(value), self.shell.text)
        style = self.shell.money if column.format == "yuan2" else self.shell.whole
        number = number_of_fen if column.format == "yuan2" else str
        return lambda value, row: f'<c r="{letters}{row}"{style}><v>{number(value)}</v></c>'

    def _text(self, place: int, row: int, text: str, style: str) -> str:
        if not text:
            return ""
        index = self.strings.setdefault(text, len(self.strings))
        return f'<c r="{column_name(place)}{row}"{style} t="s"><v>{index}</v></c>'

    def _table(self) -> Iterator[bytes]:
        """The shared strings, in the order of their first use."""
        yield self.shell.strings_opening(self.used, len(self.strings))
        texts = list(self.strings)
        for start in range(0, len(texts), 5000):
            yield string_items(texts[start : start + 5000]).encode()
        yield b"</sst>"

    def _widest(self) -> int:
        records = (*self.profile.head, *self.profile.trailer, self.profile.columns)
        return max(map(len, records)) - 1

    def _height(self, totals: Totals) -> int:
        return self.above + totals.count + len(self.profile.trailer)


def is_text(column: Column) -> bool:
    return column.as_text or column.format in ("text", "date")


def number_of_fen(fen: int) -> str:
    """Yuan as a number cell holds it: 115050 → 1150.5, never more than two decimals."""
    yuan, rest = divmod(fen, 100)
    return f"{yuan}.{rest:02d}".rstrip("0") if rest else str(yuan)


def string_items(texts: list[str]) -> str:
    """Shared strings, all at once where none of them needs care."""
    if _CARE.search("".join(texts)):
        return "".join(map(string_item, texts))
    return "".join(["<si><t>", "</t></si><si><t>".join(texts), "</t></si>"])


def string_item(text: str) -> str:
    """One shared string; `_x0041_` would be read as a code and edge spaces would be lost."""
    keep = ' xml:space="preserve"' if text != text.strip() else ""
    safe = escape(_CODE.sub(r"_x005F\1", text))
    return f"<si><t{keep}>{safe}</t></si>"
