"""Use-cases of a registry file: staged, taken, dropped.

Every function does its own check of hands and place and then works as the system, on the school
it has just found; the caller commits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, select

from app.accounts.models import BUREAU_CLERK, SCHOOL, SCHOOL_CLERK, Org
from app.kernel import audit, uploads
from app.kernel.db import db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _, listed
from app.kernel.scope import everyone, scope
from app.registry.doubting import count_doubts
from app.registry.merging import COMPARE, FOLLOW, count_changes, merge, moves
from app.registry.models import ENROLMENT_STATES, STUDYING, RegistryUpload, StagedEnrolment
from app.registry.staging import store_rows

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

STAGED = StagedEnrolment.__table__
Follower = Callable[[int], None]
_followers: list[Follower] = []


def follows(follower: Follower) -> Follower:
    """The function hears of every school (its number) whose registry has just changed.

    It runs in the transaction of the change, as the system: rooms above keep in step by it what
    they worked out from the registry.
    """
    _followers.append(follower)
    return follower


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """The schools whose registry this person may load: their own, or those right below them."""
    if actor.role == SCHOOL_CLERK:
        return Org.id == actor.org_id
    if actor.role == BUREAU_CLERK:
        return and_(Org.parent_id == actor.org_id, Org.level == SCHOOL)
    return false()


def schools_for(actor: Actor) -> list[Org]:
    with scope(actor.org_path):
        found = select(Org).where(within_reach(actor), Org.active).order_by(Org.name)
        return list(db.session.scalars(found))


def school_for(code: str | None, actor: Actor) -> Org:
    """The school of a code, None for a school clerk's own; Refused when it is not in reach."""
    return _reached(Org.id == actor.org_id if code is None else Org.code == code, actor)


def _reached(which: ColumnElement[bool], actor: Actor) -> Org:
    with scope(actor.org_path):
        school = db.session.scalar(select(Org).where(which, within_reach(actor), Org.active))
    if school is None:
        raise Refused(_("学籍由学校经办人或直接主管部门的经办人上传，您不能为这所学校上传"))
    return school


def stage(path: Path, file_name: str, school: Org, actor: Actor) -> RegistryUpload:
    """The file is read and checked whole; its good rows wait, the registry has not changed."""
    upload = RegistryUpload(school_id=school.id, org_path=school.path, school=school,
                            **uploads.sent(path, file_name, actor))  # fmt: skip
    return uploads.stage(upload, lambda: store_rows(path, upload))


def earlier(upload: RegistryUpload) -> RegistryUpload | None:
    """The upload that already took the very same file for the school, if there was one."""
    return uploads.earlier(upload, RegistryUpload.school_id == upload.school_id)


def take(upload: RegistryUpload, actor: Actor, all_or_nothing: bool = False) -> RegistryUpload:
    """The school's registry says what the upload's good rows say; who is not in it stays.

    A fixed number of statements. Refused when rows were refused and the person wants all or
    nothing, or there is no good row. Two files of one school are taken one after the other.
    """
    school = _lock(upload, actor)
    uploads.check_takable(upload, all_or_nothing)
    with everyone("人跨学校登记，学籍只写入本校"), many_rows(upload.accepted):
        COMPARE.begins()
        counts, moved, doubts = count_changes(upload), moves(upload), count_doubts(upload)
        merge(upload, school)
        uploads.clear(upload, STAGED)
        FOLLOW.begins()
        for follower in _followers:
            follower(school.id)
    upload.added, upload.changed, upload.unchanged = counts.new, counts.changed, counts.same
    upload.state = "taken"
    db.session.flush()
    _trace(upload, moved, doubts, actor)
    return upload


def drop(upload: RegistryUpload, actor: Actor) -> None:
    """The upload is put aside; nothing of it was written."""
    _reached(Org.id == upload.school_id, actor)
    uploads.drop(upload, STAGED, actor)


def _lock(upload: RegistryUpload, actor: Actor) -> Org:
    school = _reached(Org.id == upload.school_id, actor)
    uploads.lock_staged(upload)
    with scope(actor.org_path):
        db.session.execute(select(Org.id).where(Org.id == school.id).with_for_update(of=Org))
    return school


def _trace(upload: RegistryUpload, moved: list[tuple[str, str, int]], doubts: dict[str, int],
           actor: Actor) -> None:  # fmt: skip
    """Who took which file; in words how many students went from which state to which; and how
    many were renamed, or study at another school as well."""
    told = listed([f"{ENROLMENT_STATES[a]}→{ENROLMENT_STATES[b]} {n}" for a, b, n in moved])
    subject: dict[str, Any] = {"org_path": upload.org_path, "subject": RegistryUpload.__tablename__,
               "subject_id": upload.id}  # fmt: skip
    audit.record("import_registry", actor=actor, count=upload.added + upload.changed,
                 digest=upload.sha256, note=upload.file_name, **subject)  # fmt: skip
    if moved:
        away = sum(n for _old, new, n in moved if new not in STUDYING)
        audit.record("change_states", actor=actor, count=away, note=told, **subject)
    for verb, n in (("change_names", doubts["renamed"]), ("enrol_twice", doubts["elsewhere"])):
        if n:
            audit.record(verb, actor=actor, count=n, **subject)
