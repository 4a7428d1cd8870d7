"""Monthly lists as files: the rows of students who stand in the registry, and a workbook of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xlsxwriter
from sqlalchemy import delete, func, select, update

from app.kernel import clock
from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList, Finding, Upload
from app.publicity.sheets import ENTRIES
from app.registry.models import STUDYING, Enrolment
from app.world.roster import due, roster, row_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.accounts.models import Org
    from app.kernel.types import YearMonth

FURTHER = ("序号", "性别", "民族", "出生日期", "户口性质", "家庭住址", "监护人", "联系电话", "学制")
"""What schools keep in the same sheet and we do not read: with ours, 24 columns."""


def month_of() -> YearMonth:
    """The month whose lists are on their way."""
    with everyone("a measurement"):
        found: YearMonth | None = db.session.scalar(select(func.max(AidList.month)))
    return found or clock.this_month()


def clear_month(month: YearMonth) -> None:
    """Nobody has a list of that month yet."""
    lists = select(AidList.id).where(AidList.month == month).scalar_subquery()
    with everyone("a measurement"):
        for model in (Finding, AidLine, Upload):
            db.session.execute(delete(model.__table__).where(model.__table__.c.list_id.in_(lists)))
        db.session.execute(delete(AidList.__table__).where(AidList.__table__.c.month == month))


def gather(school: Org, count: int, month: YearMonth) -> list[dict[str, Any]]:
    """So many students are enrolled at this school; their rows of the month, all sound."""
    e = Enrolment.__table__
    with everyone("a measurement"):
        grades = [month - 12 * n for n in range(3)]
        there = e.c.state.in_(STUDYING) & (e.c.enrolled_in > min(grades) - 12)
        some = (
            select(e.c.id)
            .where(there, e.c.left_in.is_(None))
            .order_by(e.c.id)
            .limit(count + count // 5)
        )
        db.session.execute(
            update(e).where(e.c.id.in_(some)).values(school_id=school.id, org_path=school.path)
        )
        fen = due(month)
        known = [s for s in roster([school.code])[school.code] if s.is_there(month)]
    if len(known) < count:
        raise SystemExit(f"only {len(known)} students for a list of {count}")
    return [row_of(s, month, fen) for s in known[:count]]


def write_book(path: Path, rows: Sequence[dict[str, Any]], further: bool = True) -> None:
    """A workbook as Excel keeps it: texts in a table of their own, numbers as numbers."""
    keys = [c.key for c in ENTRIES.columns]
    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False})
    sheet = book.add_worksheet("名单")
    sheet.write_row(0, 0, [*ENTRIES.headers(), *(FURTHER if further else ())])
    for y, row in enumerate(rows, 1):
        cells = [row[k] for k in keys]
        if further:
            cells += [y, "男", "汉族", row["id_no"][6:14], "农业户口",
                      f"福建省福州市闽侯县上街镇{y % 97}号", row["name"][0] + "建国",
                      f"138{y:08d}", "三年"]  # fmt: skip
        for x, cell in enumerate(cells):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(y, x, cell)
            elif cell is not None:
                sheet.write_number(y, x, cell)
    book.close()
