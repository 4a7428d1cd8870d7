"""Rows of a registry file that can be taken and yet want a second look at the paper.

An ID number is one human whatever schools know him, so a row may meet him under another name, or
at a school he has not left. Of other schools a reader sees names only where they lie below his own
place: to everybody else it is said that something stands there, never what or where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, case, func, literal, select, union_all
from sqlalchemy.orm import aliased

from app.accounts.models import Org
from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.previewing import Change, Part, Shown
from app.kernel.scope import NOWHERE, within
from app.registry.merging import E, P, S, met
from app.registry.models import AT_SCHOOL, STUDYING, Enrolment

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select, Subquery

    from app.registry.models import RegistryUpload

SHOWN = 100
"""Rows of each kind on the page; who meets more of them has mixed up whole columns."""
NAME = _l("姓名")
KINDS = {
    "renamed": (
        _l("姓名与已登记的不同"), _l("改动"),
        _l("写入后以文件中的姓名为准。请与身份证核对：姓名写错的改文件；不是同一个人的，"
           "是证件号填错了。"),
    ),
    "named_elsewhere": (
        _l("同一证件号，其他学校登记的姓名不同"), _l("其他学校登记的姓名"),
        _l("请与身份证核对姓名和证件号。写入只登记本校，其他学校的学籍不变。"),
    ),
    "elsewhere": (
        _l("目前在其他学校在读"), _l("其他学校"),
        _l("转入的学生：入学年月填转入本校的月份，并请原学校把学籍状态改为“转学”。"
           "没有转学的，请核对证件号；同一学生同月只能列入一所学校的名单。"),
    ),
}  # fmt: skip
"""Each kind of doubt: what it is called, what is told of its rows, what to do."""
O = aliased(Enrolment)  # noqa: E741  (tables by their letters)


def doubtful(upload: RegistryUpload, reader: str | None) -> list[Part]:
    """The kinds of doubt that the file meets, each with its first rows, for somebody at the place
    `reader`. One statement."""
    found = _found(upload, reader or NOWHERE)
    turn = func.row_number().over(partition_by=found.c.code, order_by=found.c.seq).label("turn")
    ranked = select(found, turn, func.count().over(partition_by=found.c.code).label("n")).subquery()
    rows = select(ranked).where(ranked.c.turn <= SHOWN).order_by(ranked.c.seq)
    met_with: dict[str, list[Row[Any]]] = {code: [] for code in KINDS}
    for row in db.session.execute(rows):
        met_with[row.code].append(row)
    return [_part(code, rows) for code, rows in met_with.items() if rows]


def count_doubts(upload: RegistryUpload) -> dict[str, int]:
    """How many rows there are of each kind of doubt. One statement."""
    found = _found(upload, NOWHERE)
    counted = select(found.c.code, func.count()).group_by(found.c.code)
    return dict.fromkeys(KINDS, 0) | {code: int(n) for code, n in db.session.execute(counted)}


def _part(code: str, rows: list[Row[Any]]) -> Part:
    label, told, hint = KINDS[code]
    shown = [Shown(r.seq, r.name, r.id_mask, r.class_name, _told(r)) for r in rows]
    return Part(code, label, rows[0].n, shown, hint, told)


def _told(row: Row[Any]) -> list[Change]:
    """The name known at the school itself; of other schools what the reader may see."""
    if row.code == "renamed":
        return [Change(NAME, row.old, row.name)]
    return [Change(row.school, row.old or "", row.name if row.old else "")] if row.school else []


def _found(upload: RegistryUpload, reader: str) -> Subquery:
    """(code, seq, name, id_mask, class_name, old name, other school) of each doubt, once a row."""
    nothing = literal(None, String)
    renamed = _doubt(upload, "renamed", E.c.name, nothing).where(E.c.name != S.c.name)
    stays = func.coalesce(S.c.state, E.c.state, AT_SCHOOL).in_(STUDYING)
    both = and_(O.state.in_(STUDYING), stays)
    return union_all(
        renamed,
        _elsewhere(upload, reader, "named_elsewhere", O.name, O.name != S.c.name),
        _elsewhere(upload, reader, "elsewhere", nothing, both),
    ).subquery()


def _doubt(upload: RegistryUpload, code: str, old: Any, school: Any) -> Select[Any]:
    return met(upload, literal(code).label("code"), S.c.seq, S.c.name, S.c.id_mask,
               S.c.class_name, old.label("old"), school.label("school"))  # fmt: skip


def _elsewhere(upload: RegistryUpload, reader: str, code: str, old: Any,
               doubt: ColumnElement[bool]) -> Select[Any]:  # fmt: skip
    """The rows whose person stands at other schools like that; of several schools the one that
    the reader may see counts."""
    seen = within(O, reader)
    nearest = func.row_number().over(
        partition_by=S.c.seq, order_by=(case((seen, 0), else_=1), O.id.desc())
    )  # fmt: skip
    rows = (
        _doubt(upload, code, case((seen, old)), case((seen, Org.name)))
        .add_columns(nearest.label("nearest"))
        .join(O, and_(O.person_id == P.c.id, O.school_id != upload.school_id))
        .join(Org, Org.id == O.school_id)
        .where(doubt)
        .subquery()
    )
    return select(*list(rows.c)[:-1]).where(rows.c.nearest == 1)
