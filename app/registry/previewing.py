"""What taking a registry file would change, row by row, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, select

from app.kernel.i18n import _, _l
from app.kernel.previewing import Change, Preview, Ranked, beside, changes_of, said
from app.kernel.scope import current, everyone
from app.kernel.types import YearMonth
from app.registry import absences
from app.registry.doubting import doubtful
from app.registry.merging import (
    MAYBE,
    TOLD,
    absent_from,
    differs,
    left_in,
    met,
)
from app.registry.models import Enrolment, Person, StagedEnrolment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Select

    from app.registry.models import RegistryUpload

S, P, E = (m.__table__ for m in (StagedEnrolment, Person, Enrolment))
NAMES = {
    "name": _l("姓名"), "grade": _l("年级"), "major": _l("专业名称"), "class_name": _l("班级"),
    "major_code": _l("专业代码"), "enrolled_in": _l("入学年月"), "state": _l("学籍状态"),
    "left_in": _l("离校年月"),
}  # fmt: skip


def preview(upload: RegistryUpload) -> Preview:
    """Three statements, whatever the size of the file; of other schools it says what the scope in
    force may see."""
    reader = current()
    with everyone("上传的学校由调用方核对过"):
        ranked = Ranked.of(met(upload, S.c.seq, _fate()))
        rows = met(upload, S.c.seq, S.c.name, S.c.id_mask, S.c.class_name, *_pairs())
        parts = ranked.first(rows.join(ranked.table, ranked.table.c.seq == S.c.seq), _told)
        hint = _("这些学生保持不变。已离校的，请在文件中填写学籍状态和异动年月。")
        absent = beside(_absent(upload), "absent", _("在读、文件中没有的学生"), hint)
        return Preview(parts, absent, doubtful(upload, reader))


def _absent(upload: RegistryUpload) -> Select[Any]:
    return (
        select(E.c.name, E.c.id_mask, E.c.class_name)
        .join_from(E, P, P.c.id == E.c.person_id)
        .where(absent_from(upload))
        .order_by(E.c.class_name, E.c.id)
    )


def _fate() -> ColumnElement[str]:
    return case((E.c.id.is_(None), "new"), (differs(), "changed"), else_="same").label("fate")


def _pairs() -> list[Any]:
    """What a row says beside what is known; of a 学籍号 no more than whether it differs."""
    said = [c for key in (*TOLD, *MAYBE, "state")
            for c in (E.c[key].label(f"old_{key}"), S.c[key].label(f"new_{key}"))]  # fmt: skip
    return [*said, E.c.left_in.label("old_left_in"), left_in().label("new_left_in"),
            E.c.reg_index.label("old_reg"), S.c.reg_index.label("new_reg"),
            *absences.returned()]  # fmt: skip


def _told(row: Row[Any]) -> Sequence[Change]:
    """Only the columns that a row really changes; of a 学籍号 no more than that."""
    spoken = [k for k in (*MAYBE, "state") if getattr(row, f"new_{k}") is not None]
    told = changes_of(row, (*TOLD, *spoken, "left_in"), NAMES, E.c)
    if row.new_reg is not None and row.old_reg != row.new_reg:
        told.append(Change(_("学籍号"), "", ""))
    if row.new_back is not None:
        told.append(Change(_("复学年月"), *(said(E.c.left_in.type, m and YearMonth(m))
                                        for m in (row.old_back, row.new_back))))  # fmt: skip
    return told
