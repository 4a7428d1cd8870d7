"""From lines to what stands in the file: column by column, so that 50,000 lines cost little.

`Detail` holds the shape of the detail rows; a chunk of lines is turned into columns by one
`zip`, each column is shaped by one function, and one format string joins them again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.lines import PayLine, RunContext, Totals

if TYPE_CHECKING:
    from app.payments.banks.column import Column
    from app.payments.banks.profile import Profile, Record

Shape = Callable[[Any], str]
PLACE = {name: place for place, name in enumerate(PayLine._fields)}
SAME_BANK = PLACE["same_bank"]
# Control characters break rows; invisible ones make a holder name differ unseen.
UNSEEN = "\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ufffe\uffff"


class Yuan(dict[int, str]):
    """fen → "1150.00". The same few amounts come again and again, so each is written once."""

    def __missing__(self, fen: int) -> str:
        if len(self) > 10_000:
            self.clear()
        text = self[fen] = f"{fen // 100}.{fen % 100:02d}"
        return text


YUAN = Yuan()


class Detail:
    """The detail rows of one file."""

    def __init__(self, profile: Profile, context: RunContext, file_no: int, split: str) -> None:
        self.profile, self.context = profile, context
        self.totals = Totals(0, 0, file_no, split)
        self.shapes = [shape(column, profile) for column in profile.columns]
        self.template = template(profile, profile.columns)

    def raw(self, lines: Sequence[PayLine], first_row: int) -> list[Iterable[Any]]:
        """One iterable of plain values per column, the rows numbered from first_row."""
        fields = list(zip(*lines, strict=True))
        rows = range(first_row, first_row + len(lines))
        return [self._limited(column, fields, rows) for column in self.profile.columns]

    def _limited(self, column: Column, fields: Sequence[Any], rows: range) -> Iterable[Any]:
        values = self._values(column.source, column.constant, fields, rows)
        if not column.only:
            return values
        others: Iterable[Any] = repeat(column.otherwise)
        if column.otherwise_source:
            others = self._values(column.otherwise_source, "", fields, rows)
        want = column.only == "same_bank"
        kinds = fields[SAME_BANK]
        return [v if k is want else o for v, o, k in zip(values, others, kinds, strict=False)]

    def _values(
        self, source: str, constant: str, fields: Sequence[Any], rows: range
    ) -> Iterable[Any]:
        if source in ("cnaps", "id_no"):
            return [value or "" for value in fields[PLACE[source]]]
        if source in PLACE:
            values: Iterable[Any] = fields[PLACE[source]]
            return values
        if source == "row":
            return rows
        return repeat(whole_file(source, constant, self.context, self.totals))

    def text(self, lines: Sequence[PayLine], first_row: int) -> str:
        """The rows as they stand in a text or XML file, line ends included."""
        shaped = (
            map(shape_, values) if shape_ else values
            for shape_, values in zip(self.shapes, self.raw(lines, first_row), strict=True)
        )
        rows = zip(*shaped, strict=False)
        if self.profile.container == "csv":
            return quoted(self.profile, rows)
        return "".join(map(self.template.__mod__, rows))


def record_text(profile: Profile, record: Record, context: RunContext, totals: Totals) -> str:
    """One head or trailer record; a value that does not fit its place is refused, never cut."""
    values = [whole_file(c.source, c.constant, context, totals) for c in record]
    for column, value in zip(record, values, strict=True):
        fits(profile, column, as_text(column)(value))
    pieces = [(shape(c, profile) or str)(v) for c, v in zip(record, values, strict=True)]
    if profile.container == "csv":
        return quoted(profile, [pieces])
    return template(profile, record) % tuple(pieces)


def fits(profile: Profile, column: Column, text: str) -> None:
    """Silence, or the refusal that says which value the bank's field cannot take."""
    try:
        size = len(text.encode(profile.codec))
    except UnicodeEncodeError:
        raise Refused(
            _("%(field)s里有 %(encoding)s 写不了的字", field=column.label, encoding=profile.codec)
        ) from None
    most = min(column.width or size, column.max_bytes or size)
    if size > most or len(text) > (column.max_chars or size):
        raise Refused(_("%(field)s太长,银行最多收 %(most)d 个字节", field=column.label, most=most))
    if column.required and not text:
        raise Refused(_("%(field)s必须填写", field=column.label))
    if re.search(f"[{UNSEEN}]", text) or (profile.separator and profile.separator in text):
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


def as_text(column: Column) -> Shape:
    """How one value is written before it is padded or wrapped."""
    if column.format == "yuan2":
        return YUAN.__getitem__
    if column.format == "date":
        return lambda day: f"{day:{column.date_format}}"
    return str


def shape(column: Column, profile: Profile) -> Shape | None:
    """The function that writes a value of that column; None where the value is text already."""
    steps = [as_text(column)] if as_text(column) is not str else []
    if profile.container == "xml":
        steps += [] if column.source == "constant" else [escape_text]
        steps += [wrapper(column)] if column.wrap else []
    if column.width:
        steps += [padder(column, profile.codec)]
    if len(steps) < 2:
        return steps[0] if steps else None
    return lambda value: _through(steps, value)


def _through(steps: Sequence[Shape], value: Any) -> str:
    for step in steps:
        value = step(value)
    return str(value)


def escape_text(value: object) -> str:
    return escape(str(value))


def wrapper(column: Column) -> Shape:
    """Text around a value that is there; a constant's own text stands always."""
    if column.source == "constant":
        return lambda value: column.wrap.replace("{}", value)
    return lambda value: column.wrap.replace("{}", value) if value else ""


def padder(column: Column, codec: str) -> Shape:
    """Filled up to the width in encoded bytes, which is how banks count."""
    width, pad = column.width or 0, column.pad
    left = column.align == "left"

    def padded(value: object) -> str:
        text = str(value)
        size = len(text) if text.isascii() else len(text.encode(codec))
        filling = pad * (width - size)
        return text + filling if left else filling + text

    return padded


def template(profile: Profile, columns: Sequence[Column]) -> str:
    """The format string of one row."""
    separator = "" if profile.container == "xml" else profile.separator.replace("%", "%%")
    return separator.join(["%s"] * len(columns)) + profile.line_end.replace("%", "%%")


def quoted(profile: Profile, rows: Iterable[Iterable[Any]]) -> str:
    """The rows as CSV, quoted only where needed."""
    out = io.StringIO()
    csv.writer(out, delimiter=profile.separator, lineterminator=profile.line_end).writerows(rows)
    return out.getvalue()
