"""Workbooks that go out to a school: the empty list, and its own file with the reasons."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets import hand_back, write_template
from app.kernel.sheets.spooled import spooled
from app.publicity.sheets import ENTRIES
from app.publicity.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from app.publicity.models import Upload


def template() -> IO[bytes]:
    """The empty list, ready to be filled in. Whoever sends it closes it."""
    return spooled(lambda out: write_template(out, ENTRIES))


def errors_workbook(upload: Upload, path: Path) -> IO[bytes]:
    """The file that was uploaded, kept at `path`, every refused cell marked with its reason.

    Judged by the rules of now; mended and uploaded, the very same file is read. Refused when the
    file is no longer kept. Whoever sends the workbook closes it.
    """
    if not path.exists():
        raise Refused(_("原文件已过保存期，请重新上传后再下载错误说明"))
    problems, counts = all_problems(path, upload.aid_list)
    return spooled(lambda out: hand_back(path, out, ENTRIES, problems, counts))
