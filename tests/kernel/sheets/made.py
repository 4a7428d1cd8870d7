"""Sheets and files for the tests of this folder: one small declaration, every kind of dirt."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import xlwt

from app.kernel.sheets import Column, Limit, Sheet, read
from app.kernel.types import Choice, Day, Fen, IdNumber, Month, PersonName, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from app.kernel.sheets import Counts, Reading, Row

GRADES = {"1": "一年级", "2": "二年级", "3": "三年级"}


def months_in_order(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if values["first"] and values["last"] and values["first"] > values["last"]:
        yield "last", "截止年月早于起始年月"


PUPILS = Sheet(
    kind="pupils",
    title="受助名单",
    noun="学生",
    columns=[
        Column(
            "name", "姓名", PersonName(), required=True, synonyms=("学生姓名",), example="林晓燕"
        ),
        Column("id_no", "身份证件号", IdNumber(), required=True, synonyms=("身份证号",)),
        Column("grade", "年级", Choice(GRADES), note="现在所在的年级"),
        Column("first", "起始年月", Month()),
        Column("last", "截止年月", Month()),
        Column("amount", "金额(元)", Fen(), required=True, synonyms=("发放金额",), example=230),
        Column("born", "出生日期", Day()),
        Column("remark", "备注", Text(60)),
    ],
    check=months_in_order,
)
HEADERS = PUPILS.headers()
LIN = ["林晓燕", "350102200812010015", "一年级", "2026-09", "2026-10", 230, "2008-12-01", "住校"]
WANG = ["王伟", "350203200905150027", "二年级", "2026-09", "2026-09", 115.5, "", ""]
NUMERIC_ID = ["陈静", 350102200812010015, "一年级", "2026-09", "2026-09", 230, "", ""]
STREAMED = Limit(held=0)


def workbook(path: Path, *tabs: tuple[str, Iterable[Sequence[Any]]]) -> Path:
    """A workbook saved by another hand than ours."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tabs:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def opened(path: Path) -> Any:
    """The workbook as another program sees it, whatever its name."""
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def pupils(path: Path, *rows: Sequence[Any], headers: Sequence[Any] = HEADERS) -> Path:
    return workbook(path, ("名单", [headers, *rows]))


def taken_in(
    path: Path, sheet: Sheet = PUPILS, limit: Limit | None = None
) -> tuple[Reading, list[Row]]:
    with read(path, sheet, limit) as reading:
        rows = list(reading.rows)
    return reading, rows


def sentences(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [(p.coordinate, p.sentence) for row in rows for p in row.problems]


def fates(counts: Counts) -> tuple[int, int, int, int, int]:
    """Taken, unchanged, refused, blank, other."""
    return counts.taken, counts.unchanged, counts.refused, counts.blank, counts.other


def old_workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook as Excel 97 to 2003 kept them."""
    content, book = io.BytesIO(), xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("名单")
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            sheet.write(number, at, value)
    book.save(content)
    return content.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def bare_parts(rows: str, *, texts: str = "", styles: str = "", root: str = "") -> dict[str, Any]:
    """The parts of the smallest workbook that holds these rows, written by hand."""
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{part}"/>'
        for n, (kind, part) in enumerate(
            [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"),
             ("sharedStrings", "sharedStrings.xml")]
        )
    )  # fmt: skip
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="名单" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": root
        or f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }


def packed(parts: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


def text_cell(name: str, text: str) -> str:
    return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'


def heading_row(number: int = 1) -> str:
    cells = "".join(text_cell(f"{chr(65 + at)}{number}", h) for at, h in enumerate(HEADERS))
    return f'<row r="{number}">{cells}</row>'
