"""What a result file says, line by line: paid, failed, not clear, or given back later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from app.kernel.i18n import _, _n, listed
from app.kernel.types import Fen
from app.payments.banks.reasons import DOUBTFUL, Reason

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence


REJECTED = "RJCT"
"""The status of what a bank refuses, in its messages."""


class Outcome(StrEnum):
    """Only a failed line may be paid again; an unknown one must be asked about first.

    `returned` is money that came back: after a success, or instead of one.
    """

    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RETURNED = "returned"


class ResultLine(NamedTuple):
    """One row of the bank's answer. `card` is as the bank wrote it, in full or masked."""

    row: int
    ref: str
    outcome: Outcome
    seq: int | None = None
    card: str = ""
    name: str = ""
    fen: int | None = None
    reason: Reason = Reason.OK
    reason_text: str = ""
    bank_ref: str = ""
    arrived_on: dt.date | None = None

    def __repr__(self) -> str:
        """Without name and card: a traceback is not a place for them."""
        return f"ResultLine({self.row}, {self.ref}, {self.outcome}, fen={self.fen})"


class Lines(NamedTuple):
    """Rows of the bank's answer that come together, as columns: the fields of `ResultLine`."""

    row: Sequence[int]
    ref: Sequence[str]
    outcome: Sequence[Outcome]
    seq: Sequence[int | None]
    card: Sequence[str]
    name: Sequence[str]
    fen: Sequence[int | None]
    reason: Sequence[Reason]
    reason_text: Sequence[str]
    bank_ref: Sequence[str]
    arrived_on: Sequence[dt.date | None]

    def __repr__(self) -> str:
        return f"Lines({len(self.row)})"


def tail_of(card: str) -> str:
    """The last four digits, or nothing where the bank hides them."""
    tail = card[-4:]
    return tail if len(tail) == 4 and tail.isdigit() else ""


@dataclass(frozen=True, slots=True)
class Control:
    """The bank's own totals, as far as it gives them; sums in fen. `arrived_on`: the day on which
    it paid what they are of."""

    count: int | None = None
    fen: int | None = None
    paid_count: int | None = None
    paid_fen: int | None = None
    failed_count: int | None = None
    failed_fen: int | None = None
    arrived_on: dt.date | None = None

    @property
    def all(self) -> tuple[int | None, int | None]:
        return self.count, self.fen

    @property
    def paid(self) -> tuple[int | None, int | None]:
        return self.paid_count, self.paid_fen

    @property
    def failed(self) -> tuple[int | None, int | None]:
        return self.failed_count, self.failed_fen


class Problem(NamedTuple):
    """A row that could not be read as a result, and why."""

    row: int
    sentence: str


class Whole(NamedTuple):
    """The bank's answer for a file as a whole (ISO group status); `original` is the number that
    file went out under, `rows` and `fen` what was in it, as the bank repeats them."""

    status: str
    outcome: Outcome
    reason: Reason
    reason_text: str
    original: str = ""
    rows: int | None = None
    fen: int | None = None


Found = ResultLine | Lines | Problem | Control | Whole
TOGETHER = 250
"""So many rows are looked at together."""


