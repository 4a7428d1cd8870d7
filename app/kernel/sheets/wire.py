"""Whole rows written straight into the sheet that xlsxwriter packs: see docs/decisions/0010.

xlsxwriter makes the workbook, its styles, comments, drop-downs and print set-up; only the rows of
long tables bypass its cell-by-cell writer. This is the one module that knows how it keeps them.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter

from app.kernel.sheets.coordinates import letters
from app.kernel.sheets.serials import to_serial
from app.kernel.sheets.stream import Spoiled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_TEXT = 32_767
_BEYOND_ALL = 1 << 30
_MARKED = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_NUMBERS = frozenset({int, float, Decimal})
"""Exactly these: a month is a whole number as well, and is shown as text."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@contextmanager
def workbook(target: Any, *, streamed: bool) -> Iterator[Any]:
    """A workbook that is written out at the end; nothing stays in temp, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
        options = {
            "constant_memory": streamed,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = xlsxwriter.Workbook(target if hasattr(target, "write") else str(target), options)
        try:
            yield book
            book.close()
        except BaseException:
            book.fileclosed = True
            for sheet in book.worksheets():
                if streamed:
                    sheet._opt_close()  # noqa: SLF001 - its own way to let go of the file
            raise


def style(cell_format: Any) -> str:
    """The attribute by which a cell names its format."""
    return f' s="{cell_format._get_xf_index()}"'  # noqa: SLF001 - a format has no public number


class Wire:
    """Rows of one sheet, from `row` (0 is the first) on, in order; nothing else may follow.

    `dates` maps a column's style to the one its dates take, where they may stand in any column.
    """

    def __init__(self, sheet: Any, row: int, dates: Mapping[str, str] | None = None) -> None:
        self._sheet, self.row, self._dates = sheet, row, dates or {}
        sheet._write_single_row(row)  # noqa: SLF001 - what was written before goes out first
        sheet._opt_reopen()  # noqa: SLF001
        self._write = sheet.row_data_fh.write

    def line(self, cells: Sequence[object], styles: Sequence[str]) -> None:
        """One row from column A on; '' and None are left out."""
        self.row += 1
        number = self.row
        told = [f'<row r="{number}">']
        for name, look, value in zip(letters_up_to(len(styles)), styles, cells, strict=False):
            if type(value) is str:
                if value:
                    told.append(
                        f'<c r="{name}{number}"{look} t="inlineStr"><is>{text(value)}</is></c>'
                    )
            elif value is not None:
                told.append(self._other(f'<c r="{name}{number}"', look, value))
        told.append("</row>")
        self._write("".join(told))

    def _other(self, start: str, look: str, value: object) -> str:
        if isinstance(value, bool):
            return f'{start}{look} t="b"><v>{value:d}</v></c>'
        if isinstance(value, float) and value - value != 0:  # infinite or no number
            return f'{start}{look} t="e"><v>#NUM!</v></c>'
        if type(value) in _NUMBERS:
            return f"{start}{look}><v>{value}</v></c>"
        if isinstance(value, dt.date):
            look = self._dates.get(look, look)
            return f"{start}{look}><v>{to_serial(value)!r}</v></c>"
        if isinstance(value, Spoiled):
            # It stays an error when it comes back; as text it might pass for content.
            return f'{start}{look} t="e"><v>{text_of_error(value)}</v></c>'
        told = str(value)
        return f'{start}{look} t="inlineStr"><is>{text(told)}</is></c>' if told else ""

    def skip_to(self, row: int) -> None:
        """Leaves rows out, so that the next one has this number (from 1)."""
        self.row = row - 1

    def close(self, width: int) -> None:
        """The sheet knows how far it reaches, and has no row of its own left to write."""
        self._sheet.previous_row = _BEYOND_ALL
        if self.row:
            self._sheet.dim_rowmin, self._sheet.dim_colmin = 0, 0
            self._sheet.dim_rowmax, self._sheet.dim_colmax = self.row - 1, max(0, width - 1)


def merge(sheet: Any, area: tuple[int, int, int, int]) -> None:
    """The cells are one to the eye; what stands in them is written as any other row."""
    sheet.merge.append(list(area))


_NAMES: list[str] = []


def letters_up_to(count: int) -> list[str]:
    """At least the first `count` column names."""
    while len(_NAMES) < count:
        _NAMES.append(letters(len(_NAMES)))
    return _NAMES


def text(value: str) -> str:
    """The element for a text: whatever it begins with, it is never a formula."""
    if _MARKED.search(value):
        value = _MARKED.sub(_escaped, value)
    if len(value) > MOST_TEXT:
        value = value[: MOST_TEXT - 1] + "…"
    if value != value.strip():
        return f'<t xml:space="preserve">{value}</t>'
    return f"<t>{value}</t>"


def text_of_error(value: str) -> str:
    return value if value.startswith("#") else "#VALUE!"


def _escaped(found: re.Match[str]) -> str:
    mark = found[0]
    if mark in _ENTITIES:
        return _ENTITIES[mark]
    if len(mark) > 1:
        return "_x005F" + mark
    return f"_x{ord(mark):04X}_" if mark < " " else "\ufffd"
