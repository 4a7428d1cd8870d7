"""What a result file says, line by line: paid, failed, not clear, or given back later."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.kernel.i18n import _
from app.payments.banks.reasons import DOUBTFUL, Reason

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator


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

    @property
    def card_tail(self) -> str:
        """The last four digits, or nothing where the bank hides them."""
        tail = self.card[-4:]
        return tail if len(tail) == 4 and tail.isdigit() else ""


@dataclass(frozen=True, slots=True)
class Control:
    """The bank's own totals, as far as it gives them; sums in fen."""

    count: int | None = None
    fen: int | None = None
    paid_count: int | None = None
    paid_fen: int | None = None
    failed_count: int | None = None
    failed_fen: int | None = None

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


Found = ResultLine | Problem | Control | Whole


class ResultReading:
    """The rows of one file, read once; every row is yielded by `lines` or stands in `problems`.

    `problems`, `control`, `whole` and the tallies are complete when `lines` is exhausted.
    """

    def __init__(self, found: Iterable[Found]) -> None:
        self.problems: list[Problem] = []
        self.control: Control | None = None
        self.whole: Whole | None = None
        self.refusals: list[Whole] = []
        self.doubted: Whole | None = None
        self.tally = dict.fromkeys(Outcome, (0, 0))
        self.lines = self._lines(found)

    def _lines(self, found: Iterable[Found]) -> Iterator[ResultLine]:
        for item in found:
            if isinstance(item, ResultLine):
                count, fen = self.tally[item.outcome]
                self.tally[item.outcome] = (count + 1, fen + (item.fen or 0))
                yield item
            else:
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
    control, failed = reading.control, reading.totals()
    if reading.problems:
        return _("还有 %(n)d 行读不懂，不能认定其余成功", n=len(reading.problems))
    if control is None:
        return _("文件里没有银行的控制总数，不能认定其余成功")
    if not _confirms(control, (sent_count, sent_fen), failed):
        return _("银行的控制总数与已发出的笔数金额对不上，不能认定其余成功")
    return None


def _confirms(control: Control, sent: tuple[int, int], failed: tuple[int, int]) -> bool:
    """The bank states count and sum of all or of the paid, and no figure contradicts ours."""
    paid = (sent[0] - failed[0], sent[1] - failed[1])
    said = ((control.all, sent), (control.paid, paid), (control.failed, failed))
    agrees = all(
        theirs in (None, mine)
        for pair, ours in said
        for theirs, mine in zip(pair, ours, strict=True)
    )
    speaks = None not in control.all or None not in control.paid
    return agrees and speaks
