"""How a sheet of somebody's workbook looks: widths, number formats, merged cells.

Only for looks: what cannot be read here is left out in silence, for the content is read elsewhere.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.sheets import gate
from app.kernel.sheets.coordinates import column_of, named, placed
from app.kernel.sheets.package import SMALL_PART, Package
from app.kernel.sheets.serials import kind_of_format
from app.kernel.sheets.workbook import contents, format_codes

if TYPE_CHECKING:
    from pathlib import Path

    from app.kernel.sheets.declare import Limit

MOST_MERGED, MOST_COLUMNS, WIDEST = 500, 256, 100.0
MARGIN = 0.71
"""What a file's widths have beyond the characters that fit."""
SAMPLE = 1 << 20
"""So many bytes of the rows are looked at for the formats of the first row below the heading."""

_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\br="(\d{1,7})"[^>]*>(.*?)</(?:\w+:)?row>', re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_ATTRIBUTE = re.compile(rb'\b(\w+)="([^"]*)"')
_DECIMAL = re.compile(rb"\d{1,5}(?:\.\d{1,20})?")
_START, _END = re.compile(rb"<(?:\w+:)?sheetData\b"), re.compile(rb"</(?:\w+:)?sheetData>")

Area = tuple[int, int, int, int]


@dataclass
class Manner:
    """Of one sheet; columns and rows count from 0. `formats` are never those of dates."""

    widths: dict[int, float] = field(default_factory=dict)
    formats: dict[int, str] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)


def manners_of(path: Path, limit: Limit, tab: str, bottom: int) -> dict[str, Manner]:
    """By name of the sheet; of `tab`, whose heading ends in row `bottom`, the formats as well."""
    if gate.kind_of(path, limit) != "xlsx":
        return {}
    with suppress(Refused), Package(path, limit) as package:
        book = contents(package)
        codes = format_codes(package)
        return {
            name: _manner(package, part, codes, bottom if name == tab else None)
            for name, _hidden, part in book.sheets
        }
    return {}


def merged_below(path: Path, limit: Limit, tab: str, bottom: int) -> list[str]:
    """The merged cells of that sheet below its heading, as Excel names them: 'G2:G4'."""
    areas = manners_of(path, limit, tab, bottom).get(tab, Manner()).merged
    return [
        f"{named(top + 1, left)}:{named(last + 1, right)}"
        for top, left, last, right in sorted(areas)
        if top >= bottom
    ]


def _manner(package: Package, part: str, codes: list[str], bottom: int | None) -> Manner:
    head, tail = _ends(package, part)
    found = Manner(merged=_merged(tail))
    for seen in _COLUMN.finditer(head):
        said = _attributes(seen[1])
        first, last = (_whole(said, name) for name in (b"min", b"max"))
        for at in range(first - 1, min(last, MOST_COLUMNS)):
            if (wide := _number(said.get(b"width", b""))) > MARGIN:
                found.widths[at] = min(wide - MARGIN, WIDEST)
            _note(found, at, codes, _whole(said, b"style"))
    if bottom is not None:
        _look_below(found, head, codes, bottom)
    return found


def _ends(package: Package, part: str) -> tuple[bytes, bytes]:
    """The part without the bulk of its rows; the end only of a part that is not big."""
    head = b""
    pieces = package.inflate(part)
    for piece in pieces:
        head += piece
        start = _START.search(head)
        if len(head) > (start.end() if start else 0) + SAMPLE:
            break
    if package.parts[part].file_size > SMALL_PART:
        return head, b""
    whole = head + b"".join(pieces)
    end = _END.search(whole)
    return head, whole[end.end() :] if end else b""


def _merged(tail: bytes) -> list[Area]:
    found = []
    for _turn, seen in zip(range(MOST_MERGED), _MERGED.finditer(tail), strict=False):
        (top, left), (bottom, right) = (placed(corner.decode()) for corner in seen.groups())
        if top <= bottom and left <= right < MOST_COLUMNS:
            found.append((top - 1, left, bottom - 1, right))
    return found


def _look_below(found: Manner, head: bytes, codes: list[str], bottom: int) -> None:
    """The formats of the cells in the first row below the heading stand for their columns."""
    row = next((r for r in _ROW.finditer(head) if int(r[1]) > bottom), None)
    for seen in _CELL.finditer(row[2]) if row else ():
        said = _attributes(seen[1])
        name = said.get(b"r", b"").rstrip(b"0123456789").decode("ascii", "replace")
        if name.isalpha() and name.isascii() and len(name) < 4:
            _note(found, column_of(name), codes, _whole(said, b"s"))


def _note(found: Manner, at: int, codes: list[str], style: int) -> None:
    code = codes[style] if 0 < style < len(codes) else ""
    if code and code != "General" and not kind_of_format(0, code):
        found.formats[at] = code


def _attributes(told: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(told))


def _number(told: bytes) -> float:
    return float(told) if _DECIMAL.fullmatch(told) else 0.0


def _whole(said: dict[bytes, bytes], name: bytes) -> int:
    told = said.get(name, b"")
    return int(told) if told.isdigit() and len(told) < 8 else 0
