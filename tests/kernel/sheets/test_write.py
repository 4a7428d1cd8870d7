"""Templates and reports: what we write opens as meant and comes back as it went."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile

import pytest
from python_calamine import CalamineWorkbook

from app.kernel.sheets import (
    Column,
    Meta,
    Sheet,
    export,
    read,
    write_csv,
    write_old_template,
    write_template,
    write_xlsx,
)
from app.kernel.sheets.stream import Spoiled
from app.kernel.sheets.wire import text
from app.kernel.types import Choice, Fen, Text, YearMonth
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    PUPILS,
    WANG,
    fates,
    old_workbook,
    opened,
    taken_in,
)

MONTH = YearMonth.parse("2026-09")
ROW = ("林晓燕", "350102200812010015", "1", MONTH, MONTH, 23050, dt.date(2008, 12, 1), "住校")
DANGERS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|'/c calc'!A0",
    "\t=1",
    "https://example.org",
    "<b>&",
]


@pytest.fixture
def template(tmp_path):
    write_template(tmp_path / "t.xlsx", PUPILS)
    return tmp_path / "t.xlsx"


def test_a_filled_in_template_is_taken(template, tmp_path):
    book = opened(template)
    for at, value in enumerate(LIN, 1):
        book["受助名单"].cell(2, at, value)
    book.save(tmp_path / "filled")
    reading, rows = taken_in(tmp_path / "filled")
    assert reading.counts.taken == 1
    assert reading.notes == []
    assert rows[0].values["amount"] == 23000


def test_the_guide_tells_each_column(template):
    guide = opened(template)["填写说明"]
    lines = {row[0].value: [cell.value for cell in row[1:4]] for row in guide.iter_rows(min_row=4)}
    assert lines["姓名"][0] == "必填"
    assert lines["姓名"][2] == "林晓燕"
    assert lines["年级"][:2] == ["选填", "现在所在的年级；只能填写：一年级、二年级、三年级"]
    assert set(HEADERS) <= set(lines)


def test_the_table_keeps_long_numbers_as_text_and_offers_the_words(template):
    table = opened(template)["受助名单"]
    assert table.column_dimensions["B"].number_format == "@"
    assert table.freeze_panes == "A2"
    assert table.page_setup.orientation == "landscape"
    assert table.print_title_rows == "$1:$1"
    [words] = table.data_validations.dataValidation
    assert words.formula1 == '"一年级,二年级,三年级"'
    assert max(cells.max_row for cells in words.sqref.ranges) >= 2_000
    assert "必填" in table["A1"].comment.text
    assert table["C1"].comment is None


def test_many_words_go_to_a_sheet_of_their_own(tmp_path):
    labels = {str(n): f"很长很长的选项名称第{n}项" for n in range(80)}
    columns = [Column(key, key, Choice(labels)) for key in ("甲", "乙")]
    write_template(tmp_path / "t", Sheet("x", "很多选项", columns))
    book = opened(tmp_path / "t")
    assert book["选项"].sheet_state == "hidden"
    assert [book["选项"].cell(80, at).value for at in (1, 2)] == [labels["79"]] * 2
    rules = book["很多选项"].data_validations.dataValidation
    assert [rule.formula1 for rule in rules] == ["'选项'!$A$1:$A$80", "'选项'!$B$1:$B$80"]


def test_a_report_reads_back_as_it_was_written(tmp_path):
    meta = Meta("受助名单", ("导出人：张三", "2026-11-22"))
    assert write_xlsx(tmp_path / "r", PUPILS.columns, [ROW] * 3, meta) == 3
    reading, rows = taken_in(tmp_path / "r")
    assert [tuple(row.values.values()) for row in rows] == [ROW] * 3
    assert (reading.counts.taken, reading.counts.other) == (3, 1)
    assert reading.header_row == 4


def test_a_report_carries_its_row_count_and_totals(tmp_path):
    columns = [
        Column("n", "名称", Text()),
        Column("a", "金额", Fen()),
        Column("k", "人数", total=True),
    ]
    write_xlsx(tmp_path / "r", columns, [("甲", 10010, 2), ("乙", None, 3)], Meta("汇总"))
    table = opened(tmp_path / "r")["汇总"]
    assert [cell.value for cell in table[5]] == ["合计（共2行）", 100.1, 5]
    assert table["B3"].number_format == "#,##0.00"
    assert table.freeze_panes == "A3"
    assert table.page_setup.paperSize == 9


def test_an_empty_report_still_says_that_it_is_complete(tmp_path):
    assert write_xlsx(tmp_path / "r", PUPILS.columns, []) == 0
    assert taken_in(tmp_path / "r")[0].counts.rows == 1


def test_nothing_written_is_ever_a_formula(tmp_path):
    columns = [Column("t", "内容", Text(100))]
    write_xlsx(tmp_path / "r", columns, [(danger,) for danger in DANGERS])
    table = opened(tmp_path / "r").active
    found = [table.cell(row, 1) for row in range(2, 2 + len(DANGERS))]
    assert [cell.value for cell in found] == DANGERS
    assert {cell.data_type for cell in found} <= {"s", "inlineStr"}
    assert {cell.hyperlink for cell in found} == {None}


def test_separated_values_are_guarded_and_come_back(tmp_path):
    columns = [Column("t", "内容", Text(100)), Column("n", "金额", Fen())]
    rows = [(danger, 100) for danger in DANGERS[:5]]
    assert write_csv(tmp_path / "r", columns, rows) == 5
    with (tmp_path / "r").open(encoding="utf-8-sig", newline="") as file:
        *lines, foot = list(csv.reader(file))[1:]
    assert foot == ["合计（共5行）", "5.0"]
    assert [line[0][0] for line in lines] == ["'"] * 5
    read_back = taken_in_csv(tmp_path / "r", columns)
    assert [row.values["t"] for row in read_back] == [danger.strip() for danger in DANGERS[:4]]


def taken_in_csv(path, columns):
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(lines[:5]), encoding="utf-8")  # the fifth would call a program
    return taken_in(path, Sheet("x", "x", columns))[1]


def test_a_character_the_encoding_lacks_is_never_replaced():
    with pytest.raises(UnicodeEncodeError):
        write_csv(io.BytesIO(), [Column("n", "姓名", Text())], [("䶮",)], encoding="gbk")


def test_awkward_texts_survive(tmp_path):
    awkward = ["a\rb", "_x0041_", " lead", "two\nlines", "]]>", "\x01", "𠀀"]
    write_xlsx(tmp_path / "r", [Column("t", "内容")], [(each,) for each in awkward])
    sheet = Sheet("x", "x", [Column("t", "内容", Text(60, lines=True))])
    _reading, rows = taken_in(tmp_path / "r", sheet)
    assert [row.raw[0] for row in rows] == awkward


def test_the_text_of_a_cell_is_cut_in_sight_and_not_by_the_program_that_opens_it():
    assert text("长" * 40_000).endswith("…</t>")
    assert text(Spoiled("#N/A")) == "<t>#N/A</t>"


def test_rows_beyond_one_worksheet_go_to_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 2)
    write_xlsx(tmp_path / "r", [Column("n", "数")], [(n,) for n in range(5)], Meta("很长的表"))
    book = opened(tmp_path / "r")
    assert book.sheetnames == ["很长的表", "很长的表 2", "很长的表 3"]
    seen = [[row[0] for row in sheet.iter_rows(min_row=3, values_only=True)] for sheet in book]
    assert seen == [[0, 1], [2, 3], [4, "合计（共5行）"]]


def test_a_writer_that_fails_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken():
        yield ROW
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_xlsx(tmp_path / "r.xlsx", PUPILS.columns, broken())
    assert list(tmp_path.iterdir()) == []


def test_a_report_goes_into_a_stream(tmp_path):
    out = io.BytesIO()
    write_xlsx(out, PUPILS.columns, [ROW])
    (tmp_path / "f").write_bytes(out.getvalue())
    with read(tmp_path / "f", PUPILS) as reading:
        assert len(list(reading.rows)) == 1


def test_an_old_template_is_read_once_it_is_filled_in(tmp_path):
    write_old_template(str(tmp_path / "t.xls"), PUPILS)
    book = lines_of(tmp_path / "t.xls")
    assert book[0][0] == HEADERS
    filled = tmp_path / "filled.xls"
    filled.write_bytes(old_workbook([book[0][0], LIN, WANG]))
    assert fates(taken_in(filled)[0].counts) == (2, 0, 0, 0, 0)
    guide = [cell for line in book[1] for cell in line]
    assert "身份证件号" in guide
    assert any("18位" in str(cell) for cell in guide)


def test_an_empty_old_template_holds_no_row(tmp_path):
    write_old_template(str(tmp_path / "t.xls"), PUPILS)
    reading, rows = taken_in(tmp_path / "t.xls")
    assert (reading.kind, rows, reading.notes) == ("xls", [], [])


def lines_of(path):
    """The lines of each sheet."""
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_index(n).to_python() for n in range(len(book.sheet_names))]
