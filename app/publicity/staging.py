"""From a file to staged rows: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel import bulk, crypto, names
from app.kernel.idcard import birth_of, sex_of
from app.kernel.sheets import digest, read
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import StagedLine
from app.publicity.sheets import ENTRIES, row_check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    check = row_check(target.school.code, target.first_month, target.month)
    reading = read(path, ENTRIES, limit=MAX_ROWS, check=check)
    tally = _Tally(upload.id, target.first_month, target.month)
    bulk.load(StagedLine.__table__, COLUMNS, tally.good(reading.rows))
    return {
        "sha256": digest(path), "row_count": tally.accepted + tally.rejected,
        "accepted": tally.accepted, "rejected": tally.rejected, "total_fen": tally.fen,
        "problems": tally.problems,
    }  # fmt: skip


class _Tally:
    """Counts rows as they stream past: every one is accepted or rejected, none is neither."""

    def __init__(self, upload_id: int, first: YearMonth, last: YearMonth) -> None:
        self.upload_id, self.first, self.last = upload_id, first, last
        self.accepted = self.rejected = self.fen = 0
        self.problems: list[dict[str, Any]] = []
        self.seen: dict[tuple[bytes, int], int] = {}

    def good(self, rows: Any) -> Iterator[tuple[Any, ...]]:
        """The staged form of each good row; bad ones are counted and their reasons kept."""
        for row in rows:
            staged = None if row.problems else self._staged(row)
            if staged is None:
                self.rejected += 1
                self._keep(row)
            else:
                self.accepted += 1
                self.fen += row.values["amount_fen"]
                yield staged

    def _keep(self, row: Any) -> None:
        for p in row.problems:
            if len(self.problems) < KEPT_PROBLEMS:
                found = {"coordinate": p.coordinate, "column": str(p.column)}
                self.problems.append({"row": row.number, "sentence": str(p.sentence), **found})

    def _staged(self, row: Any) -> tuple[Any, ...] | None:
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

    def _repeated(self, row: Any, index: bytes, first: int) -> bool:
        """The same person for the same months twice in one file: the later row is refused."""
        before = self.seen.setdefault((index, first), row.number)
        if before == row.number:
            return False
        row.refuse("id_no", before)
        return True
