"""From a file to staged rows: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any

from app.kernel import names, uploads
from app.kernel.i18n import _
from app.kernel.idcard import births_of, sexes_of
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve, said, whole
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import StagedLine
from app.publicity.returning import Returned, returned_to
from app.publicity.sheets import RETURNED, Agreements
from app.publicity.staged_numbers import sealed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.sheets.lots import Lot
    from app.kernel.sheets.sifting import Values
    from app.publicity.models import AidList, Upload

COLUMNS = (
    "upload_id", "line_id", "version", "seq", "numbers", "id_index", "id_mask", "birth", "sex",
    "card_index", "card_mask", "holder_name", "bank_name", "cnaps", "name", "grade",
    "major", "class_name", "first_month", "last_month", "amount_fen", "remark", "unbankable",
)  # fmt: skip


def store_rows(path: Path, upload: Upload, target: AidList) -> dict[str, Any]:
    """The good rows are staged; the figures of the file: hash, rows, accepted, rejected, fen."""
    reading, tally = _opened(path, target)
    figures = uploads.store_rows(upload, path, reading, tally, StagedLine.__table__, COLUMNS)
    back = tally.returned
    return figures | {"total_fen": tally.fen, "horizon": back.horizon, "held": back.held}


def all_problems(path: Path, target: AidList) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    reading, tally = _opened(path, target)
    return tally.all_problems(reading)


def _opened(path: Path, target: AidList) -> tuple[Reading, Tally]:
    """The file as a list of this school and month."""
    agreements = Agreements(target.school.code, target.first_month, target.month)
    reading = read(path, RETURNED, limit=uploads.MAX_ROWS, check=agreements)
    return reading, Tally(0, agreements, returned_to(target, reading))


class Tally(Sieve):
    """Turns good rows into staged lines, and adds up their money."""

    def __init__(self, upload_id: int, agreements: Agreements,
                 returned: Returned | None = None) -> None:  # fmt: skip
        super().__init__()
        self.returned = returned or Returned(0)
        self.upload_id, self.agreements, self.fen = upload_id, agreements, 0

    def refuses(self, row: Row) -> bool:
        v = row.values
        v.update(line_id=None, version=None)
        if self.returned.concerns(v) and not self.returned.settle(row):
            return True
        before = self.first_with(row, (v["id_no"], v["first_month"] or self.agreements.first))
        if before is not None:
            row.refuse("id_no", _("与第%(n)s行是同一名学生、同一起始月份，只保留一行", n=before))
        return before is not None

    def refuses_none(self, lot: Lot) -> bool:
        v = lot.values
        if not self.agreements.hold_for_all(v) or self.returned.concerns_any(v):
            return False
        firsts = (month or self.agreements.first for month in v["first_month"])
        return self.never_met(zip(v["id_no"], firsts, strict=True), lot.numbers)

    def columns(self, numbers: Sequence[int], v: Values) -> Sequence[Sequence[Any]]:
        """A blank holder is the student, blank months are those of the list."""
        ids, cards, pupils = v["id_no"], v["card_no"], v["name"]
        holders = [holder or pupil for holder, pupil in zip(v["holder_name"], pupils, strict=True)]
        self.fen += sum(v["amount_fen"])
        none = [None] * len(numbers)
        first, last = self.agreements.first, self.agreements.last
        return (
            [self.upload_id] * len(numbers), v.get("line_id", none), v.get("version", none),
            numbers, sealed(numbers, ids, cards),
            IdNumber.indexes(ids), [*map(IdNumber.mask, ids)], births_of(ids), sexes_of(ids),
            BankCard.indexes(cards), [*map(BankCard.mask, cards)], holders, said(v["bank_name"]),
            said(v["cnaps"]), pupils, v["grade"], v["major"], v["class_name"],
            whole(month or first for month in v["first_month"]),
            whole(month or last for month in v["last_month"]), v["amount_fen"], said(v["remark"]),
            names.beyond([*map(add, pupils, holders)], "gbk"),
        )  # fmt: skip

    def _keep(self, row: Row) -> None:
        super()._keep(row)
        self.returned.hold(row)
