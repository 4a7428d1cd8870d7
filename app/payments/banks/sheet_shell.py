"""The workbook around the rows, made by XlsxWriter and taken apart again."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

if TYPE_CHECKING:
    from app.payments.banks.lines import RunContext
    from app.payments.banks.profile import Profile

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
FORMATS = ("@", "0.00", "0")
WIDE = {"card_no": 24, "id_no": 22, "bank_name": 30, "payer_account": 24, "payer_name": 24}


class Shell:
    """All parts of a workbook; `text`, `money` and `whole` are the style attributes of cells."""

    def __init__(self, profile: Profile, context: RunContext) -> None:
        self._zip = zipfile.ZipFile(workbook(profile, context))
        sheet = self._zip.read(SHEET)
        self._open, rest = sheet.split(b"<sheetData>")
        rows, tail = rest.split(b"</sheetData>")
        self.close = b"</sheetData>" + tail
        self.text, self.money, self.whole = re.findall(r'( s="\d+")', rows.decode())

    def opening(self, dimension: str) -> bytes:
        """Everything before the first row, with the true extent of the sheet."""
        size = f'<dimension ref="{dimension}"/>'.encode()
        return re.sub(rb'<dimension ref="[^"]*"/>', size, self._open) + b"<sheetData>"

    def strings_opening(self, used: int, distinct: int) -> bytes:
        head = self._zip.read(STRINGS).decode().split("<si>", 1)[0]
        head = re.sub(r' count="\d+"', f' count="{used}"', head)
        return re.sub(r'uniqueCount="\d+"', f'uniqueCount="{distinct}"', head).encode()

    def parts(self) -> list[tuple[str, bytes]]:
        """Every part by its name, in XlsxWriter's order."""
        return [(name, self._zip.read(name)) for name in self._zip.namelist()]


def workbook(profile: Profile, context: RunContext) -> io.BytesIO:
    """A workbook with one probe cell in each of the three formats."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": dt.datetime.combine(context.date, dt.time())})
    text, money, whole = (book.add_format({"num_format": f}) for f in FORMATS)
    sheet = book.add_worksheet(profile.sheet_name)
    for place, column in enumerate(profile.columns):
        kind = {"yuan2": money, "fen": whole, "int": whole}.get(column.format, text)
        style = text if column.as_text else kind
        sheet.set_column(place, place, WIDE.get(column.source, 14), style)
    sheet.write_string(0, 0, "0", text)
    sheet.write_number(0, 1, 0, money)
    sheet.write_number(0, 2, 0, whole)
    book.close()
    out.seek(0)
    return out


@cache
def column_name(place: int) -> str:
    name: str = xl_col_to_name(place)
    return name


def cell_name(place: int, row: int) -> str:
    return f"{column_name(place)}{row}"
