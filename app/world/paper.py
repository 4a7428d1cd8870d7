"""The monthly list as a file from a school's own computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xlsxwriter

from app.publicity.sheets import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.world.roster import Row


def write_list(path: Path, rows: Iterable[Row]) -> None:
    """An xlsx file with the template's headings and these rows; text cells stay text."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(str(ENTRIES.title))
    sheet.write_row(0, 0, ENTRIES.headers())
    for y, row in enumerate(rows, 1):
        for x, column in enumerate(ENTRIES.columns):
            value = row[column.key]
            if isinstance(value, str):
                sheet.write_string(y, x, value)
            elif value is not None:
                sheet.write_number(y, x, value)
    book.close()
