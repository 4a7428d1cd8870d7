"""The person's own file back: the same rows in the same place, and why some were refused."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel.sheets import Problem, hand_back, read
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    PUPILS,
    STREAMED,
    WANG,
    fates,
    opened,
    taken_in,
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
