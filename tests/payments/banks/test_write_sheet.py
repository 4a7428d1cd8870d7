"""Sheets: what a bank's importer reads, cell by cell."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from app.payments.banks import write_package
from app.payments.banks.sheet_body import number_of_fen
from tests.payments.banks.cast import RUN, line, lines, only_file, profile

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks import PayLine

CCB = ("序号", "账号", "户名", "金额", "跨行标识", "行名", "联行行号", "摘要", "备注")
PEOPLE = [
    line(1, holder_name="=1+1", fen=115050),
    line(2, same_bank=False, bank_name="海峡银行", cnaps="313391080007", fen=1),
    line(3, purpose=" <9月>&“助学” _x0041_ ", fen=100000000),
]


def cells(path: Path) -> list[list[tuple[Any, str, str]]]:
    """Value, type and number format of every cell, as a person's spreadsheet would read them."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[(c.value, c.data_type, c.number_format) for c in row] for row in sheet.iter_rows()]


def test_accounts_are_text_amounts_are_numbers_and_nothing_is_a_formula(tmp_path: Path) -> None:
    write_package(profile("ccb_xlsx"), PEOPLE, tmp_path, RUN)
    titles, first, second, third = cells(only_file(tmp_path))
    assert tuple(value for value, _type, _format in titles) == CCB
    assert first[1] == ("6212841234567800001", "s", "@")
    assert first[2] == ("=1+1", "s", "@")
    assert first[3] == (1150.5, "n", "0.00")
    assert [value for value, _t, _f in first[4:7]] == ["0", None, None]
    assert [value for value, _t, _f in second[3:7]] == [0.01, "1", "海峡银行", "313391080007"]
    assert third[7][0] == " <9月>&“助学” _x0041_ "


def plain_xlsxwriter(people: list[PayLine]) -> io.BytesIO:
    """The same cells by the library alone, in the mode that banks can read."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    text, money, whole = (book.add_format({"num_format": f}) for f in ("@", "0.00", "0"))
    sheet = book.add_worksheet("Sheet1")
    for place, title in enumerate(CCB):
        sheet.write_string(0, place, title)
    for row, p in enumerate(people, 1):
        bank = [(4, "0")] if p.same_bank else [(4, "1"), (5, p.bank_name), (6, str(p.cnaps))]
        sheet.write_number(row, 0, p.seq, whole)
        sheet.write_number(row, 3, p.fen / 100, money)
        for place, value in [(1, p.card_no), (2, p.holder_name), *bank, (7, p.purpose), (8, p.ref)]:
            sheet.write_string(row, place, value, text)
    book.close()
    return out


def test_our_rows_are_the_librarys_rows(tmp_path: Path) -> None:
    write_package(profile("ccb_xlsx"), PEOPLE, tmp_path / "ours", RUN)
    (tmp_path / "theirs.xlsx").write_bytes(plain_xlsxwriter(PEOPLE).getvalue())
    assert cells(only_file(tmp_path / "ours")) == cells(tmp_path / "theirs.xlsx")


def test_strings_are_shared_counted_and_never_empty(tmp_path: Path) -> None:
    write_package(profile("icbc_batch_xlsx"), lines(30), tmp_path, RUN)
    with zipfile.ZipFile(only_file(tmp_path)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        table = book.read("xl/sharedStrings.xml").decode()
        assert {i.date_time for i in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2026-09-01T00:00:00Z" in book.read("docProps/core.xml").decode()
    assert "inlineStr" not in sheet
    assert not re.search("<c [^>]*(/>|></c>)", sheet)
    assert '<dimension ref="A1:S31"/>' in sheet
    used, distinct = re.search(r' count="(\d+)" uniqueCount="(\d+)"', table).groups()
    assert int(used) == sheet.count(' t="s"')
    assert int(distinct) == table.count("<si>")
    assert "<t></t>" not in table


@pytest.mark.parametrize("fen", [1, 10, 99, 100, 101, 115050, 29, 57, 999_999_999_999, 10**13 + 7])
def test_a_number_is_written_as_the_library_would(fen: int) -> None:
    assert number_of_fen(fen) == f"{fen / 100:.16G}"


@pytest.mark.parametrize("name", ["icbc_batch_xlsx", "icbc_payroll_xls", "ccb_xlsx"])
def test_two_exports_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    for folder in ("first", "second"):
        write_package(profile(name), iter(lines(40)), tmp_path / folder, RUN)
    first, second = only_file(tmp_path / "first"), only_file(tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()


def test_an_old_sheet_opens_with_text_accounts_and_number_amounts(tmp_path: Path) -> None:
    people = [line(1, holder_name="=1+1"), line(2, fen=1)]
    write_package(profile("icbc_payroll_xls"), people, tmp_path, RUN)
    book = CalamineWorkbook.from_path(str(only_file(tmp_path)))
    assert book.get_sheet_by_index(0).to_python() == [
        ["账号", "户名", "金额"],
        ["6212841234567800001", "=1+1", 1150],
        ["6212841234567800002", "买买提·艾力", 0.01],
    ]


def test_head_and_trailer_are_rows_around_the_details(tmp_path: Path) -> None:
    framed = profile(
        "ccb_xlsx",
        head=[[{"source": "run_no"}, {"source": "count"}, {"source": "sum"}]],
        trailer=[[{"source": "constant", "constant": "合计"}, {"source": "sum"}]],
    )
    write_package(framed, lines(2), tmp_path, RUN)
    top, _titles, *_details, bottom = cells(only_file(tmp_path))
    assert [value for value, _t, _f in top[:3]] == ["R12", 2, 2300]
    assert [value for value, _t, _f in bottom[:2]] == ["合计", 2300]


def test_icbc_columns_and_values(tmp_path: Path) -> None:
    people = [line(1), line(2, same_bank=False)]
    run = replace(RUN, extra={"area_code": "1402"})
    write_package(profile("icbc_batch_xlsx"), people, tmp_path, run)
    titles, first, second = ([value for value, _t, _f in row] for row in cells(only_file(tmp_path)))
    told = dict(zip(titles, first, strict=True))
    assert len(titles) == 19
    assert (told["币种"], told["日期"], told["顺序号"]) == ("RMB", "20260901", "1")
    assert (told["收款账号地区码"], second[10]) == ("1402", "0000")
    assert (told["自定义序号"], told["金额"]) == ("R12-000001-1", 1150)


def test_a_sheet_takes_any_character_its_bank_takes(tmp_path: Path) -> None:
    people = [line(1, holder_name="陈䶮"), line(2, holder_name="陈\ud800")]
    package = write_package(profile("ccb_xlsx"), people, tmp_path, RUN)
    assert package.rows == 1
    assert "U+D800" in package.unable[0][1]
