"""Reading with calamine, which is fastest and holds the whole sheet: for sheets small enough."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.kernel.errors import Refused
from app.kernel.sheets.package import damaged, encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# An old .xls may claim any size for its sheets, and a reader that dies of it takes its process
# along. So a child of little memory and time reads such a file first.
_TRIAL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from python_calamine import CalamineWorkbook, PasswordError
try:
    book = CalamineWorkbook.from_path(sys.argv[1])
    for name in book.sheet_names:
        book.get_sheet_by_name(name)
except PasswordError:
    sys.exit(3)
"""
_LOCKED = 3


def try_out(path: Path) -> None:
    """The file can be held; Refused when the trial failed."""
    command = [sys.executable, "-c", _TRIAL, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired as error:
        raise damaged() from error
    if done.returncode == _LOCKED:
        raise encrypted()
    if done.returncode:
        raise damaged()


class Held:
    """A workbook in calamine; a sheet stays in memory until another one is asked for."""

    def __init__(self, path: Path) -> None:
        with plainly():
            self._book = CalamineWorkbook.from_path(path)
        self._name = ""
        self._sheet: CalamineSheet | None = None

    def tabs(self) -> list[tuple[str, bool]]:
        """(name, hidden) of every sheet that holds cells."""
        return [
            (found.name, found.visible != SheetVisibleEnum.Visible)
            for found in self._book.sheets_metadata
            if found.typ == SheetTypeEnum.WorkSheet
        ]

    def sheet(self, name: str) -> CalamineSheet:
        if self._sheet is None or self._name != name:
            self._sheet = None
            with plainly():
                self._sheet = self._book.get_sheet_by_name(name)
            self._name = name
        return self._sheet

    def rows(self, name: str) -> Iterator[tuple[int, list[Any]]]:
        """(row number, cells from column A on); rows between that hold nothing are there too."""
        sheet = self.sheet(name)
        margin = [""] * (sheet.start[1] if sheet.start else 0)
        with plainly():
            if not margin:
                yield from enumerate(sheet.iter_rows(), 1)
            else:
                for number, cells in enumerate(sheet.iter_rows(), 1):
                    yield number, margin + cells

    def close(self) -> None:
        self._sheet = None
        self._book.close()


class GaveUp(Refused):
    """Calamine met something it was not made for, such as a date in the year 300,000."""


@contextmanager
def plainly() -> Iterator[None]:
    """Whatever goes wrong inside calamine is said as a person may hear it."""
    try:
        yield
    except PasswordError as error:
        raise encrypted() from error
    except (CalamineError, OSError, ValueError) as error:
        raise damaged() from error
    except BaseException as error:
        # A panic in compiled code arrives as an exception outside the usual family.
        if type(error).__name__ == "PanicException":
            raise GaveUp(damaged().sentence) from error
        raise
