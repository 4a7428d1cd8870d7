"""The key of a line in a spreadsheet: which list, which line, and that nobody made it up."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from app.kernel import crypto

_PURPOSE = "row key of a list"
_SHAPE = re.compile(r"(\d{1,15})-(\d{1,15})-(\d{1,15})-([A-Z2-7]{12})")


class RowKey(NamedTuple):
    """`horizon`: no line of the list younger than this number had been added by then."""

    list_id: int
    line_id: int
    horizon: int

    def sealed(self, version: int) -> str:
        """As it stands in the sheet. A key filled down, typed over or beside another version does
        not read: its last part is made of all the others."""
        said = f"{self.list_id}-{self.line_id}-{self.horizon}"
        mark = crypto.blind(f"{said}-{version}", _PURPOSE)
        return f"{said}-{base64.b32encode(mark).decode()[:12]}"


def opened(told: str, version: str) -> RowKey | None:
    """The key behind a cell and the cell of its version; None when they do not belong together."""
    found = _SHAPE.fullmatch(told)
    if not found or not (version.isascii() and version.isdecimal() and len(version) < 10):
        return None
    key = RowKey(*map(int, found.groups()[:3]))
    return key if key.sealed(int(version)) == told else None
