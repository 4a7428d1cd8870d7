"""A roll's files: what they are, and the background work that big ones make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.i18n import _, _l
from app.kernel.jobs import Done
from app.kernel.receiving import FileKind, preview_url, receive
from app.rolls import intake
from app.rolls.models import RollUpload
from app.rolls.previewing import preview
from app.rolls.sheets import ENTRIES
from app.rolls.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor


def _stage(path: Path, file_name: str, actor: Actor, roll_id: int) -> RollUpload:
    return intake.stage(path, file_name, intake.roll_for(roll_id, actor), actor)


def _take(upload: RollUpload, actor: Actor, all_or_nothing: bool) -> Done:
    """What became of the rows, in one sentence."""
    found = intake.take(upload, actor, all_or_nothing)
    told = _("名册已写入：新增%(new)s人，改动%(changed)s人，不变%(same)s人；%(found)s人交学校核实",
             new=upload.added, changed=upload.changed, same=upload.unchanged,
             found=found)  # fmt: skip
    return Done(told, preview_url(FILES, upload))


def _in_reach(actor: Actor) -> ColumnElement[bool]:
    return RollUpload.roll.has(intake.within_reach(actor))


FILES = receive(FileKind(
    "roll", _l("名册"), ENTRIES, RollUpload, "/rollgrid", _stage, _take, intake.drop,
    intake.earlier, all_problems, preview, _in_reach, staged=intake.STAGED,
))  # fmt: skip
