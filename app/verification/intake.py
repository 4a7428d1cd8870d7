"""Use-cases of a file of suspicious records: staged, taken, dropped.

Every function does its own check of hands and place; the caller commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, false, select

from app.accounts.models import BUREAU_CLERK
from app.kernel import audit, uploads
from app.kernel.db import db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.verification.merging import count_changes, merge
from app.verification.models import CaseUpload, Round, StagedCase
from app.verification.staging import store_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.kernel.actor import Actor

STAGED = StagedCase.__table__


def own(actor: Actor) -> ColumnElement[bool]:
    """The rounds whose files this person may bring in."""
    return Round.bureau_id == actor.org_id if actor.role == BUREAU_CLERK else false()


def rounds_for(actor: Actor) -> Sequence[Round]:
    """Those of them that go on, the latest first."""
    found = select(Round).where(own(actor), Round.state == "running").order_by(Round.id.desc())
    return db.session.scalars(found).all()


def round_for(pk: int, actor: Actor, *, lock: bool = False) -> Round:
    """The round; Refused when it is over, or another bureau's."""
    row = _own_round(pk, actor, lock)
    if row.state != "running":
        raise Refused(_("这一轮核查已经结束，不能再上传；有新的异常数据请另设一轮"))
    return row


def _own_round(pk: int, actor: Actor, lock: bool = False) -> Round:
    found = select(Round).where(Round.id == pk, own(actor))
    if lock:
        found = found.with_for_update(of=Round).execution_options(populate_existing=True)
    row = db.session.scalar(found)
    if row is None:
        raise Refused(_("异常数据由设立这一轮核查的主管部门的经办人上传"))
    return row


def stage(path: Path, file_name: str, of: Round, actor: Actor) -> CaseUpload:
    """The file is read and split to the schools; its good rows wait, no case has been made."""
    upload = CaseUpload(round_id=of.id, round=of, org_path=of.org_path,
                        **uploads.sent(path, file_name, actor))  # fmt: skip
    return uploads.stage(upload, lambda: store_rows(path, upload))


def earlier(upload: CaseUpload) -> CaseUpload | None:
    """The upload that already took the very same file for the round, if there was one."""
    return uploads.earlier(upload, CaseUpload.round_id == upload.round_id)


def take(upload: CaseUpload, actor: Actor, all_or_nothing: bool = False) -> CaseUpload:
    """Every good row is a case at its school, or corrects the one that waits there.

    A fixed number of statements. Refused when the round is over, when rows were refused and the
    person wants all or nothing, or when there is no good row. Files of one round are taken one
    after the other, and never while it is being ended.
    """
    of = round_for(upload.round_id, actor, lock=True)
    uploads.lock_staged(upload)
    uploads.check_takable(upload, all_or_nothing)
    with everyone("每一行的学校在核对文件时已按管辖范围确定"), many_rows(upload.accepted):
        counts = count_changes(upload)
        merge(upload, of)
        uploads.clear(upload, STAGED)
    upload.added, upload.changed, upload.unchanged = counts
    upload.state = "taken"
    db.session.flush()
    audit.record("import_cases", actor=actor, org_path=upload.org_path, digest=upload.sha256,
                 count=upload.added + upload.changed, note=upload.file_name,
                 subject=CaseUpload.__tablename__, subject_id=upload.id)  # fmt: skip
    return upload


def drop(upload: CaseUpload, actor: Actor) -> None:
    """The upload is put aside; no case was made of it."""
    _own_round(upload.round_id, actor)
    uploads.drop(upload, STAGED, actor)
