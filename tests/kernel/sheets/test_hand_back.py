"""The person's own file back: the same rows in the same place, and why some were refused."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from app.kernel.sheets import Problem, hand_back, read
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    PUPILS,
    STREAMED,
    WANG,
    bare_parts,
    fates,
    heading_row,
    opened,
    packed,
    taken_in,
    text_cell,
    workbook,
)

RED = "FFFFC7CE"
FIRST = dt.datetime(2026, 9, 1)  # noqa: DTZ001 - a cell has no time zone
BAD = ["陈静", 350102200812010015, "一年级", dt.date(2026, 9, 1), None, "一百", None, True]
TOTAL = ["合计", None, None, None, None, 345.5]


@pytest.fixture(params=[None, STREAMED], ids=["held", "streamed"])
def returned(request, tmp_path):
    """A file with title, blank row, another sheet and errors; read, handed back."""
    given, back = tmp_path / "given.xlsx", tmp_path / "back.xlsx"
    rows = [["某校名单"], [], [*HEADERS, "班主任"], [*LIN, "李"], [], [*BAD, "李"], WANG, TOTAL]
    workbook(given, ("九月", rows), ("其他", [["附注"], [1.5, "=x", dt.date(2026, 9, 1)]]))
    with read(given, PUPILS, request.param) as reading:
        problems = [problem for row in reading.rows for problem in row.problems]
    hand_back(given, back, PUPILS, problems, reading.counts, request.param)
    return back


def colour(cell):
    return cell.fill.fgColor.rgb if cell.fill.fill_type else None


def test_the_first_sheet_holds_counts_that_add_up(returned):
    book = opened(returned)
    assert book.sheetnames == ["处理结果", "九月", "其他"]
    page = book["处理结果"]
    lines = dict(row[:2] for row in page.iter_rows(min_row=3, max_row=8, values_only=True))
    assert lines == {
        "文件共有行数": 5, "接收": 2, "没有变化": 0, "退回修改": 2, "空行": 1,
        "重复的表头、合计": 0,
    }  # fmt: skip


def test_every_cell_stands_where_it_stood(returned):
    table = opened(returned)["九月"]
    rows = [[cell.value for cell in row] for row in table.iter_rows(max_col=9)]
    assert rows[0][0] == "某校名单"
    assert rows[2] == [*HEADERS, "班主任"]
    assert rows[3] == [*LIN, "李"]
    assert rows[4] == [None] * 9
    assert rows[5][:4] == ["陈静", 350102200812010015.0, "一年级", FIRST]
    assert rows[5][5:] == ["一百", None, True, "李"]
    assert rows[7][5] == 345.5


def test_refused_cells_are_coloured_and_say_why(returned):
    table = opened(returned)["九月"]
    marked = {cell.coordinate for row in table for cell in row if colour(cell) == RED}
    assert marked == {"B6", "F6", "A8"}
    assert "文本" in table["B6"].comment.text
    assert table["J3"].value == "错误原因"
    assert table["J4"].value is None
    assert "身份证件号：" in table["J6"].value
    assert "金额(元)：" in table["J6"].value
    assert "合计" in table["J8"].value


def test_text_columns_stay_text_when_they_are_mended(returned):
    table = opened(returned)["九月"]
    assert table["B6"].number_format == "@"
    assert table.column_dimensions["B"].number_format == "@"


def test_other_sheets_come_along(returned):
    other = opened(returned)["其他"]
    assert [other["A1"].value, other["A2"].value] == ["附注", 1.5]
    assert other["C2"].value == FIRST


def test_the_very_file_mended_is_taken(returned, tmp_path):
    again, rows = taken_in(returned)
    assert fates(again.counts) == (2, 0, 2, 1, 0)
    assert again.unknown_columns == ["班主任"]
    assert again.notes == ["只读取了工作表“九月”，没有读取：其他"]
    assert [p.coordinate for row in rows for p in row.problems] == ["B6", "F6", "A8"]

    book = opened(returned)
    book["九月"]["B6"], book["九月"]["F6"] = "350128200707070036", 100
    book["九月"].delete_rows(8)
    book.save(tmp_path / "mended")
    assert fates(taken_in(tmp_path / "mended")[0].counts) == (3, 0, 0, 1, 0)


def test_handed_back_twice_it_has_one_column_of_reasons(returned, tmp_path):
    with read(returned, PUPILS) as reading:
        problems = [problem for row in reading.rows for problem in row.problems]
    hand_back(returned, tmp_path / "twice", PUPILS, problems, reading.counts)
    book = opened(tmp_path / "twice")
    assert book.sheetnames == ["处理结果", "九月", "其他"]
    titles = [cell.value for cell in book["九月"][3]]
    assert titles.count("错误原因") == 1


def test_separated_values_come_back_as_a_workbook(tmp_path):
    given = tmp_path / "f.csv"
    given.write_text("姓名,身份证件号,金额\n林晓燕,3.5E+17,230\n王伟,12,1\n", encoding="gb18030")
    reading, rows = taken_in(given)
    later = Problem("", "A3", "与数据库不符")
    hand_back(given, tmp_path / "b", PUPILS, [*rows[0].problems, later], reading.counts)
    table = opened(tmp_path / "b")["受助名单"]
    assert table["B2"].value == "3.5E+17"
    assert colour(table["B2"]) == RED
    assert table["D3"].value == "与数据库不符"


def test_an_error_in_a_cell_does_not_come_back_as_a_word(tmp_path):
    given = workbook(tmp_path / "g", ("a", [HEADERS, [*LIN[:7], "#N/A"]]))
    reading, rows = taken_in(given)
    hand_back(given, tmp_path / "b", PUPILS, rows[0].problems, reading.counts)
    again, rows = taken_in(tmp_path / "b")
    assert again.counts.refused == 1
    assert rows[0].problems[0].coordinate == "H2"


# --- how it looked


@pytest.fixture
def dressed(tmp_path):
    """A file with a merged title, widths, formats; and what came back of it."""
    book = openpyxl.Workbook()
    sheet, other = book.active, book.create_sheet("附表")
    sheet.title = "九月"
    for row in (
        ["某校九月受助名单"],
        [],
        [*HEADERS, "补助系数", "登记日"],
        [*LIN, 0.5, FIRST],
        [*BAD, 1, 2],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:H1")
    sheet.merge_cells("A4:A5")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["I"].width = 31, 17
    for row in (4, 5):
        sheet.cell(row, 6).number_format = "#,##0.00"
        sheet.cell(row, 9).number_format = "0.0%"
        sheet.cell(row, 10).number_format = "yyyy年m月d日"
    other.append(["说明"])
    other.merge_cells("A1:C2")
    other.column_dimensions["B"].width = 44
    book.save(tmp_path / "given.xlsx")
    reading, rows = taken_in(tmp_path / "given.xlsx")
    problems = [p for row in rows for p in row.problems]
    hand_back(tmp_path / "given.xlsx", tmp_path / "back", PUPILS, problems, reading.counts)
    return tmp_path / "back"


def test_widths_and_merged_titles_are_kept(dressed):
    book = opened(dressed)
    table, other = book["九月"], book["附表"]
    assert round(table.column_dimensions["A"].width) == 31
    assert round(table.column_dimensions["I"].width) == 17
    assert round(other.column_dimensions["B"].width) == 44
    assert [str(area) for area in other.merged_cells.ranges] == ["A1:C2"]
    assert table["A1"].alignment.horizontal == "center"


def test_cells_of_rows_are_single_again_so_that_they_can_be_mended(dressed):
    assert [str(area) for area in opened(dressed)["九月"].merged_cells.ranges] == ["A1:H1"]


def test_number_formats_are_kept_but_where_a_number_must_be_text(dressed):
    table = opened(dressed)["九月"]
    assert table["F4"].number_format == "#,##0.00"
    assert table["I4"].number_format == "0.0%"
    assert table["B4"].number_format == "@"


def test_a_number_under_a_format_of_dates_does_not_come_back_as_a_date(dressed):
    table = opened(dressed)["九月"]
    assert table["J4"].value == FIRST
    assert table["J5"].number_format == "General" or table["J5"].is_date


@pytest.mark.parametrize("spoiled", [
    b'<mergeCell ref="A9:A1"/>', b'<mergeCell ref="ZZZ1:ZZZ9999999"/>', b'<mergeCell ref="A1"/>',
    b'<cols><col min="0" max="99999999" width="x" style="-4"/></cols>', b"<cols><col/></cols>",
])  # fmt: skip
def test_looks_that_make_no_sense_are_left_out(tmp_path, spoiled):
    parts = bare_parts(heading_row() + row_of(2, LIN[:2]))
    xml = parts["xl/worksheets/sheet1.xml"]
    at = xml.index("<sheetData>") if b"<cols" in spoiled else xml.index("</worksheet>")
    parts["xl/worksheets/sheet1.xml"] = xml[:at] + spoiled.decode() + xml[at:]
    (tmp_path / "given").write_bytes(packed(parts))
    reading, rows = taken_in(tmp_path / "given")
    hand_back(tmp_path / "given", tmp_path / "back", PUPILS, rows[0].problems, reading.counts)
    assert opened(tmp_path / "back")["名单"]["A2"].value == "林晓燕"


def row_of(number, values):
    cells = "".join(text_cell(f"{chr(65 + at)}{number}", v) for at, v in enumerate(values))
    return f'<row r="{number}">{cells}</row>'
