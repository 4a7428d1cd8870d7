"""What taking an upload would change, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, or_, select

from app.kernel.db import db, how_many
from app.kernel.i18n import _, _l
from app.kernel.previewing import Change, Preview, Ranked, beside, changes_of
from app.kernel.scope import everyone
from app.publicity.comparing import previous
from app.publicity.models import AidLine, StagedLine
from app.publicity.resolving import meant_card
from app.publicity.taking import SAME, may_go
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Select

    from app.publicity.models import AidList, Upload

S, P, L, C = (m.__table__ for m in (StagedLine, Person, AidLine, Card))
NAMES = {
    "name": _l("姓名"), "grade": _l("年级"), "major": _l("专业名称"), "class_name": _l("班级"),
    "last_month": _l("发放截止年月"), "amount_fen": _l("金额（元）"), "remark": _l("备注"),
    "holder_name": _l("户名"), "bank_name": _l("开户行"), "cnaps": _l("联行号"),
}  # fmt: skip
TOLD = ("name", "grade", "major", "class_name", "last_month", "amount_fen", "remark")
OF_CARD = ("holder_name", "bank_name", "cnaps")


def preview(upload: Upload) -> Preview:
    """What becomes of each row, and who would leave the list. Two statements."""
    with everyone("上传人自己的名单"):
        ranked = Ranked.of(_met(upload, S.c.seq, _fate()))
        rows = _met(upload, *WHO, *_pairs()).outerjoin(C, C.c.id == L.c.card_id)
        parts = ranked.first(rows.join(ranked.table, ranked.table.c.seq == S.c.seq), _told)
        gone = beside(_gone(upload), "gone", _("将移出名单的学生"), _why_gone(upload))
    return Preview(parts, gone)


def changes(upload: Upload) -> dict[str, int]:
    """How many rows are new, changed and the same, and how many lines would be gone."""
    known, free = L.c.id.is_not(None), may_go(upload)
    found = _met(upload, func.count(), how_many(known), how_many(and_(known, _differs())),
                 how_many(and_(known, free)))  # fmt: skip
    held = select(func.count()).select_from(L).where(free)
    with everyone("上传人自己的名单"):
        total, old, changed, staying = (int(n or 0) for n in db.session.execute(found).one())
        gone = (db.session.scalar(held) or 0) - staying
    return {"new": total - old, "changed": changed, "same": old - changed, "gone": gone}


def _differs() -> ColumnElement[bool]:
    return or_(*(L.c[k] != S.c[k] for k in SAME), L.c.card_id.is_distinct_from(meant_card()),
               L.c.state == "removed")  # fmt: skip


def _met(upload: Upload, *columns: Any) -> Select[Any]:
    """The upload's staged rows beside the lines of the list that they meet, if any."""
    here = and_(L.c.list_id == upload.list_id, L.c.person_id == P.c.id,
                L.c.first_month == S.c.first_month)  # fmt: skip
    return (
        select(*columns)
        .select_from(S)
        .outerjoin(P, P.c.id_index == S.c.id_index)
        .outerjoin(L, here)
        .where(S.c.upload_id == upload.id)
    )


def _why_gone(upload: Upload) -> str:
    """Of a file that goes back to an export the lines of refused rows stay: see `may_go`."""
    if upload.rejected and upload.horizon is None:
        return _("名单上有、文件的合格行中没有的学生，写入后不再列入；有的可能只是那一行不合格，"
                 "请先改好再写入。")  # fmt: skip
    return _("名单上有、文件中没有的学生，写入后不再列入。")


WHO = (S.c.seq, S.c.name, S.c.id_mask, S.c.class_name)


def _fate() -> ColumnElement[str]:
    return case((L.c.id.is_(None), "new"), (_differs(), "changed"), else_="same").label("fate")


def _pairs() -> list[Any]:
    """What a row says beside what the list says; of a card its holder, bank and ends."""
    pairs = [c for k in TOLD for c in (L.c[k].label(f"old_{k}"), S.c[k].label(f"new_{k}"))]
    pairs += [c for k in OF_CARD for c in (C.c[k].label(f"old_{k}"), _bank(k))]
    return [*pairs, C.c.card_index.label("old_index"), S.c.card_index.label("new_index"),
            L.c.card_mask.label("old_mask"), S.c.card_mask.label("new_mask"),
            L.c.state]  # fmt: skip


def _bank(key: str) -> Any:
    """What the row says of its card; left blank it is whatever is known."""
    said = S.c[key] if key == "holder_name" else func.coalesce(func.nullif(S.c[key], ""), C.c[key])
    return said.label(f"new_{key}")


def _gone(upload: Upload) -> Select[Any]:
    told = exists().where(S.c.upload_id == upload.id, S.c.id_index == P.c.id_index,
                          S.c.first_month == L.c.first_month)  # fmt: skip
    return (
        select(L.c.name, L.c.id_mask, L.c.class_name)
        .join_from(L, P, P.c.id == L.c.person_id)
        .where(may_go(upload), ~told)
        .order_by(L.c.seq, L.c.id)
    )


def _told(row: Row[Any]) -> Sequence[Change]:
    told = changes_of(row, TOLD, NAMES, L.c)
    if row.old_index != row.new_index:
        told.append(Change(_("银行卡"), row.old_mask, row.new_mask))
    else:
        told += changes_of(row, OF_CARD, NAMES, C.c)
    if row.state == "removed":
        told.append(Change(_("状态"), _("已剔除"), _("正常")))
    return told or [Change(_("银行卡"), "", "")]


def last_month(target: AidList) -> Any:
    """Month, lines and fen of the list that this one will be compared with, if there is one."""
    with everyone("同一学校的上一份名单"):
        return previous(target)
