"""Background work of the lists: big files, and the night's confirmations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.kernel import clock, files
from app.kernel.actor import CLOCK
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.jobs import Done, job, nightly
from app.publicity import following, service  # noqa: F401  (lists follow the registry)
from app.publicity.models import AidList, Upload
from app.publicity.workflow import PUBLICITY

STAGE, TAKE, CONFIRM = "stage_list", "take_list", "confirm_expired"
EXPIRE = "expire_files"


@job(STAGE, _l("读取名单"))
def stage_list(progress: Any, *, list_id: int, sha256: str, file_name: str) -> Done:
    target = db.session.scalar(select(AidList).where(AidList.id == list_id))
    if target is None:
        raise Refused(_("名单已不存在"))
    progress.step(0, 0, _("正在读取和核对每一行"))
    staged = service.stage(files.kept_path(sha256), file_name, target, progress.actor)
    told = _("读完%(n)s行，合格%(good)s行，不合格%(bad)s行", n=staged.row_count,
             good=staged.accepted, bad=staged.rejected)  # fmt: skip
    return Done(told, f"/listgrid/uploads/{staged.id}")


@job(TAKE, _l("写入名单"))
def take_list(progress: Any, *, upload_id: int, all_or_nothing: bool) -> Done:
    staged = db.session.scalar(select(Upload).where(Upload.id == upload_id))
    if staged is None:
        raise Refused(_("这份上传已不存在"))
    progress.step(0, staged.accepted, _("正在写入"))
    target = service.take(staged, progress.actor, all_or_nothing)
    return Done(_("已写入%(n)s行", n=target.line_count), f"/listgrid/show/{target.id}")


@nightly(3, 30, EXPIRE, _l("清理到期的上传文件"))
def expire_files(progress: Any) -> Done:
    """Evidence is kept as long as the settings say, and no longer."""
    n = files.expire()
    progress.step(1, 1)
    return Done(_("清理%(n)s个文件", n=n))


@nightly(0, 5, CONFIRM, _l("到期名单自动确认"))
def confirm_expired(progress: Any) -> Done:
    """Every notice whose five working days are over is confirmed; what cannot be is left."""
    service.firm_up_dates()
    over = (AidList.state == "published") & (AidList.closes_on < clock.today())
    out = PUBLICITY.take("confirm", over, CLOCK)
    progress.step(1, 1)
    return Done(_("确认%(n)s份，%(m)s份未能确认", n=out.moved, m=out.refused_total))
