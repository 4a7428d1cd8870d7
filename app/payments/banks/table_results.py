"""From the rows of a result table to result lines: each row becomes a line or a problem."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from itertools import accumulate, chain, islice, pairwise, repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _, listed
from app.payments.banks.layout import COUNTS, DAY, SUMS
from app.payments.banks.reading import (
    TOGETHER,
    Control,
    Found,
    Lines,
    Outcome,
    Problem,
    ResultLine,
    judged,
)
from app.payments.banks.reasons import Reason, classify
from app.payments.banks.tables import Cell, Row, decoded, encoding_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from app.payments.banks.layout import ControlLayout, Place, ResultLayout

AMOUNT = re.compile(
    r"[\u00a5\uffe5]?([0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.([0-9]{1,2})0*)?元?"
)
LONGEST_NUMBER = 18
EXACT = 2**53  # a larger whole number in a numeric cell has lost its last digits
NEEDED = ("ref", "card", "amount", "status")
WORDS = ("ref", "card", "name", "bank_ref", "seq", "status", "reason", "reason_code")
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
    titles, rows = header(layout, rows_of(layout, path))
    return TableReader(layout, encoding_of(layout, path), titles).found(rows)


def header(layout: ResultLayout, rows: Iterator[Row]) -> tuple[Sequence[Cell], Iterator[Row]]:
    """The titles, and the rows below them."""
    last = layout.header_row or layout.skip_rows + 1
    row = next((row for row in rows if row.number >= last), None)
    if row is None:
        return (), rows
    if not layout.header_row:
        return (), chain([row], rows)
    if row.broken:
        raise Refused(_("文件不是 %(encoding)s 编码，读不出表头", encoding=layout.encoding.upper()))
    return row.cells, rows


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
            raise Refused(_("表头里找不到：%(titles)s", titles=listed(wanted)))
        self.widest = max(self.places[n] for n in NEEDED if n in self.places)
        self.words = [self.places.get(name) for name in WORDS]
        self.picked = itemgetter(*(-1 if place is None else place for place in self.words))
        self.amount, self.day = self.places.get("amount"), self.places.get("arrived_on")
        self.judge = lru_cache(4096)(self._judge)  # banks repeat themselves

    def found(self, rows: Iterator[Row]) -> Iterator[Found]:
        """Lines, problems, and the bank's totals where the layout says they stand."""
        some, first, totals = list(islice(rows, TOGETHER)), True, False
        while some:
            following = list(islice(rows, TOGETHER))
            try:
                yield self._together(some)
            except (Unreadable, TypeError, ValueError):
                here = yield from self._apart(some, first=first, last=not following)
                totals = totals or here
            some, first = following, False
        if self.layout.control and not totals:
            yield Problem(0, _("文件里没有银行的合计行，可能不完整"))

    def _together(self, rows: Sequence[Row]) -> Lines:
        """Plain rows, read column by column: half the time of one after the other. Raises where
        they are not all such rows, or one of them cannot be read."""
        columns = list(zip(*(row.cells for row in rows), strict=True))
        if not self._plain(rows, columns):
            raise Unreadable
        nothing = ("",) * len(rows)
        words = [nothing if place is None or place >= len(columns) else columns[place]
                 for place in self.words]  # fmt: skip
        ref, card, name, bank_ref, seqs, *verdict = map(stripped, words)
        outcomes, reasons, said = zip(*map(self.judge, *verdict), strict=True)
        return Lines(
            [row.number for row in rows], ref, outcomes, [*map(number_of, seqs)], card, name,
            self._fens(rows, columns), reasons, said, bank_ref, self._days(rows, columns),
        )  # fmt: skip

    def _plain(self, rows: Sequence[Row], columns: Sequence[Sequence[Cell]]) -> bool:
        """No row is broken or too short, and none bears the totals."""
        if self.layout.widths or len(columns) <= self.widest or any(row.broken for row in rows):
            return False
        control = self.layout.control
        if control is None or len(columns) < control.marker_at:
            return True
        return control.marker not in "\n".join(map(str, columns[control.marker_at - 1]))

    def _apart(
        self, rows: Sequence[Row], *, first: bool, last: bool
    ) -> Generator[Found, None, bool]:
        """The rows one after the other; whether the first and the last of the file are among
        them. Answers whether the totals are, be they readable or not."""
        control, end, totals = self.layout.control, len(rows) - 1, False
        for n, row in enumerate(rows):
            try:
                here = {"first": first and n == 0, "last": last and n == end}
                if control and is_control(row, control, **here):
                    totals = True
                    yield self._control(row, control)
                else:
                    yield self._line(row)
            except Unreadable as trouble:
                yield Problem(row.number, _("第 %(row)d 行%(why)s", row=row.number, why=trouble))
        return totals

    def _line(self, row: Row) -> ResultLine:
        cells = row.cells
        if row.broken:
            raise Unreadable(_("含有不是 %(encoding)s 编码的字", encoding=self.encoding))
        if len(cells) <= self.widest or (self.layout.widths and self._cut_short(row)):
            raise Unreadable(_("列数不够"))
        ref, card, name, bank_ref, seq, *verdict = self._words(cells)
        outcome, reason, said = self.judge(*verdict)
        return ResultLine(
            row.number,
            ref,
            outcome,
            seq=number_of(seq),
            card=card,
            name=name,
            fen=self._fen(row),
            reason=reason,
            reason_text=said,
            bank_ref=bank_ref,
            arrived_on=self._arrived(row),
        )

    def _words(self, cells: Sequence[Cell]) -> list[str]:
        """The fields of `WORDS`; those of a text file all at once."""
        try:
            return [*map(str.strip, self.picked((*cells, "")))]
        except (TypeError, IndexError):  # a cell that is no text, or fewer cells than fields
            return [word(cells, place) for place in self.words]

    def _cut_short(self, row: Row) -> bool:
        """A fixed line that ends before the last needed field does."""
        return bool(row.raw) and len(row.raw) < sum(self.layout.widths[: self.widest])

    def _judge(self, status: str, said: str, code: str) -> tuple[Outcome, Reason, str]:
        """Outcome, canonical reason, and the bank's own words."""
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

    def _fen(self, row: Row) -> int | None:
        if self.amount is None:
            return None
        cell, kind = row.cells[self.amount], self.layout.amount_format
        return fen_of_text(cell, kind) if isinstance(cell, str) else fen_of(cell, kind)

    def _fens(self, rows: Sequence[Row], columns: Sequence[Sequence[Cell]]) -> list[int | None]:
        """The amounts of rows read together; those of a text need no look at what each is."""
        cells = columns[self.amount] if self.amount is not None else ()
        if set(map(type, cells)) == {str}:
            return [*map(fen_of_text, cells, repeat(self.layout.amount_format))]
        return [*map(self._fen, rows)]

    def _days(self, rows: Sequence[Row], columns: Sequence[Sequence[Cell]]) -> list[dt.date | None]:
        """The days of rows read together."""
        cells = columns[self.day] if self.day is not None and self.day < len(columns) else ()
        if set(map(type, cells)) == {str}:
            return [*map(day_of, cells, repeat(self.layout.date_format))]
        return [*map(self._arrived, rows)]

    def _arrived(self, row: Row) -> dt.date | None:
        """The day the bank says; empty is no day, rubbish is trouble."""
        if self.day is None or self.day >= len(row.cells):
            return None
        return self._day(row.cells[self.day])

    def _day(self, cell: Cell) -> dt.date | None:
        if isinstance(cell, str):
            return day_of(cell, self.layout.date_format)
        if isinstance(cell, dt.datetime):
            return cell.date()
        return cell if isinstance(cell, dt.date) else day_of(str(cell), self.layout.date_format)

    def _control(self, row: Row, control: ControlLayout) -> Control:
        """The bank's totals; a totals row that cannot be read is a problem like any other."""
        cells = list(row.cells)
        if control.widths:
            cuts = pairwise(accumulate(control.widths, initial=0))
            cells = [decoded(row.raw[a:b], self.encoding)[0] for a, b in cuts]
        there = {n: cells[p - 1] for n, p in control.fields.items() if p <= len(cells)}
        if set(control.fields) - set(there) - {DAY}:
            raise Unreadable(_("是合计行，但列数不够"))
        counts = {n: fen_of(there[n], "fen") for n in COUNTS if n in there}
        sums = {n: fen_of(there[n], control.amount_format) for n in SUMS if n in there}
        figures = {CONTROL_NAMES[name]: figure for name, figure in (counts | sums).items()}
        return Control(**figures, arrived_on=self._day(there.get(DAY, "")))


