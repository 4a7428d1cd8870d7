"""The body of an Excel 97-2003 .xls file (docs/decisions/0020-xls.md).

The whole sheet is held in memory, which the format bounds: 65,000 rows at most.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from app.kernel.sheets.old import OldBook
from app.payments.banks.render import Detail, fits, whole_file
from app.payments.banks.shaping import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks.column import Column
    from app.payments.banks.lines import RunContext, Totals
    from app.payments.banks.lot import Lot
    from app.payments.banks.profile import Profile


class OldSheetBody:
    """One xls file on its way."""

    def __init__(
        self, profile: Profile, context: RunContext, file_no: int, split: str, scratch: Path
    ) -> None:
        self.profile, self.context = profile, context
        self.detail = Detail(profile, context, file_no, split)
        self.book = OldBook()
        self.sheet = self.book.page(profile.sheet_name)
        self.text, self.money, self.whole = map(self.book.style, ("@", "0.00", "0"))
        self.above = len(profile.head) + profile.header

    def write(self, lines: Lot, first_row: int) -> None:
        raw = self.detail.raw(self.profile.columns, lines, first_row)
        first = self.above + first_row - 1
        for place, (column, values) in enumerate(zip(self.profile.columns, raw, strict=True)):
            for row, value in zip(range(first, first + len(lines)), values, strict=False):
                self._put(row, place, column, value)

    def finish(self, path: Path, totals: Totals) -> str:
        """The whole workbook stands at that path; answers its SHA-256."""
        below = self.above + totals.count
        for row, record in (*enumerate(self.profile.head), *enumerate(self.profile.trailer, below)):
            for place, column in enumerate(record):
                value = whole_file(column.source, column.constant, self.context, totals)
                fits(self.profile, column, as_text(column)(value))
                self._put(row, place, column, value)
        if self.profile.header:
            for place, column in enumerate(self.profile.columns):
                self.sheet.write(self.above - 1, place, column.title)
        self.book.save(str(path))
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def discard(self) -> None:
        """Nothing was written yet."""

    def _put(self, row: int, place: int, column: Column, value: Any) -> None:
        """Text as text, whatever it begins with; an empty value leaves the cell out."""
        if column.as_text or column.format in ("text", "date"):
            if text := as_text(column)(value):
                self.sheet.write(row, place, text, self.text)
        elif column.format == "yuan2":
            self.sheet.write(row, place, value / 100, self.money)
        else:
            self.sheet.write(row, place, value, self.whole)
