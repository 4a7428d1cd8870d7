"""What taking a file of suspicious records would do, row by row, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case

from app.accounts.models import Org
from app.kernel.i18n import _, _l
from app.kernel.previewing import Preview, Ranked, beside, changes_of
from app.kernel.scope import everyone
from app.verification.merging import TOLD, differs, met, unlike
from app.verification.models import Case, StagedCase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Select

    from app.kernel.previewing import Change
    from app.verification.models import CaseUpload

S, C, O = (m.__table__ for m in (StagedCase, Case, Org))  # noqa: E741  (tables by their letters)
NAMES = {
    "name": _l("姓名"), "clue": _l("异常说明"), "first_month": _l("起始年月"),
    "last_month": _l("截止年月"), "fen": _l("涉及金额（元）"),
}  # fmt: skip


def preview(upload: CaseUpload) -> Preview:
    """Two statements, whatever the size of the file."""
    with everyone("上传的轮次由调用方核对过"):
        ranked = Ranked.of(met(upload, S.c.seq, _fate()))
        rows = _at_school(met(upload, S.c.seq, S.c.name, S.c.id_mask, _school(), *_pairs()))
        parts = ranked.first(rows.join(ranked.table, ranked.table.c.seq == S.c.seq), _told)
        hint = _("这些记录学校已经反馈，文件中的新内容不写入；需要重查的请退回重核。")
        judged = beside(_judged(upload), "judged", _("已反馈、与文件不同的记录"), hint)
    return Preview(parts, judged)


def _judged(upload: CaseUpload) -> Select[Any]:
    answered = and_(C.c.id.is_not(None), C.c.state != "waiting", unlike())
    rows = met(upload, S.c.name, S.c.id_mask, _school()).where(answered)
    return _at_school(rows).order_by(S.c.seq)


def _at_school(rows: Select[Any]) -> Select[Any]:
    return rows.join(O, O.c.id == S.c.school_id)


def _school() -> ColumnElement[str]:
    """Stands where other files tell the class."""
    return O.c.name.label("class_name")


def _fate() -> ColumnElement[str]:
    return case((C.c.id.is_(None), "new"), (differs(), "changed"), else_="same").label("fate")


def _pairs() -> list[Any]:
    return [c for key in TOLD
            for c in (C.c[key].label(f"old_{key}"), S.c[key].label(f"new_{key}"))]  # fmt: skip


def _told(row: Row[Any]) -> Sequence[Change]:
    return changes_of(row, TOLD, NAMES, C.c)