def is_control(row: Row, control: ControlLayout, *, first: bool, last: bool) -> bool:
    """Whether this row is the one that bears the totals: in its place and with its mark."""
    if (control.where == "first" and not first) or (control.where == "last" and not last):
        return False
    at = control.marker_at - 1
    return len(row.cells) > at and str(row.cells[at]).lstrip().startswith(control.marker)


def stripped(texts: Sequence[Cell]) -> Sequence[str]:
    """The texts without space around them; TypeError where one is no text."""
    whole = "".join(texts)  # type: ignore[arg-type]  # as it says
    if len(whole.split(None, 1)) < 2 and not whole[:1].isspace() and not whole[-1:].isspace():
        return texts  # type: ignore[return-value]
    return [*map(str.strip, texts)]  # type: ignore[arg-type]


def number_of(text: str) -> int | None:
    """The row number of ours; none is as long as this."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def titles_of(place: Place) -> tuple[str | int, ...]:
    return (place,) if isinstance(place, int) else place


def bound(place: Place, names: Sequence[str]) -> int | None:
    """The index of the column; None when no title of it stands in the file."""
    if isinstance(place, int):
        return place - 1
    return next((names.index(title) for title in place if title in names), None)


def word(cells: Sequence[Cell], place: int | None) -> str:
    """The cell as text; a number that has lost digits is refused, not repaired."""
    if place is None or place >= len(cells):
        return ""
    cell = cells[place]
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= EXACT:
            raise Unreadable(_("有一格应为文字，却是失真的数字"))
        cell = int(cell)
    return str(cell)


@lru_cache(1024)
def day_of(text: str, form: str) -> dt.date | None:
    text = text.strip().removesuffix(".0")
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, form).date()  # noqa: DTZ007  a bank's day has no zone
    except ValueError:
        raise Unreadable(_("到账日期读不懂")) from None


def fen_of(cell: Cell, kind: str) -> int:
    """Integer fen from a cell, or a whole number when the kind is fen; never rounded."""
    if isinstance(cell, float) and kind == "yuan":
        if 0 <= cell < EXACT / 100 and abs(cell * 100 - round(cell * 100)) < 1e-4:
            return round(cell * 100)
        raise Unreadable(_("金额不是两位小数以内的数"))
    return fen_of_text(str(cell), kind)


@lru_cache(4096)
def fen_of_text(text: str, kind: str) -> int:
    match = AMOUNT.fullmatch(text.strip().removesuffix(".0"))
    if not match or (kind == "fen" and match[2]):
        raise Unreadable(_("金额或笔数读不懂"))
    whole = int(match[1].replace(",", ""))
    return whole if kind == "fen" else whole * 100 + int((match[2] or "0").ljust(2, "0"))