class ResultReading:
    """The rows of one file, read once; every row is in one of `blocks` or stands in `problems`.

    `problems`, `control`, `whole` and the tallies are complete when `blocks` is exhausted.
    """

    def __init__(self, found: Iterable[Found]) -> None:
        self.problems: list[Problem] = []
        self.control: Control | None = None
        self.whole: Whole | None = None
        self.refusals: list[Whole] = []
        self.doubted: Whole | None = None
        self.tally = dict.fromkeys(Outcome, (0, 0))
        self.blocks = self._counted(found)

    @property
    def lines(self) -> Iterator[ResultLine]:
        """The rows one by one."""
        return (line for block in self.blocks for line in map(ResultLine, *block))

    def _counted(self, found: Iterable[Found]) -> Iterator[Lines]:
        for block in self._together(found):
            for outcome in set(block.outcome):
                fens = [fen for fen, its in zip(block.fen, block.outcome, strict=True)
                        if its == outcome]  # fmt: skip
                count, total = self.tally[outcome]
                self.tally[outcome] = (count + len(fens), total + sum(filter(None, fens)))
            yield block

    def _together(self, found: Iterable[Any]) -> Iterator[Lines]:
        """The rows in their order, those that come alone with their neighbours."""
        for kind, items in groupby(found, type):
            if kind is Lines:
                yield from items
            elif kind is ResultLine:
                while some := list(islice(items, TOGETHER)):
                    yield Lines(*zip(*some, strict=True))
            else:
                for item in items:
                    self._note(item)

    def _note(self, item: Problem | Control | Whole) -> None:
        if isinstance(item, Problem):
            self.problems.append(item)
        elif isinstance(item, Control):
            self.control = item
        elif item.outcome is Outcome.FAILED:
            self.refusals.append(item)
            self.whole = self.refusals[0]
        elif item.status == REJECTED and item.reason in DOUBTFUL:
            self.doubted = self.doubted or item
        elif not self.refusals:  # a refusal stands: a later word on a part takes nothing back
            self.whole = item

    @property
    def rows(self) -> int:
        """How many result rows the file has; row 0 stands for the file as a whole."""
        lost = sum(problem.row > 0 for problem in self.problems)
        return lost + sum(count for count, _fen in self.tally.values())

    def totals(self) -> tuple[int, int]:
        """Count and fen of the lines that were read."""
        counts, sums = zip(*self.tally.values(), strict=True)
        return sum(counts), sum(sums)

    def disagreement(self) -> str | None:
        """For a file that lists ALL: where the bank's own totals contradict its rows."""
        if self.control is None:
            return None
        for said, read in zip(self.control.all, self.totals(), strict=True):
            if said not in (None, read):
                return _("银行的合计与逐行相加不一致，请核对文件是否完整")
        return None


def judged(outcome: Outcome, reason: Reason) -> Outcome:
    """The outcome after its reason was read; where the two disagree, nothing is certain.

    A "failed" for a time-out or for a repeated order may in truth be paid. A "failed" because
    the money came back is a return. A success that gives a reason against itself is unknown.
    """
    if outcome is Outcome.FAILED and reason in DOUBTFUL:
        return Outcome.UNKNOWN
    if outcome is Outcome.FAILED and reason is Reason.RETURNED:
        return Outcome.RETURNED
    if outcome is Outcome.PAID and reason not in (Reason.OK, Reason.OTHER):
        return Outcome.UNKNOWN
    return outcome


def silence_means_paid(reading: ResultReading, sent_count: int, sent_fen: int) -> str | None:
    """None when the lines a FAILED_ONLY file does not name may count as paid, else the sentence.

    The file must be read to its end, without a problem, and the bank's totals must agree with
    what was sent and with what is listed.
    """
    control, lost = reading.control, sum(problem.row > 0 for problem in reading.problems)
    if lost:
        return _("还有 %(n)d 行读不懂，不能认定其余成功", n=lost)
    if control is None:
        return _("文件里没有银行的合计，不能认定其余成功：请向银行要带合计的完整文件")
    if reading.problems:
        return _("文件没有读完整，不能认定其余成功")
    return _contradiction(control, (sent_count, sent_fen), reading.totals())


def _contradiction(control: Control, sent: tuple[int, int], failed: tuple[int, int]
                   ) -> str | None:  # fmt: skip
    """None where the bank states count and sum of all or of the paid, and no figure contradicts
    ours; else the sentence that names the first figures that do."""
    paid = (sent[0] - failed[0], sent[1] - failed[1])
    said = ((_("总计"), control.all, sent), (_("成功"), control.paid, paid),
            (_("失败"), control.failed, failed))  # fmt: skip
    for what, theirs, ours in said:
        if any(a not in (None, b) for a, b in zip(theirs, ours, strict=True)):
            return _("银行的合计与已发出的对不上，不能认定其余成功：%(what)s，银行 %(theirs)s，"
                     "我方 %(ours)s", what=what, theirs=_pair(*theirs),
                     ours=_pair(*ours))  # fmt: skip
    if None in control.all and None in control.paid:
        return _("银行的合计没有写明笔数和金额，不能认定其余成功：请向银行要带合计的完整文件")
    return None


def _pair(count: int | None, fen: int | None) -> str:
    """Count and sum, as far as they are known."""
    told = (count is not None and _n("%(n)s 笔", count),
            fen is not None and _("%(yuan)s 元", yuan=Fen.show(fen)))  # fmt: skip
    return listed([t for t in told if t])
