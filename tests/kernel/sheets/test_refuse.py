"""Enemies and mistakes: each is refused in a sentence, soon, and leaves nothing behind."""

from __future__ import annotations

import io
import struct
import tempfile
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from app.kernel.errors import Refused
from app.kernel.sheets import Limit, read
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    PUPILS,
    STREAMED,
    bare_parts,
    heading_row,
    old_workbook,
    packed,
    pupils,
    taken_in,
    text_cell,
    workbook,
)

if TYPE_CHECKING:
    from pathlib import Path

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
SOON = 8.0


@pytest.fixture
def refuse(tmp_path, monkeypatch):
    """Reads the bytes to the end; gives the sentence they are refused with."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def refuse(content: bytes, limit: Limit | None = None) -> str:
        path = tmp_path / "upload"
        path.write_bytes(content)
        start = time.monotonic()
        with pytest.raises(Refused) as refusal, read(path, PUPILS, limit) as reading:
            list(reading.rows)
        assert time.monotonic() - start < SOON
        assert list(scratch.iterdir()) == []
        return refusal.value.sentence

    return refuse


def good_bytes(tmp_path: Path) -> bytes:
    return pupils(tmp_path / "good", LIN).read_bytes()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, part)
    return whole.getvalue()


def test_an_honest_file_passes_the_same_gate(tmp_path):
    assert taken_in(pupils(tmp_path / "good", LIN))[0].counts.taken == 1


@pytest.mark.parametrize("limit", [None, STREAMED])
def test_a_workbook_written_by_hand_passes_it_too(tmp_path, limit):
    name = f'<row r="2">{text_cell("A2", "林晓燕")}</row>'
    (tmp_path / "f").write_bytes(packed(bare_parts(heading_row() + name)))
    reading, [row] = taken_in(tmp_path / "f", limit=limit)
    assert row.values["name"] == "林晓燕"
    assert reading.reader == ("held" if limit is None else "stream")


def test_an_empty_file(refuse):
    assert "空" in refuse(b"")


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n", b"Rar!\x1a\x07", b"\x00\x01\x02" * 99,
     b"\xff\xd8\xff\xe0 JFIF", packed({"word/document.xml": "<w/>"}), b"\x80\x81" * 50],
)  # fmt: skip
def test_what_is_no_table_at_all(refuse, content):
    assert "xlsx、xls 或 csv" in refuse(content)


def test_a_table_of_another_office_is_told_what_to_save_it_as(refuse):
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    assert "另存为" in refuse(packed({"mimetype": kind, "content.xml": "<x/>"}))


@pytest.mark.parametrize(
    "content",
    [b"<html><body><table><tr><td>1", b"\xef\xbb\xbf<!DOCTYPE html><p>", b"<meta name=x><table>",
     b"MIME-Version: 1.0\r\nX-Document-Type: Workbook"],
)  # fmt: skip
def test_a_web_page_named_xls(refuse, content):
    assert "HTML" in refuse(content)


def test_an_xml_spreadsheet_named_xls(refuse):
    head = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    assert "XML" in refuse(head)


@pytest.mark.parametrize("keep", [30, 0.3, 0.7, 0.99])
def test_a_truncated_workbook(refuse, tmp_path, keep):
    content = good_bytes(tmp_path)
    size = keep if keep > 1 else int(len(content) * keep)
    assert "损坏" in refuse(content[:size])


def test_a_workbook_with_a_broken_part(refuse, tmp_path):
    content = bytearray(good_bytes(tmp_path))
    at = content.find(b"xl/worksheets/sheet1.xml") + 60
    content[at : at + 8] = b"\xff" * 8
    assert "损坏" in refuse(bytes(content))


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"])
def test_a_workbook_with_macros(refuse, tmp_path, part):
    assert "宏" in refuse(with_part(good_bytes(tmp_path), part, b"x"))


def test_an_old_workbook_with_macros(refuse):
    assert "宏" in refuse(OLE + bytes(504) + "Workbook_VBA_PROJECT".encode("utf-16-le"))


def test_an_encrypted_workbook(refuse):
    assert "密码" in refuse(OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le"))


def test_an_old_document_that_is_no_workbook(refuse):
    assert "不是电子表格" in refuse(OLE + bytes(504) + "WordDocument".encode("utf-16-le"))


def test_an_old_workbook_that_kills_its_reader(refuse):
    content = bytearray(old_workbook([HEADERS, *[LIN] * 50]))
    for at in range(512, len(content), 7):
        content[at] ^= 0x5A
    whole = bytes(content) + "Workbook".encode("utf-16-le")
    assert "损坏" in refuse(whole)


@pytest.mark.parametrize("part", ["xl/externalLinks/externalLink1.xml", "xl/connections.xml"])
def test_a_workbook_that_reaches_out(refuse, tmp_path, part):
    assert "链接" in refuse(with_part(good_bytes(tmp_path), part, b"<x/>"))


def test_a_formula_that_starts_a_program(refuse):
    call = "<c r=\"A2\"><f>cmd|'/c calc'!A0</f><v>0</v></c>"
    assert "外部程序" in refuse(packed(bare_parts(heading_row() + f'<row r="2">{call}</row>')))


def test_a_formula_with_a_bar_in_its_text_is_no_such_thing(tmp_path):
    harmless = '<c r="H2" t="str"><f>IF(A1=&quot;a|b&quot;,Sheet2!B1,"c|d")</f><v>x</v></c>'
    row = f'<row r="2">{text_cell("A2", "林晓燕")}{harmless}</row>'
    (tmp_path / "f").write_bytes(packed(bare_parts(heading_row() + row)))
    assert taken_in(tmp_path / "f")[1][0].values["remark"] == "x"


def test_separated_values_that_start_a_program(refuse):
    assert "外部程序" in refuse("姓名,备注\n张三,=cmd|' /C calc'!A0\n".encode())


@pytest.mark.parametrize("size", [200 << 20, 2 << 30])
def test_a_zip_bomb_that_declares_itself(refuse, size):
    content = bytearray(packed(bare_parts("") | {"xl/worksheets/sheet1.xml": b" " * (20 << 20)}))
    at = content.find(b"PK\x01\x02")
    while content[at + 46 : at + 70] != b"xl/worksheets/sheet1.xml":
        at = content.find(b"PK\x01\x02", at + 4)
    struct.pack_into("<L", content, at + 24, size)
    assert "过大" in refuse(bytes(content))


def test_a_zip_bomb_that_lies_about_its_size(refuse):
    parts = bare_parts("") | {"xl/worksheets/sheet1.xml": b" " * (64 << 20)}
    content = bytearray(packed(parts))
    at = content.find(b"PK\x01\x02")
    while content[at + 46 : at + 70] != b"xl/worksheets/sheet1.xml":
        at = content.find(b"PK\x01\x02", at + 4)
    struct.pack_into("<L", content, at + 24, 1000)
    assert "损坏" in refuse(bytes(content))


def test_a_great_many_parts(refuse):
    parts = {f"xl/junk{n}.xml": b"" for n in range(4_000)}
    assert "结构异常" in refuse(packed(bare_parts("") | parts))


def test_two_parts_of_one_name(refuse, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        content = with_part(good_bytes(tmp_path), "xl/workbook.xml", b"<x/>")
    assert "结构异常" in refuse(content)


def test_a_definition_that_multiplies_itself(refuse):
    laugh = '<!DOCTYPE x [<!ENTITY a "ha">]><worksheet><sheetData/></worksheet>'
    assert "损坏" in refuse(packed(bare_parts("", root=laugh)))


def test_ten_thousand_columns(refuse, tmp_path):
    path = workbook(tmp_path / "f", ("a", [[*HEADERS, *range(10_000)], LIN]))
    assert "超过256列" in refuse(path.read_bytes())
    assert "超过256列" in refuse((",".join([*HEADERS, *map(str, range(9_000))]) + "\n").encode())


def test_one_cell_at_the_far_corner_takes_no_memory(refuse):
    far = f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>'
    assert "超过256列" in refuse(packed(bare_parts(heading_row() + far)))


@pytest.mark.parametrize(
    "row",
    ['<row r="99999999999">{}</row>', '<row r="0">{}</row>', '<row r="x">{}</row>',
     '<row r="-3">{}</row>'],
)  # fmt: skip
def test_row_numbers_that_no_sheet_has(refuse, row):
    cell = '<c r="A99999999999" t="inlineStr"><is><t>x</t></is></c>'
    assert refuse(packed(bare_parts(heading_row() + row.format(cell))))


@pytest.mark.parametrize("name", ["AAAAAAAA1", "aaaaaaa1", "XFD99999999", "A&#49;"])
def test_cells_that_no_sheet_has(refuse, name):
    row = f'<row r="2">{text_cell(name, "x")}</row>'
    assert refuse(packed(bare_parts(heading_row() + row)))


def test_rows_out_of_order_are_refused_so_that_none_hides_another(refuse):
    twice = "".join(f'<row r="2">{text_cell("A2", name)}</row>' for name in ("甲", "乙"))
    assert "损坏" in refuse(packed(bare_parts(heading_row() + twice)))


def test_a_text_that_is_not_in_the_table_of_texts(refuse):
    row = heading_row() + '<row r="2"><c r="A2" t="s"><v>7</v></c></row>'
    assert "损坏" in refuse(packed(bare_parts(row)))
    assert "损坏" in refuse(packed(bare_parts(row)), Limit(held=0))


def test_a_part_that_is_not_there(refuse):
    parts = bare_parts("")
    del parts["xl/worksheets/sheet1.xml"]
    assert "损坏" in refuse(packed(parts))


def test_a_line_without_end(refuse):
    assert refuse(b"a," * (3 << 20))
