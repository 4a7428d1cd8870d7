"""From a file to staged enrolments: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.kernel import uploads
from app.kernel.i18n import _
from app.kernel.idcard import birth_of, sex_of
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve
from app.kernel.types import IdNumber, RegNo
from app.registry.models import StagedEnrolment
from app.registry.sheets import STUDENTS, row_check

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.registry.models import RegistryUpload

COLUMNS = (
    "upload_id", "seq", "id_index", "id_no", "id_mask", "birth", "sex", "name", "reg_no",
    "reg_index", "grade", "major_code", "major", "class_name", "enrolled_in", "left_in", "state",
)  # fmt: skip


def store_rows(path: Path, upload: RegistryUpload) -> dict[str, Any]:
    """The good rows are staged; the figures of the file."""
    reading = reading_of(path, upload)
    return uploads.store_rows(upload, path, reading, Roll(0), StagedEnrolment.__table__, COLUMNS)


def reading_of(path: Path, upload: RegistryUpload) -> Reading:
    """The file as the students of the upload's school."""
    check = row_check(upload.school.code)
    return read(path, STUDENTS, limit=uploads.MAX_ROWS, check=check)


def all_problems(path: Path, upload: RegistryUpload) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    return Roll(0).all_problems(reading_of(path, upload))


class Roll(Sieve):
    """Turns good rows into staged enrolments; one student and one 学籍号 once a file."""

    in_bulk: ClassVar[dict[int, Any]] = {
        2: IdNumber.indexes, 3: IdNumber.sealed, 8: RegNo.sealed, 9: RegNo.indexes,
    }  # fmt: skip

    def __init__(self, upload_id: int) -> None:
        super().__init__()
        self.upload_id = upload_id

    def staged(self, row: Row) -> tuple[Any, ...] | None:
        v = row.values
        number, reg_no = v["id_no"], v["reg_no"] or None
        if self._repeated(row, number, reg_no):
            return None
        return (
            self.upload_id, row.number, number, number, IdNumber.mask(number), birth_of(number),
            sex_of(number), v["name"], reg_no, reg_no, v["grade"], v["major_code"] or None,
            v["major"], v["class_name"], _whole(v["enrolled_in"]), _whole(v["left_in"]),
            v["state"],
        )  # fmt: skip

    def _repeated(self, row: Row, number: str, reg_no: str | None) -> bool:
        """Of two rows about one student, or with one 学籍号, the later one is refused."""
        twin = self.first_with(row, number)
        if twin is not None:
            row.refuse("id_no", _("与第%(n)s行是同一名学生，只保留一行", n=twin))
            return True
        other = self.first_with(row, (reg_no,)) if reg_no else None
        if other is not None:
            row.refuse("reg_no", _("与第%(n)s行的学籍号相同，请核对", n=other))
        return other is not None


def _whole(month: Any) -> int | None:
    return None if month is None else int(month)
