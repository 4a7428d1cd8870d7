"""Workbooks that go out to a school: the empty list, and its own file with the reasons."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets import hand_back, write_template
from app.publicity.sheets import ENTRIES
from app.publicity.staging import all_problems

if TYPE_CHECKING:
    from pathlib import Path

    from app.publicity.models import Upload

IN_MEMORY = 8 << 20
"""A workbook grows beyond this many bytes on disk, not in memory."""


def template() -> IO[bytes]:
    """The empty list, ready to be filled in. Whoever sends it closes it."""
    out = _book()
    write_template(out, ENTRIES)
    return _from_its_start(out)


def errors_workbook(upload: Upload, path: Path) -> IO[bytes]:
    """The file that was uploaded, kept at `path`, every refused cell marked with its reason.

    Judged by the rules of now; mended and uploaded, the very same file is read. Refused when the
    file is no longer kept. Whoever sends the workbook closes it.
    """
    if upload.aid_list is None or not path.exists():
        raise Refused(_("原文件已过保存期,请重新上传后再下载错误说明"))
    problems, counts = all_problems(path, upload.aid_list)
    out = _book()
    hand_back(path, out, ENTRIES, problems, counts)
    return _from_its_start(out)


def _book() -> Any:
    return SpooledTemporaryFile(IN_MEMORY)


def _from_its_start(book: Any) -> IO[bytes]:
    book.seek(0)
    return book  # type: ignore[no-any-return]
