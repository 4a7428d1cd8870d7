"""From a file to staged entries: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel import uploads
from app.kernel.i18n import _
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve, said
from app.kernel.types import IdNumber
from app.rolls.models import STATED, StagedEntry
from app.rolls.sheets import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.sheets.lots import Lot
    from app.kernel.sheets.sifting import Values
    from app.rolls.models import RollUpload

COLUMNS = ("upload_id", "seq", "id_index", "id_no", "id_mask", "name", *STATED)


def store_rows(path: Path, upload: RollUpload) -> dict[str, Any]:
    """The good rows are staged; the figures of the file."""
    table = StagedEntry.__table__
    return uploads.store_rows(upload, path, reading_of(path), Entries(), table, COLUMNS)


def reading_of(path: Path) -> Reading:
    return read(path, ENTRIES, limit=uploads.MAX_ROWS)


def all_problems(path: Path, _upload: RollUpload) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    return Entries().all_problems(reading_of(path))


class Entries(Sieve):
    """Turns good rows into staged entries; one person once a file."""

    def refuses(self, row: Row) -> bool:
        twin = self.first_with(row, row.values["id_no"])
        if twin is not None:
            row.refuse("id_no", _("与第%(n)s行是同一个人，只保留一行", n=twin))
        return twin is not None

    def refuses_none(self, lot: Lot) -> bool:
        return self.never_met(lot.values["id_no"], lot.numbers)

    def columns(self, numbers: Sequence[int], v: Values) -> Sequence[Sequence[Any]]:
        ids = v["id_no"]
        return ([0] * len(numbers), numbers, IdNumber.indexes(ids),
                IdNumber.sealed(ids), [*map(IdNumber.mask, ids)], v["name"],
                *(said(v[key]) for key in STATED))  # fmt: skip
