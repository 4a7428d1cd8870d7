"""The room's files: what they are, and the background work that big ones make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.i18n import _, _l
from app.kernel.jobs import Done
from app.kernel.receiving import FileKind, preview_url, receive
from app.verification import intake
from app.verification.models import CaseUpload
from app.verification.previewing import preview
from app.verification.sheets import SUSPECTS
from app.verification.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor


def _stage(path: Path, file_name: str, actor: Actor, round_id: int) -> CaseUpload:
    return intake.stage(path, file_name, intake.round_for(round_id, actor), actor)


def _take(upload: CaseUpload, actor: Actor, all_or_nothing: bool) -> Done:
    """What became of the rows, in one sentence."""
    taken = intake.take(upload, actor, all_or_nothing)
    told = _(
        "异常数据已分到学校：新增%(new)s条，改动%(changed)s条，不变%(same)s条",
        new=taken.added,
        changed=taken.changed,
        same=taken.unchanged,
    )
    return Done(told, preview_url(SUSPECT_FILES, taken))


def _in_reach(actor: Actor) -> ColumnElement[bool]:
    return CaseUpload.round.has(intake.own(actor))


SUSPECT_FILES = receive(FileKind(
    "cases", _l("异常数据"), SUSPECTS, CaseUpload, "/casegrid", _stage, _take, intake.drop,
    intake.earlier, all_problems, preview, _in_reach, staged=intake.STAGED,
))  # fmt: skip
