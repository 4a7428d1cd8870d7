"""Workbooks as Excel 97 to 2003 kept them, where a bank or a national template wants one.

The one module that writes with xlwt (docs/decisions/0020-xls.md), but for the simulated bank. A
book is held in memory while it is written, which the format bounds: 65,536 rows of 256 columns.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import xlwt  # type: ignore[import-untyped]

from app.kernel.sheets.declare import GUIDE_TAB
from app.kernel.sheets.looks import number_format, tab_name, width
from app.kernel.sheets.template import GUIDE_WIDTHS, guide_lines

if TYPE_CHECKING:
    from app.kernel.sheets.declare import Sheet

LETTER, WIDEST = 256, 254
"""A column's width is counted in parts of a letter."""


class OldBook:
    """One workbook on its way; each number format is made once."""

    def __init__(self) -> None:
        self._book = xlwt.Workbook(encoding="utf-8")
        self.style = cache(lambda code: xlwt.easyxf(num_format_str=code))
        self.heading = cache(lambda: xlwt.easyxf(
            "font: bold on; align: horiz center, vert center, wrap on; borders: bottom thin"
        ))  # fmt: skip

    def page(self, name: object) -> Any:
        return self._book.add_sheet(tab_name(name))

    def save(self, target: Any) -> None:
        """At a path, or into a stream. The same content is the same bytes: no time is in it."""
        self._book.save(target)


def write_old_template(target: Any, sheet: Sheet) -> None:
    """The empty table as .xls: a heading, columns that keep what is typed, the guide behind it."""
    book = OldBook()
    table = book.page(sheet.title)
    for at, column in enumerate(sheet.columns):
        table.write(0, at, str(column.header), book.heading())
        table.col(at).width = LETTER * min(width(column), WIDEST)
        table.col(at).set_style(book.style(number_format(column)))
    table.set_panes_frozen(True)
    table.set_horz_split_pos(1)
    guide = book.page(GUIDE_TAB)
    for at, wide in enumerate(GUIDE_WIDTHS):
        guide.col(at).width = LETTER * wide
    for row, line in enumerate(guide_lines(sheet)):
        for at, text in enumerate(line):
            guide.write(row, at, text)
    book.save(target)
