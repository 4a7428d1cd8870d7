"""From a file to staged cases: every row split to its school, read once, loaded at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts.models import SCHOOL, Org
from app.kernel import uploads
from app.kernel.db import db
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve, said, whole
from app.kernel.types import IdNumber
from app.verification.models import StagedCase
from app.verification.sheets import SUSPECTS, Directory, Known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.sheets.sifting import Values
    from app.verification.models import CaseUpload

COLUMNS = (
    "upload_id", "seq", "school_id", "kind", "id_index", "id_no", "id_mask", "name", "clue",
    "first_month", "last_month", "fen",
)  # fmt: skip


def store_rows(path: Path, upload: CaseUpload) -> dict[str, Any]:
    """The good rows are staged; the figures of the file."""
    schools = directory(upload.org_path)
    sieve, reading = Splitter(schools), reading_of(path, schools)
    return uploads.store_rows(upload, path, reading, sieve, StagedCase.__table__, COLUMNS)


def reading_of(path: Path, schools: Directory) -> Reading:
    return read(path, SUSPECTS, limit=uploads.MAX_ROWS, check=schools.problems)


def all_problems(path: Path, upload: CaseUpload) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    schools = directory(upload.org_path)
    return Splitter(schools).all_problems(reading_of(path, schools))


def directory(path: str) -> Directory:
    """All schools; within reach are those below this place. One statement."""
    found = select(Org.id, Org.code, Org.name, Org.path).where(Org.level == SCHOOL, Org.active)
    with everyone("学校名录是公开的"):
        rows = db.session.execute(found).all()
    return Directory(Known(pk, code, name, at.startswith(path)) for pk, code, name, at in rows)


class Splitter(Sieve):
    """Turns good rows into staged cases; one student, school and suspicion once a file."""

    def __init__(self, schools: Directory) -> None:
        super().__init__()
        self.schools = schools

    def refuses(self, row: Row) -> bool:
        v = row.values
        school = self.schools.find(v)
        if school is None:
            return True
        v["school_id"] = school.id
        return self._repeated(row, (v["id_no"], school.id, v["kind"]))

    def columns(self, numbers: Sequence[int], v: Values) -> Sequence[Sequence[Any]]:
        ids = v["id_no"]
        return (
            [0] * len(numbers), numbers, v["school_id"], v["kind"], IdNumber.indexes(ids),
            IdNumber.sealed(ids), [*map(IdNumber.mask, ids)], v["name"], said(v["clue"]),
            whole(v["first_month"]), whole(v["last_month"]), v["fen"],
        )  # fmt: skip

    def _repeated(self, row: Row, key: tuple[Any, ...]) -> bool:
        """Of two rows about one suspicion of one student the later one is refused."""
        twin = self.first_with(row, key)
        if twin is not None:
            row.refuse("id_no", _("与第%(n)s行是同一名学生、同一所学校、同一种异常，只保留一行",
                                  n=twin))  # fmt: skip
        return twin is not None
