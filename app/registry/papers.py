"""Workbooks that go out to a school: the empty roll, and its own file with the reasons."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets import hand_back, write_template
from app.kernel.sheets.spooled import spooled
from app.registry.sheets import STUDENTS
from app.registry.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from app.registry.models import RegistryUpload


def template() -> IO[bytes]:
    """The empty roll, ready to be filled in. Whoever sends it closes it."""
    return spooled(lambda out: write_template(out, STUDENTS))


def errors_workbook(upload: RegistryUpload, path: Path) -> IO[bytes]:
    """The file that was uploaded, kept at `path`, every refused cell marked with its reason.

    Refused when the file is no longer kept. Whoever sends the workbook closes it.
    """
    if not path.exists():
        raise Refused(_("原文件已过保存期，请重新上传后再下载错误说明"))
    problems, counts = all_problems(path, upload)
    return spooled(lambda out: hand_back(path, out, STUDENTS, problems, counts))
