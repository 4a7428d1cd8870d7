"""Reading XML that strangers wrote: as a stream, without DTD, entities or bottomless nesting.

This is the standard library's expat with guards. Any DOCTYPE is refused, so there is nothing
to expand and nothing to fetch; depth and the size of what is held at once are bounded.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from typing import TYPE_CHECKING, BinaryIO
from xml.etree.ElementTree import Element
from xml.parsers import expat

from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 16
# expat itself knows no multi-byte encodings, and Chinese banks declare them.
CHINESE = re.compile(rb"<\?xml[^>]+encoding=[\"'](?:GB2312|GBK|GB18030)[\"']", re.IGNORECASE)
DEEPEST = 60
MOST_NODES = 20_000  # elements held at once; records leave as soon as they are complete
MOST_TEXT = 1 << 20
Piece = tuple[Element, tuple[Element, ...]]


class Reader:
    """Builds the tree, and lets go of every element named in `records` once it is complete."""

    def __init__(self, records: frozenset[str], encoding: str | None) -> None:
        self.records = records
        self.ready: deque[Piece] = deque()
        self.open: list[Element] = []
        self.texts: list[list[str]] = []
        self.nodes = self.size = 0
        self.namespace: str | None = None
        self.parser = expat.ParserCreate(encoding, namespace_separator="}")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_args: object) -> None:
        raise Refused(_("XML 里有 DOCTYPE 声明，为安全起见不予读取"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _mark, local = name.rpartition("}")
        element = Element(local, attributes)
        if self.open:
            self.open[-1].append(element)
        elif self.namespace is None:
            self.namespace = namespace
        self.open.append(element)
        self.texts.append([])
        self.nodes += 1
        if len(self.open) > DEEPEST or self.nodes > MOST_NODES:
            raise Refused(_("XML 的结构异常庞大，不予读取"))

    def _text(self, text: str) -> None:
        self.texts[-1].append(text)
        self.size += len(text)
        if self.size > MOST_TEXT:
            raise Refused(_("XML 的结构异常庞大，不予读取"))

    def _end(self, _name: str) -> None:
        element = self.open.pop()
        element.text = "".join(self.texts.pop()).strip()
        if element.tag not in self.records:
            return
        self.ready.append((element, tuple(self.open)))
        if self.open:
            self.open[-1].remove(element)
        self.nodes -= sum(1 for _node in element.iter())
        self.size = 0


def pieces(path: Path, records: frozenset[str], namespace: str) -> Iterator[Piece]:
    """Each complete record with the elements around it, in the order of the file.

    Refused when the file is not XML, or its message is not the one that was asked for.
    """
    try:
        with path.open("rb") as file:
            chinese = CHINESE.search(file.read(200))
            file.seek(0)
            reader = Reader(records, "utf-8" if chinese else None)
            for block in blocks(file, chinese=bool(chinese)):
                reader.parser.Parse(block, False)
                if reader.namespace is not None and namespace not in reader.namespace:
                    raise Refused(_("不是 %(message)s 报文", message=namespace.strip(":.")))
                while reader.ready:
                    yield reader.ready.popleft()
            reader.parser.Parse(b"", True)
    except (expat.ExpatError, OSError, ValueError):
        raise Refused(_("不是完整的 XML 文件，或者编码与声明不符")) from None


def blocks(file: BinaryIO, *, chinese: bool) -> Iterator[bytes]:
    """The file in blocks; what is declared as GB2312, GBK or GB18030 comes out as UTF-8."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    while block := file.read(BLOCK):
        yield decoder.decode(block).encode() if chinese else block
    if chinese:
        decoder.decode(b"", final=True)
