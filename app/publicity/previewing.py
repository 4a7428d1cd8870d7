"""What taking an upload would change, before anything is written. Two statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select

from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList, StagedLine
from app.publicity.taking import SAME
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.publicity.models import Upload

S, P, C, L, A = (m.__table__ for m in (StagedLine, Person, Card, AidLine, AidList))


def changes(upload: Upload) -> dict[str, int]:
    """How many rows are new, changed and the same, and how many lines would be gone."""
    differs = or_(*(L.c[k] != S.c[k] for k in SAME), C.c.card_index != S.c.card_index,
                  C.c.holder_name != S.c.holder_name, L.c.state != "normal")  # fmt: skip
    here = and_(L.c.list_id == upload.list_id, L.c.person_id == P.c.id,
                L.c.first_month == S.c.first_month)  # fmt: skip
    is_new = L.c.id.is_(None)
    found = (
        select(func.count(), _sum(is_new), _sum(and_(~is_new, differs)))
        .select_from(S)
        .outerjoin(P, P.c.id_index == S.c.id_index)
        .outerjoin(L, here)
        .outerjoin(C, C.c.id == L.c.card_id)
        .where(S.c.upload_id == upload.id)
    )
    with everyone("上传人自己的名单"):
        total, new, changed = (int(n or 0) for n in db.session.execute(found).one())
        held = db.session.scalar(select(func.count()).where(L.c.list_id == upload.list_id)) or 0
    return {"new": new, "changed": changed, "same": total - new - changed,
            "gone": held - (total - new)}  # fmt: skip


def _sum(test: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((test, 1), else_=0))


def last_month(target: AidList) -> tuple[int, int]:
    """(lines, fen) of the school's list of the programme in the latest month before this one."""
    before = (
        select(A.c.line_count, A.c.total_fen)
        .where(A.c.school_id == target.school_id, A.c.programme_id == target.programme_id,
               A.c.month < target.month, A.c.state != "void")
        .order_by(A.c.month.desc())
        .limit(1)
    )  # fmt: skip
    row = db.session.execute(before).first()
    return (int(row[0]), int(row[1])) if row else (0, 0)
