"""What taking an upload would change, before anything is written. Two statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select

from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList, StagedLine
from app.publicity.taking import SAME, meant_card
from app.registry.models import Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.publicity.models import Upload

S, P, L = (m.__table__ for m in (StagedLine, Person, AidLine))


def changes(upload: Upload) -> dict[str, int]:
    """How many rows are new, changed and the same, and how many lines would be gone."""
    differs = or_(*(L.c[k] != S.c[k] for k in SAME), L.c.card_id.is_distinct_from(meant_card()),
                  L.c.state == "removed")  # fmt: skip
    here = and_(L.c.list_id == upload.list_id, L.c.person_id == P.c.id,
                L.c.first_month == S.c.first_month)  # fmt: skip
    known, free = L.c.id.is_not(None), L.c.state != "objected"
    found = (
        select(func.count(), _sum(known), _sum(and_(known, differs)), _sum(and_(known, free)))
        .select_from(S)
        .outerjoin(P, P.c.id_index == S.c.id_index)
        .outerjoin(L, here)
        .where(S.c.upload_id == upload.id)
    )
    held = select(func.count()).where(L.c.list_id == upload.list_id, free)
    with everyone("上传人自己的名单"):
        total, old, changed, staying = (int(n or 0) for n in db.session.execute(found).one())
        gone = (db.session.scalar(held) or 0) - staying
    return {"new": total - old, "changed": changed, "same": old - changed, "gone": gone}


def _sum(test: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((test, 1), else_=0))


def last_month(target: AidList) -> tuple[int, int]:
    """(lines, fen) of the school's list of the programme in the latest month before this one."""
    before = (
        select(AidList.line_count, AidList.total_fen)
        .where(AidList.school_id == target.school_id, AidList.programme_id == target.programme_id,
               AidList.month < target.month, AidList.state != "void")
        .order_by(AidList.month.desc())
        .limit(1)
    )  # fmt: skip
    with everyone("同一学校的上一份名单"):
        row = db.session.execute(before).first()
    return (int(row[0]), int(row[1])) if row else (0, 0)
