"""From a file to staged rows: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from app.kernel import names, uploads
from app.kernel.i18n import _
from app.kernel.idcard import birth_of, sex_of
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve
from app.kernel.types import BankCard, IdNumber
from app.publicity.models import StagedLine
from app.publicity.returning import Returned, returned_to
from app.publicity.sheets import RETURNED, row_check

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.types import YearMonth
    from app.publicity.models import AidList, Upload

COLUMNS = (
    "upload_id", "line_id", "version", "seq", "id_index", "id_no", "id_mask", "birth", "sex",
    "card_index", "card_no", "card_mask", "holder_name", "bank_name", "cnaps", "name", "grade",
    "major", "class_name", "first_month", "last_month", "amount_fen", "remark", "unbankable",
)  # fmt: skip


def store_rows(path: Path, upload: Upload, target: AidList) -> dict[str, Any]:
    """The good rows are staged; the figures of the file: hash, rows, accepted, rejected, fen."""
    reading = reading_of(path, target)
    tally = Tally(0, target.first_month, target.month, returned_to(target, reading))
    figures = uploads.store_rows(upload, path, reading, tally, StagedLine.__table__, COLUMNS)
    back = tally.returned
    return figures | {"total_fen": tally.fen, "horizon": back.horizon, "held": back.held}


def reading_of(path: Path, target: AidList) -> Reading:
    """The file as a list of this school and month."""
    check = row_check(target.school.code, target.first_month, target.month)
    return read(path, RETURNED, limit=uploads.MAX_ROWS, check=check)


def all_problems(path: Path, target: AidList) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    reading = reading_of(path, target)
    tally = Tally(0, target.first_month, target.month, returned_to(target, reading))
    return tally.all_problems(reading)


class Tally(Sieve):
    """Turns good rows into staged lines, and adds up their money."""

    in_bulk: ClassVar[dict[int, Any]] = {
        4: IdNumber.indexes, 5: IdNumber.sealed, 9: BankCard.indexes, 10: BankCard.sealed,
        23: partial(names.beyond, encoding="gbk"),
    }  # fmt: skip

    def __init__(self, upload_id: int, first: YearMonth, last: YearMonth,
                 returned: Returned | None = None) -> None:  # fmt: skip
        super().__init__()
        self.returned = returned or Returned(0)
        self.upload_id, self.first, self.last, self.fen = upload_id, first, last, 0

    def staged(self, row: Row) -> tuple[Any, ...] | None:
        v = row.values
        if self.returned.concerns(v) and not self.returned.settle(row):
            return None
        number, card, name = v["id_no"], v["card_no"], v["name"]
        first, last = v["first_month"] or self.first, v["last_month"] or self.last
        if self._repeated(row, number, first):
            return None
        holder = v["holder_name"] or name
        self.fen += v["amount_fen"]
        return (
            self.upload_id, v.get("line_id"), v.get("version"), row.number, number, number,
            IdNumber.mask(number), birth_of(number), sex_of(number), card, card,
            BankCard.mask(card), holder, v["bank_name"] or "", v["cnaps"] or "", name,
            v["grade"], v["major"], v["class_name"], int(first), int(last),
            v["amount_fen"], v["remark"] or "", name + holder,
        )  # fmt: skip

    def _keep(self, row: Row) -> None:
        super()._keep(row)
        self.returned.hold(row)

    def _repeated(self, row: Row, number: str, first: int) -> bool:
        """The same person from the same month on twice in one file: the later row is refused."""
        before = self.first_with(row, (number, first))
        if before is not None:
            row.refuse("id_no", _("与第%(n)s行是同一名学生、同一起始月份，只保留一行", n=before))
        return before is not None
