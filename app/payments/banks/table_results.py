"""From the rows of a result table to result lines: each row becomes a line or a problem."""

from __future__ import annotations

import datetime as dt
import re
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _, listed
from app.payments.banks.layout import SUMS
from app.payments.banks.reading import Control, Found, Outcome, Problem, ResultLine, judged
from app.payments.banks.reasons import Reason, classify
from app.payments.banks.tables import Cell, Row, broken, decoded, encoding_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.payments.banks.layout import ControlLayout, Place, ResultLayout

AMOUNT = re.compile(
    r"[\u00a5\uffe5]?([0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.([0-9]{1,2})0*)?元?"
)
EXACT = 2**53  # a larger whole number in a numeric cell has lost its last digits
NEEDED = ("ref", "card", "amount", "status")
CELLS = ("amount", "arrived_on")  # read by their own rules, the rest as text
CONTROL_NAMES = {
    "count": "count",
    "sum": "fen",
    "paid_count": "paid_count",
    "paid_sum": "paid_fen",
    "failed_count": "failed_count",
    "failed_sum": "failed_fen",
}


class Unreadable(Exception):
    """The row's own trouble, as a sentence."""


def table_results(layout: ResultLayout, path: Path) -> Iterator[Found]:
    """What the table says. Refused at once when it is not the bank's table."""
    rows = rows_of(layout, path)
    reader = TableReader(layout, encoding_of(layout, path), header(layout, rows))
    first = next(rows, None)
    return reader.found(chain([first], rows) if first else iter(()))


def header(layout: ResultLayout, rows: Iterator[Row]) -> Sequence[Cell]:
    """The titles; the rows then stand at the first one below."""
    last = layout.header_row or layout.skip_rows
    titles: Sequence[Cell] = ()
    while last and (row := next(rows, None)):
        titles = row.cells
        if row.number >= last:
            break
    if layout.header_row and broken(titles):
        raise Refused(_("文件不是 %(encoding)s 编码,读不出表头", encoding=layout.encoding.upper()))
    return titles


