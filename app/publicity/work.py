"""The files of the lists, and background work: big files, the night's confirmations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.kernel import clock, files, receiving
from app.kernel.actor import CLOCK
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.jobs import Done, nightly
from app.kernel.receiving import FileKind, receive
from app.kernel.types import yuan
from app.publicity import following, service  # noqa: F401  (lists follow the registry)
from app.publicity.models import AidList, StagedLine, Upload
from app.publicity.previewing import preview
from app.publicity.sheets import ENTRIES, RETURNED
from app.publicity.staging import all_problems
from app.publicity.workflow import PUBLICITY

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.kernel.sheets import Counts, Problem

CONFIRM, EXPIRE = "confirm_expired", "expire_files"


def _stage(path: Path, file_name: str, actor: Actor, list_id: int) -> Upload:
    target = db.session.scalar(select(AidList).where(AidList.id == list_id))
    if target is None:
        raise Refused(_("名单已不存在"))
    return service.stage(path, file_name, target, actor)


def _take(upload: Upload, actor: Actor, all_or_nothing: bool) -> Done:
    target = service.take(upload, actor, all_or_nothing)
    told = _("已写入%(n)s行，共%(yuan)s元", n=target.line_count, yuan=yuan(target.total_fen))
    return Done(told, f"/listgrid/show/{target.id}")


def _problems(path: Path, upload: Upload) -> tuple[list[Problem], Counts]:
    return all_problems(path, upload.aid_list)


LISTS = receive(FileKind(
    "list", _l("名单"), RETURNED, Upload, "/listgrid", _stage, _take, service.drop,
    service.earlier, _problems, preview, template=ENTRIES, staged=StagedLine.__table__,
))  # fmt: skip


@nightly(3, 30, EXPIRE, _l("清理到期的上传文件"))
def expire_files(progress: Any) -> Done:
    """Evidence is kept as long as the settings say, and no longer; what nobody takes is let go."""
    n, m = files.expire(), receiving.put_aside_forgotten()
    progress.step(1, 1)
    return Done(_("清理%(n)s个文件，放弃%(m)s份久未写入的上传", n=n, m=m))


@nightly(0, 5, CONFIRM, _l("到期名单自动确认"))
def confirm_expired(progress: Any) -> Done:
    """Every notice whose five working days are over is confirmed; what cannot be is left."""
    service.firm_up_dates()
    over = (AidList.state == "published") & (AidList.closes_on < clock.today())
    out = PUBLICITY.take("confirm", over, CLOCK)
    progress.step(1, 1)
    return Done(_("确认%(n)s份，%(m)s份未能确认", n=out.moved, m=out.refused_total))
