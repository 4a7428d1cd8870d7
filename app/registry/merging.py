"""From staged rows to the enrolments of one school, set against set; no statement a row.

What a row leaves blank stays as it is known; nobody is deleted because a file lacks him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, case, exists, func, insert, literal, null, or_, select, update

from app.kernel.db import db, how_many
from app.kernel.i18n import _l
from app.kernel.legs import legs
from app.registry import absences, persons
from app.registry.models import AT_SCHOOL, STUDYING, Enrolment, Person, StagedEnrolment

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from app.accounts.models import Org
    from app.registry.models import RegistryUpload

S, P, E = (m.__table__ for m in (StagedEnrolment, Person, Enrolment))
COMPARE, REGISTER, CHANGE, ADD, FOLLOW = legs(
    _l("比对学籍"), _l("登记学生"), _l("改动已有的学籍"), _l("写入新增的学籍"),
    _l("核对本校的名单"),
)  # fmt: skip
"""What taking a big file is at."""
TOLD = ("name", "grade", "major", "class_name")
"""Columns that every row tells."""
MAYBE = ("major_code", "enrolled_in")
"""Columns that a row may leave as they are."""


class Changes(NamedTuple):
    """What taking a file does to the registry; `absent` are students it says nothing of."""

    new: int
    changed: int
    same: int
    absent: int


def differs() -> ColumnElement[bool]:
    """The staged row says something else than the enrolment it meets."""
    said = [E.c[k] != S.c[k] for k in TOLD]
    maybe = [and_(S.c[k].is_not(None), E.c[k].is_distinct_from(S.c[k]))
             for k in (*MAYBE, "reg_index")]  # fmt: skip
    moved = and_(S.c.state.is_not(None), E.c.state != S.c.state)
    away = E.c.left_in.is_distinct_from(left_in())
    return or_(*said, *maybe, moved, away, absences.returns_otherwise())


def left_in() -> ColumnElement[Any]:
    """Since when the student is away: who studies is not, of whom nothing is said as before."""
    return case((S.c.state.is_(None), E.c.left_in), (S.c.state.in_(STUDYING), null()),
                else_=S.c.left_in)  # fmt: skip


def met(upload: RegistryUpload, *columns: Any) -> Select[Any]:
    """The upload's staged rows beside the enrolments of the school that they meet, if any."""
    here = and_(E.c.school_id == upload.school_id, E.c.person_id == P.c.id)
    return (
        select(*columns)
        .select_from(S)
        .outerjoin(P, P.c.id_index == S.c.id_index)
        .outerjoin(E, here)
        .where(S.c.upload_id == upload.id)
    )


def count_changes(upload: RegistryUpload) -> Changes:
    """What taking the upload would do. Two statements."""
    known = E.c.id.is_not(None)
    found = met(upload, func.count(), how_many(known), how_many(and_(known, differs())))
    total, old, changed = (int(n or 0) for n in db.session.execute(found).one())
    absent = select(func.count()).select_from(E).where(absent_from(upload))
    return Changes(total - old, changed, old - changed, int(db.session.scalar(absent) or 0))


def absent_from(upload: RegistryUpload) -> ColumnElement[bool]:
    """Students at the school of whom the file says nothing."""
    told = exists().where(S.c.upload_id == upload.id, S.c.id_index == P.c.id_index,
                          P.c.id == E.c.person_id)  # fmt: skip
    return and_(E.c.school_id == upload.school_id, E.c.state.in_(STUDYING), ~told)


def moves(upload: RegistryUpload) -> list[tuple[str, str, int]]:
    """(state before, state after, how many) of the students whose state the upload changes."""
    found = met(upload, E.c.state, S.c.state, func.count()).where(E.c.state != S.c.state)
    grouped = found.group_by(E.c.state, S.c.state).order_by(E.c.state, S.c.state)
    return [(old, new, int(n)) for old, new, n in db.session.execute(grouped)]


def merge(upload: RegistryUpload, school: Org) -> None:
    """The school's enrolments say what the upload says, and so do the months away. Five
    statements."""
    REGISTER.begins()
    persons.register(S, S.c.upload_id == upload.id)
    CHANGE.begins()
    absences.follow(upload)
    db.session.execute(_change_changed(upload))
    ADD.begins()
    _add_new(upload, school)
    absences.begin(E.c.id.in_(met(upload, E.c.id).where(S.c.state.not_in(STUDYING))))


def _change_changed(upload: RegistryUpload) -> Any:
    match = and_(E.c.school_id == upload.school_id, E.c.person_id == P.c.id,
                 P.c.id_index == S.c.id_index, S.c.upload_id == upload.id)  # fmt: skip
    values = {k: S.c[k] for k in (*TOLD, "id_mask")}
    kept = {k: func.coalesce(S.c[k], E.c[k]) for k in (*MAYBE, "reg_no", "reg_index", "state")}
    return update(E).where(match, differs()).values(values | kept | {"left_in": left_in()})


def _add_new(upload: RegistryUpload, school: Org) -> None:
    names = ("school_id", "org_path", "person_id", "state", "major_code", *TOLD, "id_mask",
             "reg_no", "reg_index", "enrolled_in", "left_in")  # fmt: skip
    away = case((S.c.state.in_(STUDYING), null()), else_=S.c.left_in)
    cells = [literal(school.id), literal(school.path), P.c.id,
             func.coalesce(S.c.state, AT_SCHOOL), func.coalesce(S.c.major_code, ""),
             *(S.c[k] for k in names[5:-1]), away]  # fmt: skip
    source = met(upload, *cells).where(E.c.id.is_(None)).order_by(S.c.seq)
    db.session.execute(insert(E).from_select(names, source))
