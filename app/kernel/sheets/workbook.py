"""The table of contents of an .xlsx: its sheets, which are hidden, which formats mean a date."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel.sheets.package import damaged
from app.kernel.sheets.serials import Kind, kind_of_format

if TYPE_CHECKING:
    from app.kernel.sheets.package import Package

BOOK = "xl/workbook.xml"


@dataclass
class Workbook:
    """`sheets`: (name, hidden, part). `kinds`: for each cell style, what its numbers are."""

    sheets: list[tuple[str, bool, str]] = field(default_factory=list)
    texts: str | None = None
    epoch_1904: bool = False
    kinds: list[Kind] = field(default_factory=list)

    def dated(self, style: int) -> Kind:
        return self.kinds[style] if 0 <= style < len(self.kinds) else ""


def contents(package: Package) -> Workbook:
    """What the workbook says of itself; Refused when it contradicts its own parts."""
    tree = _tree(package, BOOK)
    parts = _relations(package)
    book = Workbook()
    for node in tree.iter():
        local = node.tag.rpartition("}")[2]
        if local == "sheet":
            _add_sheet(book, node, parts, package)
        elif local == "workbookPr":
            book.epoch_1904 = node.get("date1904") in ("1", "true")
    book.texts = _of_type(parts, "sharedStrings")
    style = _of_type(parts, "styles")
    if style and style in package.parts:
        book.kinds = _kinds(_tree(package, style))
    return book


def _add_sheet(
    book: Workbook, node: ET.Element, parts: dict[str, tuple[str, str]], package: Package
) -> None:
    reference = next((v for k, v in node.attrib.items() if k.endswith("}id")), "")
    kind, part = parts.get(reference, ("", ""))
    if kind == "worksheet":
        if part not in package.parts:
            raise damaged()
        hidden = node.get("state", "visible") != "visible"
        book.sheets.append((node.get("name", ""), hidden, part))


def _relations(package: Package) -> dict[str, tuple[str, str]]:
    """Reference -> (last word of its type, part)."""
    name = "xl/_rels/workbook.xml.rels"
    if name not in package.parts:
        raise damaged()
    found = {}
    for node in _tree(package, name):
        target = posixpath.normpath(posixpath.join("/xl", node.get("Target", "")))
        kind = node.get("Type", "").rpartition("/")[2]
        found[node.get("Id", "")] = (kind, target.lstrip("/"))
    return found


def _of_type(parts: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((part for found, part in parts.values() if found == kind), None)


def _kinds(tree: ET.Element) -> list[Kind]:
    space = tree.tag[: tree.tag.find("}") + 1]
    codes = {
        node.get("numFmtId"): node.get("formatCode", "") for node in tree.iter(space + "numFmt")
    }
    formats = tree.find(space + "cellXfs")
    numbers = [node.get("numFmtId", "0") for node in formats] if formats is not None else []
    return [kind_of_format(int(number), codes.get(number)) for number in numbers]


BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 37: "#,##0;(#,##0)", 38: "#,##0;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Formats every spreadsheet has by number alone; those of dates left out."""


def format_codes(package: Package) -> list[str]:
    """For each cell style its number format; '' where it is a date's, or none."""
    style = _of_type(_relations(package), "styles")
    if not style or style not in package.parts:
        return []
    tree = _tree(package, style)
    space = tree.tag[: tree.tag.find("}") + 1]
    own = {node.get("numFmtId"): node.get("formatCode", "") for node in tree.iter(space + "numFmt")}
    formats = tree.find(space + "cellXfs")
    numbers = [node.get("numFmtId", "0") for node in formats] if formats is not None else []
    return [own.get(n) or BUILT_IN.get(int(n) if n.isdecimal() else 0, "") for n in numbers]


def _tree(package: Package, part: str) -> ET.Element:
    try:
        return ET.fromstring(package.whole(part))  # noqa: S314 - no DTD, bounded size
    except ET.ParseError as error:
        raise damaged() from error
