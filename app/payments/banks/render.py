"""From lines to what stands in the file: column by column, so that 50,000 lines cost little.

`Detail` holds the shape of the detail rows: one format string in which everything that is the
same for the whole file already stands, and one function for each column that is not.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import repeat
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.column import LINE_SOURCES
from app.payments.banks.lines import RunContext, Totals
from app.payments.banks.lot import PLACE
from app.payments.banks.shaping import as_text, shape_all, shape_one, slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.payments.banks.column import Column
    from app.payments.banks.lot import Lot
    from app.payments.banks.profile import Profile, Record

NULLABLE = ("cnaps", "id_no")
# Control characters break rows; invisible ones make a holder name differ unseen.
UNSEEN = "\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ufffe\uffff"
NOT_SEEN = re.compile(f"[{UNSEEN}]")


class Detail:
    """The detail rows of one file."""

    def __init__(self, profile: Profile, context: RunContext, file_no: int, split: str) -> None:
        self.profile, self.context = profile, context
        self.totals = Totals(0, 0, file_no, split)
        self.moving = [c for c in profile.columns if moves(c)]
        self.shapes = [shape_all(column, profile) for column in self.moving]
        self.places = [self._place(column) for column in profile.columns]
        self.template = template(profile, [self._slot(c) for c in profile.columns])

    def raw(self, columns: Sequence[Column], lines: Lot, first_row: int) -> list[Iterable[Any]]:
        """One iterable of plain values for each column, the rows numbered from first_row."""
        rows = range(first_row, first_row + len(lines))
        return [self._limited(column, lines, rows) for column in columns]

    def text(self, lines: Lot, first_row: int) -> str:
        """The rows as they stand in a text or XML file, line ends included."""
        raw = self.raw(self.moving, lines, first_row)
        shaped = [shape(values) for shape, values in zip(self.shapes, raw, strict=True)]
        if self.profile.container == "csv":
            return quoted(self.profile, zip(*self._with_fixed(shaped), strict=False))
        # One format for all rows: half the time of one for each.
        return self.template * len(lines) % tuple(interleaved(shaped, len(lines)))

    def _place(self, column: Column) -> int | str:
        """Which of the shaped columns stands there, or the text that always does."""
        if moves(column):
            return self.moving.index(column)
        return shape_one(column, self.profile, self._same(column.source, column.constant))

    def _slot(self, column: Column) -> str:
        if moves(column):
            return slot(column, self.profile)
        value = self._same(column.source, column.constant)
        return shape_one(column, self.profile, value).replace("%", "%%")

    def _with_fixed(self, shaped: list[Iterable[Any]]) -> list[Iterable[Any]]:
        return [repeat(p) if isinstance(p, str) else shaped[p] for p in self.places]

    def _limited(self, column: Column, lines: Lot, rows: range) -> Iterable[Any]:
        values = self._values(column.source, column.constant, lines, rows)
        if not column.only:
            return values
        others: Iterable[Any] = repeat(column.otherwise)
        if column.otherwise_source:
            others = self._values(column.otherwise_source, "", lines, rows)
        want = column.only == "same_bank"
        kinds = lines.column("same_bank")
        return [v if k is want else o for v, o, k in zip(values, others, kinds, strict=False)]

    def _values(self, source: str, constant: str, lines: Lot, rows: range) -> Iterable[Any]:
        if source in PLACE:
            values = lines.column(source)
            return [v or "" for v in values] if source in NULLABLE and None in values else values
        return rows if source == "row" else repeat(self._same(source, constant))

    def _same(self, source: str, constant: str) -> Any:
        return whole_file(source, constant, self.context, self.totals)


def interleaved(columns: Sequence[Iterable[Any]], rows: int) -> list[Any]:
    """Row after row, what stands in the columns."""
    found: list[Any] = [None] * (rows * len(columns))
    for n, values in enumerate(columns):
        found[n :: len(columns)] = values
    return found


def moves(column: Column) -> bool:
    """Whether the column differs from line to line."""
    return column.source in LINE_SOURCES or column.source == "row" or bool(column.only)


def record_text(profile: Profile, record: Record, context: RunContext, totals: Totals) -> str:
    """One head or trailer record; a value that does not fit its place is refused, never cut."""
    values = [whole_file(c.source, c.constant, context, totals) for c in record]
    for column, value in zip(record, values, strict=True):
        fits(profile, column, as_text(column)(value))
    pieces = [shape_one(c, profile, v) for c, v in zip(record, values, strict=True)]
    if profile.container == "csv":
        return quoted(profile, [pieces])
    return joined(profile, pieces)


def fits(profile: Profile, column: Column, text: str) -> None:
    """Silence, or the refusal that says which value the bank's field cannot take."""
    try:
        size = len(text.encode(profile.codec))
    except UnicodeEncodeError:
        why = _("%(field)s里有 %(encoding)s 写不了的字", field=column.label, encoding=profile.codec)
        raise Refused(why) from None
    most = min(column.width or size, column.max_bytes or size)
    if size > most or len(text) > (column.max_chars or size):
        raise Refused(_("%(field)s太长，银行最多收 %(most)d 个字节", field=column.label, most=most))
    if column.required and not text:
        raise Refused(_("%(field)s必须填写", field=column.label))
    splits = profile.separator if profile.container == "txt" else ""
    if NOT_SEEN.search(text) or (splits and splits in text):
        raise Refused(_("%(field)s里有分隔符或控制字符", field=column.label))


def whole_file(source: str, constant: str, context: RunContext, totals: Totals) -> Any:
    """A value that is the same for the whole file."""
    match source:
        case "constant":
            return constant
        case "sum":
            return totals.fen
        case "count" | "file_no" | "split":
            return getattr(totals, source)
    return context.value(source)


def joined(profile: Profile, pieces: Iterable[str]) -> str:
    """One row of a text file from its pieces."""
    separator = "" if profile.container == "xml" else profile.separator
    return separator.join(pieces) + profile.line_end


def template(profile: Profile, slots: Iterable[str]) -> str:
    """The same with slots for a format: percent signs of the file itself are doubled."""
    separator = "" if profile.container == "xml" else profile.separator.replace("%", "%%")
    return separator.join(slots) + profile.line_end.replace("%", "%%")


def quoted(profile: Profile, rows: Iterable[Iterable[Any]]) -> str:
    """The rows as CSV, quoted only where needed."""
    out = io.StringIO()
    csv.writer(out, delimiter=profile.separator, lineterminator=profile.line_end).writerows(rows)
    return out.getvalue()
