"""From a file to staged enrolments: read once, checked cell by cell, loaded in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel import uploads
from app.kernel.i18n import _
from app.kernel.idcard import births_of, sexes_of
from app.kernel.sheets import read
from app.kernel.sheets.sifting import Sieve, known, whole
from app.kernel.types import IdNumber, RegNo
from app.registry.models import StagedEnrolment
from app.registry.sheets import STUDENTS, no_row_says_more, row_check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.kernel.sheets import Counts, Problem, Reading, Row
    from app.kernel.sheets.lots import Lot
    from app.kernel.sheets.sifting import Values
    from app.registry.models import RegistryUpload

COLUMNS = (
    "upload_id", "seq", "id_index", "id_no", "id_mask", "birth", "sex", "name", "reg_no",
    "reg_index", "grade", "major_code", "major", "class_name", "enrolled_in", "left_in", "state",
)  # fmt: skip


def store_rows(path: Path, upload: RegistryUpload) -> dict[str, Any]:
    """The good rows are staged; the figures of the file."""
    reading, roll = reading_of(path, upload), Roll(upload.school.code)
    return uploads.store_rows(upload, path, reading, roll, StagedEnrolment.__table__, COLUMNS)


def reading_of(path: Path, upload: RegistryUpload) -> Reading:
    """The file as the students of the upload's school."""
    check = row_check(upload.school.code)
    return read(path, STUDENTS, limit=uploads.MAX_ROWS, check=check)


def all_problems(path: Path, upload: RegistryUpload) -> tuple[list[Problem], Counts]:
    """What is wrong in the whole file, and how its rows came out."""
    return Roll(upload.school.code).all_problems(reading_of(path, upload))


class Roll(Sieve):
    """Turns good rows into staged enrolments; one student and one 学籍号 once a file."""

    def __init__(self, school_code: str) -> None:
        super().__init__()
        self.school_code = school_code

    def refuses(self, row: Row) -> bool:
        return self._repeated(row, row.values["id_no"], row.values["reg_no"] or None)

    def refuses_none(self, lot: Lot) -> bool:
        v = lot.values
        if not no_row_says_more(v, self.school_code):
            return False
        told = [
            ((reg_no,), at) for reg_no, at in zip(v["reg_no"], lot.numbers, strict=True) if reg_no
        ]
        keys = [*v["id_no"], *(key for key, _at in told)]
        return self.never_met(keys, [*lot.numbers, *(at for _key, at in told)])

    def columns(self, numbers: Sequence[int], v: Values) -> Sequence[Sequence[Any]]:
        ids, reg_nos = v["id_no"], [number or None for number in v["reg_no"]]
        return (
            [0] * len(numbers), numbers, IdNumber.indexes(ids), IdNumber.sealed(ids),
            [*map(IdNumber.mask, ids)], births_of(ids), sexes_of(ids), v["name"],
            known(RegNo.sealed, reg_nos), known(RegNo.indexes, reg_nos), v["grade"],
            [code or None for code in v["major_code"]], v["major"], v["class_name"],
            whole(v["enrolled_in"]), whole(v["left_in"]), v["state"],
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
