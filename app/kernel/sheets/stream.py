"""Reading an .xlsx row by row in little memory, with the type of every cell kept."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from array import array
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.coordinates import column_of
from app.kernel.sheets.package import SMALL_PART, damaged
from app.kernel.sheets.serials import from_serial
from app.kernel.unswept import collection_paused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.sheets.package import Package
    from app.kernel.sheets.workbook import Workbook

    Cells = list[Any]

LAST_ROW = 1 << 20
_DIGITS = "0123456789"
_ROOT = re.compile(rb"<((?:\w+:)?)(?:worksheet|sst)\b([^>]*?)/?>")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Spoiled(str):
    """A cell whose content is an error or a formula nobody has worked out: never a value."""

    __slots__ = ()


class Texts:
    """The shared strings of a workbook: the first ones ready, the rest in two blocks of memory.

    The first are the ones that repeat; one object for each of millions would not be bounded.
    """

    READY = 100_000

    def __init__(self) -> None:
        self.ready: list[str] = []
        self._bytes, self._ends = bytearray(), array("Q", [0])

    def append(self, text: str) -> None:
        if len(self.ready) < self.READY:
            self.ready.append(text)
            return
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def __getitem__(self, at: int) -> str:
        if 0 <= at < len(self.ready):
            return self.ready[at]
        at -= len(self.ready)
        if not 0 <= at < len(self._ends) - 1:
            raise damaged()
        return self._bytes[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")


def pieces(package: Package, part: str, outer: str, inner: str) -> Iterator[bytes]:
    """Small documents that hold every `inner` element of the part once, in order."""
    head = tail = close = rest = b""
    for chunk in package.inflate(part):
        rest += chunk
        if not head:
            opened = _opened(rest, outer)
            if not opened:
                continue
            prefix, declared, rest = opened
            head, tail = b"<%bpiece%b>" % (prefix, declared), b"</%bpiece>" % prefix
            close = b"</%b%b>" % (prefix, inner.encode())
        end = rest.rfind(close) + len(close)
        if end >= len(close):
            yield head + rest[:end] + tail
            rest = rest[end:]
        elif len(rest) > SMALL_PART:
            raise damaged()
    if not head:
        raise damaged()


def _opened(seen: bytes, outer: str) -> tuple[bytes, bytes, bytes] | None:
    """The root's prefix, the name spaces it declares, and what follows the outer tag."""
    root = _ROOT.search(seen)
    start = re.search(rb"<(?:\w+:)?%b\b[^>]*>" % outer.encode(), seen)
    if root and start:
        return root[1], root[2], seen[start.end() :]
    if len(seen) > SMALL_PART:
        raise damaged()
    return None


def _parsed(xml: bytes) -> ET.Element:
    try:
        return ET.fromstring(xml)  # noqa: S314 - no DTD, bounded size
    except ET.ParseError as error:
        raise damaged() from error


def shared_texts(package: Package, part: str | None) -> Texts:
    """The strings that cells refer to by number."""
    texts = Texts()
    if part and part in package.parts:
        for xml in pieces(package, part, "sst", "si"):
            with collection_paused():
                for item in _parsed(xml):
                    texts.append(text_of(item))
    return texts


def text_of(item: ET.Element) -> str:
    """All runs of a string, without the phonetic reading that stands beside it."""
    space = item.tag[: item.tag.find("}") + 1]
    if len(item) == 1 and item[0].tag == space + "t":
        text = item[0].text or ""
    else:
        runs = (run for run in item if run.tag in (space + "t", space + "r"))
        text = "".join(t.text or "" for run in runs for t in run.iter(space + "t"))
    return unescaped(text)


def unescaped(text: str) -> str:
    """Control characters are written _x000D_ in these files."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def too_wide(columns: int) -> Refused:
    return Refused(_("表格超过%(n)s列，不予读取。请删去右边多余的列再上传", n=columns))


class RowReader:
    """Turns the cells of one row into values; blank cells are ''."""

    def __init__(self, texts: Texts, book: Workbook, columns: int) -> None:
        self._texts, self._book, self._columns = texts, book, columns
        self._space: str | None = None
        self._v = self._f = self._is = ""

    def batch(self, xml: bytes, number: int) -> list[tuple[int, Cells]]:
        """(row number, cells) of each row of a small document; `number` is the row before."""
        found = []
        with collection_paused():
            for row in _parsed(xml):
                try:
                    last, number = number, int(row.get("r") or number + 1)
                    if not last < number <= LAST_ROW:
                        raise damaged()
                    found.append((number, self.cells(row)))
                except ValueError as error:
                    raise damaged() from error
        return found

    def cells(self, row: ET.Element) -> Cells:
        """Values from column A on, without the blank ones at the end."""
        space = row.tag[: row.tag.find("}") + 1]
        if space != self._space:
            self._space = space
            self._v, self._f, self._is = space + "v", space + "f", space + "is"
        cells: Cells = []
        at, texts, value_of = -1, self._texts, self._value
        for cell in row:
            name, kind = cell.get("r"), cell.get("t")
            at = column_of(name.rstrip(_DIGITS)) if name else at + 1
            if kind == "s" and len(cell) == 1:
                value = texts[int(cell[0].text or -1)]
            else:
                value = value_of(cell, kind)
            if value != "":
                if at != len(cells):
                    self._widen(cells, at)
                cells.append(value)
        if len(cells) > self._columns:
            raise too_wide(self._columns)
        return cells

    def _widen(self, cells: Cells, at: int) -> None:
        if at < len(cells):
            raise damaged()
        if at >= self._columns:
            raise too_wide(self._columns)
        cells.extend([""] * (at - len(cells)))

    def _value(self, cell: ET.Element, kind: str | None) -> Any:
        text = None
        for child in cell:
            if child.tag == self._v:
                text = child.text
            elif child.tag == self._is:
                return text_of(child)
        if not text:
            return self._unfilled(cell, kind)
        if kind == "s":
            return self._texts[int(text)]
        if kind is None or kind == "n":
            return self._number(float(text), cell.get("s"))
        return self._rarer(kind, text)

    def _unfilled(self, cell: ET.Element, kind: str | None) -> str:
        if kind != "str" and any(child.tag == self._f for child in cell):
            return Spoiled("=")
        return ""

    def _number(self, number: float, style: str | None) -> object:
        kind = self._book.dated(int(style)) if style else ""
        return from_serial(number, kind, epoch_1904=self._book.epoch_1904) if kind else number

    def _rarer(self, kind: str, text: str) -> object:
        if kind == "str":
            return unescaped(text)
        if kind == "b":
            return text == "1"
        if kind == "d":
            return dt.datetime.fromisoformat(text)
        return Spoiled(text)


def rows(
    package: Package, part: str, texts: Texts, book: Workbook, columns: int
) -> Iterator[tuple[int, Cells]]:
    """(row number, cells from column A on) of every row that holds anything."""
    number, reader = 0, RowReader(texts, book, columns)
    for xml in pieces(package, part, "sheetData", "row"):
        batch = reader.batch(xml, number)
        number = batch[-1][0] if batch else number
        yield from batch