class TableReader:
    """The layout, with every field bound to its place in this very file."""

    def __init__(self, layout: ResultLayout, encoding: str, titles: Sequence[Cell]) -> None:
        self.layout, self.encoding = layout, encoding
        names = [re.sub(r"\s", "", str(title)) for title in titles]
        self.places = {
            name: found
            for name, place in layout.fields.items()
            if (found := bound(place, names)) is not None
        }
        missing = [n for n in NEEDED if n in layout.fields and n not in self.places]
        if missing:
            wanted = ["/".join(map(str, titles_of(layout.fields[name]))) for name in missing]
            raise Refused(_("表头里找不到:%(titles)s", titles=listed(wanted)))
        self.widest = max(self.places[n] for n in NEEDED if n in self.places)

    def found(self, rows: Iterator[Row]) -> Iterator[Found]:
        """Lines, problems, and the bank's totals where the layout says they stand."""
        control, row, first = self.layout.control, next(rows, None), True
        totals = False
        while row:
            following = next(rows, None)
            ends = {"first"} if first else set()
            ends |= set() if following else {"last"}
            item = self._one(row, ends)
            totals = totals or isinstance(item, Control)
            yield item
            first, row = False, following
        if control and not totals:
            yield Problem(0, _("文件里没有银行的合计行,可能不完整"))

    def _one(self, row: Row, ends: set[str]) -> Found:
        try:
            if self.layout.control and is_control(row, self.layout.control, ends):
                return self._control(row, self.layout.control)
            if broken(row.cells):
                raise Unreadable(_("含有不是 %(encoding)s 编码的字", encoding=self.encoding))
            return self._line(row)
        except Unreadable as trouble:
            return Problem(row.number, _("第 %(row)d 行%(why)s", row=row.number, why=trouble))

    def _line(self, row: Row) -> ResultLine:
        if len(row.cells) <= self.widest or (row.raw and self._cut_short(row)):
            raise Unreadable(_("列数不够"))
        text = {name: self._text(row, name) for name in self.places if name not in CELLS}
        outcome, reason, said = self._answer(text)
        return ResultLine(
            row=row.number,
            ref=text.get("ref", ""),
            outcome=outcome,
            seq=int(text["seq"]) if text.get("seq", "").isdecimal() else None,
            card=text.get("card", ""),
            name=text.get("name", ""),
            fen=self._fen(row),
            reason=reason,
            reason_text=said,
            bank_ref=text.get("bank_ref", ""),
            arrived_on=self._day(row),
        )

    def _cut_short(self, row: Row) -> bool:
        """A fixed line that ends before the last needed field does."""
        widths = self.layout.widths
        return bool(widths) and len(row.raw) < sum(widths[: self.widest])

    def _answer(self, text: dict[str, str]) -> tuple[Outcome, Reason, str]:
        """Outcome, canonical reason, and the bank's own words."""
        status, said = text.get("status", ""), text.get("reason", "")
        code = text.get("reason_code", "")
        outcome = self._outcome(status)
        if outcome is None:
            return Outcome.UNKNOWN, Reason.UNKNOWN, " ".join(filter(None, (status, code, said)))
        if outcome is Outcome.UNKNOWN:
            return outcome, Reason.UNKNOWN, said or status
        if outcome is Outcome.PAID and not said and not code:
            return outcome, Reason.OK, ""
        reason = classify(said or status, code, self.layout.reasons)
        return judged(outcome, reason), reason, said or code or status

    def _outcome(self, status: str) -> Outcome | None:
        """What the bank's word means; None for a word the profile does not know."""
        if "status" not in self.places:
            return Outcome.FAILED  # FAILED_ONLY without a status column
        known = self.layout.statuses.get(status)
        return Outcome(known) if known else None

    def _text(self, row: Row, name: str) -> str:
        """The cell as text; a number that has lost digits is refused, not repaired."""
        cell = self._cell(row, name)
        if isinstance(cell, float | int) and not isinstance(cell, bool):
            if cell != int(cell) or abs(cell) >= EXACT:
                raise Unreadable(_("有一格应为文字,却是失真的数字"))
            return str(int(cell))
        return str(cell).strip()

    def _fen(self, row: Row) -> int | None:
        """The amount in fen; a third decimal is an error, not a rounding."""
        if "amount" not in self.places:
            return None
        cell = self._cell(row, "amount")
        return fen_of(cell, self.layout.amount_format)

    def _day(self, row: Row) -> dt.date | None:
        cell = self._cell(row, "arrived_on")
        if isinstance(cell, dt.datetime):
            return cell.date()
        if isinstance(cell, dt.date):
            return cell
        text = str(cell).strip().removesuffix(".0")
        if not text:
            return None
        try:
            return dt.datetime.strptime(text, self.layout.date_format).date()  # noqa: DTZ007  a bank's day has no zone
        except ValueError:
            raise Unreadable(_("到账日期读不懂")) from None

    def _cell(self, row: Row, name: str) -> Cell:
        place = self.places.get(name)
        return "" if place is None or place >= len(row.cells) else row.cells[place]

    def _control(self, row: Row, control: ControlLayout) -> Control:
        """The bank's totals; a totals row that cannot be read is a problem like any other."""
        cells = list(row.cells)
        if control.widths:
            cuts = pairwise(accumulate(control.widths, initial=0))
            cells = [decoded(row.raw[a:b], self.encoding).strip() for a, b in cuts]
        if max(control.fields.values()) > len(cells):
            raise Unreadable(_("是合计行,但列数不够"))
        said = {
            CONTROL_NAMES[name]: fen_of(cells[place - 1], control.amount_format)
            if name in SUMS
            else fen_of(cells[place - 1], "fen")
            for name, place in control.fields.items()
        }
        return Control(**said)


def is_control(row: Row, control: ControlLayout, ends: set[str]) -> bool:
    """Whether this row is the one that bears the totals: in its place and with its mark."""
    if control.where != "marker" and control.where not in ends:
        return False
    at = control.marker_at - 1
    return len(row.cells) > at and str(row.cells[at]).strip().startswith(control.marker)


def titles_of(place: Place) -> tuple[str | int, ...]:
    return (place,) if isinstance(place, int) else place


def bound(place: Place, names: Sequence[str]) -> int | None:
    """The index of the column; None when no title of it stands in the file."""
    if isinstance(place, int):
        return place - 1
    return next((names.index(title) for title in place if title in names), None)


def fen_of(cell: Cell, kind: str) -> int:
    """Integer fen from a cell, or a whole number when the kind is fen."""
    if isinstance(cell, float) and kind == "yuan":
        fen = round(cell * 100)
        if abs(cell * 100 - fen) < 1e-4 and fen >= 0:
            return fen
        raise Unreadable(_("金额不是两位小数以内的数"))
    text = str(cell).strip().removesuffix(".0")
    match = AMOUNT.fullmatch(text)
    if not match or (kind == "fen" and match[2]):
        raise Unreadable(_("金额或笔数读不懂"))
    whole = int(match[1].replace(",", ""))
    return whole if kind == "fen" else whole * 100 + int((match[2] or "0").ljust(2, "0"))
