"""Files for a lesson: what a school's clerk might upload, and what a bank might send back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from app.accounts.models import SCHOOL, Org
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.payments.models import PayRun
from app.world import answering
from app.world.days import paid_months
from app.world.mistakes import REMEMBERED, doubts, refused
from app.world.paper import write_list
from app.world.roster import due, granted, roster, row_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.world.roster import Row

DEFAULT_SCHOOL = "3635000004"


class Samples(NamedTuple):
    """The files that were made, and what a platform must answer to the dirty one."""

    files: list[Path]
    rows: int
    to_refuse: int
    to_ask_about: int


def make_samples(school: str, folder: Path) -> Samples:
    """A clean and a dirty list of the school for the last paid month lie in the folder.

    The dirty one is the clean one with a row more for every common mistake; 备注 names it.
    """
    with everyone("样例文件须有真实的学籍和卡号"):
        clean, wrong, odd = _rows(school)
        month = paid_months(1)[0]
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{school}-{month}-{kind}.xlsx" for kind in ("clean", "dirty")]
    write_list(files[0], clean)
    kept = {row["id_no"] for row in odd}
    dirty = [row for row in clean if row["id_no"] not in kept] + odd + wrong
    write_list(files[1], dirty)
    return Samples(files, len(dirty), len(wrong), len(odd))


def _rows(school: str) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows that are right, rows to be refused, rows to be asked about."""
    months = paid_months(REMEMBERED)
    others = _neighbour(school)
    students = roster((school, others))
    own, month, fen = students[school], months[-1], due(months[-1])
    good = [row_of(s, month, fen) for s in granted(own, month)]
    wrong = [row | {"remark": said} for said, row in refused(good[0], month, others)]
    odd = [row | {"remark": said} for said, row in doubts(own, students[others], months, fen)]
    return good, wrong, odd


def _neighbour(school: str) -> str:
    """Another school's code; Refused when this one is not a school here."""
    codes = set(db.session.scalars(select(Org.code).where(Org.level == SCHOOL)))
    if school not in codes:
        raise Refused(_("没有标识码为「%(code)s」的学校", code=school))
    return min(codes - {school})


def answer_run(number: int, folder: Path) -> Path:
    """The simulated bank's answer to that run lies in the folder."""
    with everyone("模拟银行不属于任何机构"):
        run = db.session.get(PayRun, number)
        if run is None:
            raise Refused(_("没有编号为%(run)s的支付批次", run=number))
        folder.mkdir(parents=True, exist_ok=True)
        return answering.answer(run, folder, unknown=True, lesson=True)
