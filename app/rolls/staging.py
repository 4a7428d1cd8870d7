"""From a file to staged entries: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.kernel import uploads
from app.kernel.i18n import _
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve
from app.kernel.types import IdNumber
from app.rolls.models import STATED, StagedEntry
from app.rolls.sheets import ENTRIES

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.rolls.models import RollUpload

COLUMNS = ("upload_id", "seq", "id_index", "id_no", "id_mask", "name", *STATED)


def store_rows(path: Path, upload: RollUpload) -> dict[str, Any]:
    """The good rows are staged; the figures of the file."""
    table = StagedEntry.__table__
    return uploads.store_rows(upload, path, reading_of(path), Entries(0), table, COLUMNS)


def reading_of(path: Path) -> Reading:
    return read(path, ENTRIES, limit=uploads.MAX_ROWS)


def all_problems(path: Path, _upload: RollUpload) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    return Entries(0).all_problems(reading_of(path))


class Entries(Sieve):
    """Turns good rows into staged entries; one person once a file."""

    in_bulk: ClassVar[dict[int, Any]] = {2: IdNumber.indexes, 3: IdNumber.sealed}

    def __init__(self, upload_id: int) -> None:
        super().__init__()
        self.upload_id = upload_id

    def staged(self, row: Row) -> tuple[Any, ...] | None:
        v, number = row.values, row.values["id_no"]
        twin = self.first_with(row, number)
        if twin is not None:
            row.refuse("id_no", _("与第%(n)s行是同一个人，只保留一行", n=twin))
            return None
        return (self.upload_id, row.number, number, number, IdNumber.mask(number), v["name"],
                *(v[key] or "" for key in STATED))  # fmt: skip
