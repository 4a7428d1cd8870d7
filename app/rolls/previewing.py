"""What taking a roll's file would change, and what the registry says of its people; read only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import case, select

from app.kernel.i18n import _, _l
from app.kernel.previewing import Change, Preview, Ranked, beside, changes_of
from app.kernel.scope import everyone
from app.rolls.matching import outcomes
from app.rolls.merging import N, S, absent_from, count_changes, differs, met, mine
from app.rolls.models import STATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from app.rolls.models import RollUpload

NAMES = {
    "name": _l("姓名"), "county": _l("户籍所在县"), "village": _l("乡镇和村（社区）"),
    "household_no": _l("户编号"), "householder": _l("户主姓名"),
}  # fmt: skip


class Compared(NamedTuple):
    """How many of the file's good rows the registry knows and how; `schools` those found are at.
    `settled` rows contradict what somebody has decided on."""

    outcomes: Mapping[str, int]
    schools: int
    settled: int


def preview(upload: RollUpload) -> Preview:
    """Two statements, whatever the size of the file."""
    with everyone("上传的名册由调用方核对过"):
        fate = case((N.c.id.is_(None), "new"), (differs(), "changed"), else_="same").label("fate")
        ranked = Ranked.of(met(upload, S.c.seq, fate))
        rows = met(
            upload, S.c.seq, S.c.name, S.c.id_mask, S.c.county.label("class_name"), *_pairs()
        )
        parts = ranked.first(rows.join(ranked.table, ranked.table.c.seq == S.c.seq), _told)
        gone = (
            select(N.c.name, N.c.id_mask, N.c.county).where(absent_from(upload)).order_by(N.c.seq)
        )
        hint = _("这些人保持不变。不应在名册上的，由复核人剔除并写明理由。")
        absent = beside(gone, "absent", _("名册中已有、文件中没有的人"), hint)
    return Preview(parts, absent)


def compared(upload: RollUpload) -> Compared:
    """Two statements."""
    with everyone("上传的名册由调用方核对过"):
        known, schools = outcomes(S, upload.org_path, mine(upload))
        return Compared(known, schools, count_changes(upload).settled)


def _pairs() -> list[Any]:
    """What a row says beside what is known; an empty cell says nothing."""
    blank = {k: case((S.c[k] == "", N.c[k]), else_=S.c[k]) for k in STATED} | {"name": S.c.name}
    return [
        c for k, new in blank.items() for c in (N.c[k].label(f"old_{k}"), new.label(f"new_{k}"))
    ]


def _told(row: Row[Any]) -> Sequence[Change]:
    return changes_of(row, NAMES, NAMES, N.c)
