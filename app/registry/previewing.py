"""What taking a registry file would change, row by row, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.scope import everyone
from app.registry.merging import (
    MAYBE,
    TOLD,
    Changes,
    absent_from,
    count_changes,
    differs,
    left_in,
    met,
)
from app.registry.models import Enrolment, Person, StagedEnrolment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

    from app.registry.models import RegistryUpload

S, P, E = (m.__table__ for m in (StagedEnrolment, Person, Enrolment))
SHOWN = 20
"""How many rows of each kind stand on the page."""
NAMES = {
    "name": _l("姓名"), "grade": _l("年级"), "major": _l("专业名称"), "class_name": _l("班级"),
    "major_code": _l("专业代码"), "enrolled_in": _l("入学年月"), "state": _l("学籍状态"),
    "left_in": _l("异动年月"), "reg_no": _l("学籍号"),
}  # fmt: skip


class Shown(NamedTuple):
    """One student on the page; `seq` is the row of the file, None for one the file lacks."""

    seq: int | None
    name: str
    id_mask: str
    class_name: str
    changes: Sequence[tuple[Any, str, str]] = ()
    """(column, what is known, what the file says)."""


class Preview(NamedTuple):
    """How many rows of each kind, and the first of them."""

    counts: Changes
    new: list[Shown]
    changed: list[Shown]
    absent: list[Shown]


def preview(upload: RegistryUpload) -> Preview:
    """Five statements, whatever the size of the file."""
    with everyone("上传的学校由调用方核对过"):
        return Preview(count_changes(upload), _new(upload), _changed(upload), _absent(upload))


def _first(source: Select[Any]) -> list[Row[Any]]:
    return list(db.session.execute(source.limit(SHOWN)))


def _new(upload: RegistryUpload) -> list[Shown]:
    found = met(upload, S.c.seq, S.c.name, S.c.id_mask, S.c.class_name).where(E.c.id.is_(None))
    return [Shown(r.seq, r.name, r.id_mask, r.class_name) for r in _first(found.order_by(S.c.seq))]


def _absent(upload: RegistryUpload) -> list[Shown]:
    found = (
        select(E.c.name, E.c.id_mask, E.c.class_name)
        .join_from(E, P, P.c.id == E.c.person_id)
        .where(absent_from(upload))
        .order_by(E.c.class_name, E.c.id)
    )
    return [Shown(None, r.name, r.id_mask, r.class_name) for r in _first(found)]


def _changed(upload: RegistryUpload) -> list[Shown]:
    """Only the columns that a row really changes are told; of a 学籍号 no more than that."""
    pairs: list[Any] = [S.c.seq, S.c.name, S.c.id_mask, S.c.class_name]
    for key in (*TOLD, *MAYBE, "state"):
        pairs += [E.c[key].label(f"old_{key}"), S.c[key].label(f"new_{key}")]
    pairs += [E.c.left_in.label("old_left_in"), left_in().label("new_left_in"),
              E.c.reg_index.label("old_reg"), S.c.reg_index.label("new_reg")]  # fmt: skip
    found = met(upload, *pairs).where(E.c.id.is_not(None), differs()).order_by(S.c.seq)
    return [Shown(r.seq, r.name, r.id_mask, r.class_name, _pairs(r)) for r in _first(found)]


def _pairs(row: Row[Any]) -> list[tuple[Any, str, str]]:
    told = []
    for key in (*TOLD, *MAYBE, "state", "left_in"):
        old, new = getattr(row, f"old_{key}"), getattr(row, f"new_{key}")
        if old != new and (new is not None or key == "left_in"):
            told.append((NAMES[key], _said(key, old), _said(key, new)))
    if row.new_reg is not None and row.old_reg != row.new_reg:
        told.append((NAMES["reg_no"], "", ""))
    return told


def _said(key: str, value: Any) -> str:
    rule: Any = E.c[key].type
    show = getattr(rule, "show", str)
    return "" if value is None else str(show(value))
