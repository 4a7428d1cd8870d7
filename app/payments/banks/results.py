"""A bank's answer, whatever its form, as lines that our books understand."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.iso_results import iso_results
from app.payments.banks.mt940 import mt940_results
from app.payments.banks.reading import ResultReading
from app.payments.banks.table_results import table_results

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks.profile import Profile


def read_results(profile: Profile, path: Path) -> ResultReading:
    """The file's rows as a stream, each a line or a problem.

    Refused when the profile has no result layout or the file is not such a file; a sheet or a
    message that breaks off later is refused while its lines are read.
    """
    layout = profile.results
    if layout is None:
        raise Refused(_("银行模板“%(title)s”没有说明回盘文件的样子", title=profile.title))
    if layout.is_table:
        return ResultReading(table_results(layout, path))
    if layout.container == "mt940":
        return ResultReading(mt940_results(layout, path))
    return ResultReading(iso_results(layout, path))


def file_sha256(path: Path) -> str:
    """By which the same file is known when it comes a second time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
