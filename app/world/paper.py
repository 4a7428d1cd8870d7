"""Files from a school's or a department's own computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xlsxwriter

from app.publicity.sheets import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.kernel.sheets import Sheet
    from app.world.roster import Row


def write_list(path: Path, rows: Iterable[Row], kind: Sheet = ENTRIES) -> None:
    """An xlsx file with the template's headings and these rows.

    Numbers of people and cards are text, in cells that keep what is typed over them as text.
    """
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(str(kind.title))
    text, heading = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
    for x, column in enumerate(kind.columns):
        sheet.set_column(x, x, column.rule.width if column.rule else 12, text)
    sheet.write_row(0, 0, kind.headers(), heading)
    for y, row in enumerate(rows, 1):
        for x, column in enumerate(kind.columns):
            value = row[column.key]
            if isinstance(value, str):
                sheet.write_string(y, x, value, text)
            else:
                sheet.write_number(y, x, value, None)
    book.close()
