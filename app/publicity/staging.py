"""From a file to staged rows: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from app.kernel import bulk, crypto, names
from app.kernel.i18n import _
from app.kernel.idcard import birth_of, sex_of
from app.kernel.sheets import digest, read
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import StagedLine
from app.publicity.sheets import ENTRIES, row_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.types import YearMonth
    from app.publicity.models import AidList, Upload

MAX_ROWS = 500_000
KEPT_PROBLEMS = 200
"""How many refused cells stand on the upload's page; the file with all of them is made anew."""
COLUMNS = (
    "upload_id", "seq", "id_index", "id_no", "id_mask", "birth", "sex", "card_index", "card_no",
    "card_mask", "holder_name", "bank_name", "cnaps", "name", "grade", "major",
    "class_name", "first_month", "last_month", "amount_fen", "remark", "unbankable",
)  # fmt: skip


def store_rows(path: Path, upload: Upload, target: AidList) -> dict[str, Any]:
    """The good rows are staged; the figures of the file: hash, rows, accepted, rejected, fen."""
    with reading_of(path, target) as reading:
        tally = Tally(upload.id, target.first_month, target.month)
        bulk.load(StagedLine.__table__, COLUMNS, tally.good(reading.rows))
        counts = reading.counts
    return {
        "sha256": digest(path), "row_count": counts.taken + counts.refused,
        "accepted": counts.taken, "rejected": counts.refused, "total_fen": tally.fen,
        "problems": tally.problems,
    }  # fmt: skip


def reading_of(path: Path, target: AidList) -> Reading:
    """The file as a list of this school and month."""
    check = row_check(target.school.code, target.first_month, target.month)
    return read(path, ENTRIES, limit=MAX_ROWS, check=check)


def all_problems(path: Path, target: AidList) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, not only the first cells, and how its rows came out."""
    found: list[Problem] = []
    with reading_of(path, target) as reading:
        tally = Tally(0, target.first_month, target.month, found)
        deque(tally.good(reading.rows), maxlen=0)
        return found, reading.counts


class Tally:
    """Turns good rows into staged ones as they stream past, and keeps the reasons of the others."""

    def __init__(self, upload_id: int, first: YearMonth, last: YearMonth,
                 everything: list[Problem] | None = None) -> None:  # fmt: skip
        self.upload_id, self.first, self.last = upload_id, first, last
        self.fen, self.problems, self.everything = 0, list[dict[str, Any]](), everything
        self.seen: dict[tuple[bytes, int], int] = {}

    def good(self, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        """The staged form of each good row."""
        for row in rows:
            staged = None if row.problems else self._staged(row)
            if staged is None:
                self._keep(row)
            else:
                self.fen += row.values["amount_fen"]
                yield staged

    def _keep(self, row: Row) -> None:
        if self.everything is not None:
            self.everything.extend(row.problems)
        for p in row.problems[: KEPT_PROBLEMS - len(self.problems)]:
            self.problems.append({"row": row.number, "coordinate": p.coordinate,
                                  "column": p.column, "sentence": p.sentence})  # fmt: skip

    def _staged(self, row: Row) -> tuple[Any, ...] | None:
        v = row.values
        number, card, name = v["id_no"], v["card_no"], v["name"]
        index = crypto.blind(number, IdNumber.code)
        first, last = v["first_month"] or self.first, v["last_month"] or self.last
        if self._repeated(row, index, int(first)):
            return None
        holder = v["holder_name"] or name
        return (
            self.upload_id, row.number, index, crypto.seal(number, IdNumber.code),
            IdNumber.mask(number), birth_of(number), sex_of(number),
            crypto.blind(card, BankCard.code), crypto.seal(card, BankCard.code),
            BankCard.mask(card), holder, v["bank_name"] or "", v["cnaps"] or "", name,
            v["grade"], v["major"], v["class_name"], int(first), int(last),
            v["amount_fen"], v["remark"] or "", bool(names.not_in(name + holder, "gbk")),
        )  # fmt: skip

    def _repeated(self, row: Row, index: bytes, first: int) -> bool:
        """The same person from the same month on twice in one file: the later row is refused."""
        before = self.seen.setdefault((index, first), row.number)
        if before == row.number:
            return False
        row.refuse("id_no", _("与第%(n)s行是同一名学生、同一起始月份,只保留一行", n=before))
        return True
