"""A first pass over every part of an .xlsx: what is refused, and which reader may have it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.package import SMALL_PART, damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.kernel.sheets.declare import Limit
    from app.kernel.sheets.package import Package

# A reader that holds the sheet allots rows x columns at once, whatever the cells in between: one
# cell named XFD1048576 would take all memory. It only ever gets sheets within A1:AZ99999.
_BEYOND = re.compile(rb"r\s*=\s*[\"'](?:[A-Za-z]{3}|[B-Zb-z][A-Za-z]|[A-Za-z]{0,2}\d{6})")
_NOT_NEAR = re.compile(rb"r[=\s](?!\"A?[A-Z]?\d{1,5}\")")
"""What may be such a cell: nearly all cells are plainly none, and this passes them by."""
_ROWS = re.compile(rb"row\s[^<>]*?\br=\"(\d+)\"")
_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_UNCOUNTED = re.compile(
    rb"</(?:\w+:)?f>\s*(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></)|<(?:\w+:)?f[^>]*/>\s*</(?:\w+:)?c>"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)")
_LITERAL = re.compile(rb'"[^"]*"')
_CALL = re.compile(rb"\w\|[^|]*!")


@dataclass
class Survey:
    """What the pass found: rows of each part, and whether only the streaming reader may read."""

    rows: dict[str, int] = field(default_factory=dict)
    stream: bool = False


def survey(package: Package, limit: Limit) -> Survey:
    """Everything a hostile or damaged workbook is refused for has been looked for."""
    refuse_parts(package.parts)
    found = Survey()
    for name, info in package.parts.items():
        found.stream = found.stream or info.file_size > limit.held
        last = 0
        for piece in _whole_tags(package.inflate(name)):
            last = _look(piece, found, last)
        found.rows[name] = last
    return found


def refuse_parts(names: Iterable[str]) -> None:
    """Known by its parts: no workbook, one that runs programs, or one that reaches out."""
    known = {name.lower() for name in names}
    if any("vbaproject" in name or "macrosheets/" in name for name in known):
        raise Refused(_("文件带有宏，不能上传。请另存为不带宏的“Excel 工作簿（*.xlsx）”"))
    if "xl/workbook.bin" in known:
        raise Refused(_("这是二进制工作簿（xlsb）。请另存为“Excel 工作簿（*.xlsx）”再上传"))
    if "content.xml" in known and "mimetype" in known:
        raise Refused(_("这是 OpenDocument 表格（ods）。请另存为“Excel 工作簿（*.xlsx）”再上传"))
    if "xl/workbook.xml" not in known:
        raise not_a_workbook()
    if any(name.startswith("xl/externallinks/") or name == "xl/connections.xml" for name in known):
        raise Refused(
            _("文件里有指向其他文件的链接。请在 Excel 的“数据→编辑链接”中断开链接后再上传")
        )


def not_a_workbook() -> Refused:
    return Refused(_("这不是电子表格文件。请上传 xlsx、xls 或 csv 文件"))


def calls_out() -> Refused:
    return Refused(_("文件里有会启动外部程序的公式，不能上传。请把公式粘贴为数值"))


def _whole_tags(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes cut only after a '>', so that no tag lies across two pieces."""
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b">") + 1
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > SMALL_PART:
            raise damaged()
    yield rest


def _look(piece: bytes, found: Survey, last: int) -> int:
    """The greatest row number so far; notes what only the streaming reader reads rightly."""
    if b"!" in piece:
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            raise damaged()
        if b"|" in piece and any(map(_calls, _FORMULA.findall(piece))):
            raise calls_out()
    if not found.stream:
        found.stream = _only_streamed(piece)
    if b"=" not in piece:
        return last  # the words of the sheets, which fill parts of their own
    for number in map(int, _ROWS.findall(piece)):
        if number <= last:
            raise damaged()
        last = number
    return last


def _calls(formula: bytes) -> bool:
    """The formula asks another program for data: program|topic!item, outside any quoted text."""
    if b"|" not in formula:
        return False
    return _CALL.search(_LITERAL.sub(b"", formula.replace(b"&quot;", b'"'))) is not None


def _only_streamed(piece: bytes) -> bool:
    """Cells far out, error values and formulas without a result, which the other reader drops."""
    near = _NOT_NEAR.finditer(piece) if b"=" in piece else ()
    if any(_lies_beyond(piece, found.start()) for found in near):
        return True
    # One letter is sought ten times as fast as two, and cells of words and numbers have neither.
    if b"e" in piece and b'"e"' in piece and _ERROR.search(piece):
        return True
    return b"f" in piece and b"f>" in piece and _UNCOUNTED.search(piece) is not None


def _lies_beyond(piece: bytes, at: int) -> bool:
    return piece[at - 1] in b" \t\r\n" and _BEYOND.match(piece, at) is not None
