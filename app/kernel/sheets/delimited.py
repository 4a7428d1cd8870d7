"""Reading separated values: the separator is the one under which the heading is found."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.stream import too_wide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEPARATORS = ",\t;"


def rows(
    path: Path, encoding: str, separator: str, columns: int
) -> Iterator[tuple[int, list[Any]]]:
    """(row number as Excel would number it, cells); Refused when quotes do not pair."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        number = 0
        try:
            for number, cells in enumerate(reader, 1):
                if len(cells) > columns and any(cells[columns:]):
                    raise too_wide(columns)
                yield number, cells
        except csv.Error as error:
            raise _unpaired(number + 1) from error


def _unpaired(row: int) -> Refused:
    return Refused(
        _(
            "第%(row)s行的引号不成对，后面的内容无法分列。请用 Excel 打开，另存为 xlsx 再上传",
            row=row,
        )
    )
