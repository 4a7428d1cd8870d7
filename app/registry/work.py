"""Background work of the registry: big files."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.kernel import files
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.jobs import Done, job
from app.registry import intake
from app.registry.models import RegistryUpload

STAGE, TAKE = "stage_registry", "take_registry"


@job(STAGE, _l("读取学籍"))
def stage_registry(progress: Any, *, school: str, sha256: str, file_name: str) -> Done:
    progress.step(0, 0, _("正在读取和核对每一行"))
    where = intake.school_for(school, progress.actor)
    staged = intake.stage(files.kept_path(sha256), file_name, where, progress.actor)
    told = _("读完%(n)s行，合格%(good)s行，不合格%(bad)s行", n=staged.row_count,
             good=staged.accepted, bad=staged.rejected)  # fmt: skip
    return Done(told, f"/enrolmentgrid/uploads/{staged.id}")


@job(TAKE, _l("写入学籍"))
def take_registry(progress: Any, *, upload_id: int, all_or_nothing: bool) -> Done:
    staged = db.session.scalar(select(RegistryUpload).where(RegistryUpload.id == upload_id))
    if staged is None:
        raise Refused(_("这份上传已不存在"))
    progress.step(0, staged.accepted, _("正在写入"))
    intake.take(staged, progress.actor, all_or_nothing)
    return Done(told(staged), f"/enrolmentgrid/uploads/{staged.id}")


def told(taken: RegistryUpload) -> str:
    """What became of the rows, in one sentence."""
    return _("学籍已写入：新增%(new)s人，改动%(changed)s人，不变%(same)s人", new=taken.added,
             changed=taken.changed, same=taken.unchanged)  # fmt: skip
