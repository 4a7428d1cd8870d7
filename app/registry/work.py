"""The registry's files: what they are, and the background work that big ones make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.i18n import _, _l
from app.kernel.jobs import Done
from app.kernel.receiving import FileKind, preview_url, receive
from app.registry import intake
from app.registry.models import RegistryUpload
from app.registry.previewing import preview
from app.registry.sheets import STUDENTS
from app.registry.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor


def _stage(path: Path, file_name: str, actor: Actor, school: str) -> RegistryUpload:
    return intake.stage(path, file_name, intake.school_for(school, actor), actor)


def _take(upload: RegistryUpload, actor: Actor, all_or_nothing: bool) -> Done:
    """What became of the rows, in one sentence."""
    taken = intake.take(upload, actor, all_or_nothing)
    told = _("学籍已写入：新增%(new)s人，改动%(changed)s人，不变%(same)s人", new=taken.added,
             changed=taken.changed, same=taken.unchanged)  # fmt: skip
    return Done(told, preview_url(ROLLS, taken))


def _in_reach(actor: Actor) -> ColumnElement[bool]:
    return RegistryUpload.school.has(intake.within_reach(actor))


ROLLS = receive(FileKind(
    "registry", _l("学籍"), STUDENTS, RegistryUpload, "/enrolmentgrid", _stage, _take, intake.drop,
    intake.earlier, all_problems, preview, _in_reach, staged=intake.STAGED,
))  # fmt: skip
