"""A person's file, read: the heading wherever it stands, every row with one fate."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from app.kernel.errors import Refused
from app.kernel.sheets import Column, Limit, Sheet, WrongColumns, digest, read, row_digest
from app.kernel.sheets.manner import merged_below
from app.kernel.types import Fen, Text, YearMonth
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    NUMERIC_ID,
    PUPILS,
    STREAMED,
    WANG,
    fates,
    old_workbook,
    pupils,
    sentences,
    taken_in,
    workbook,
)


def test_clean_rows_come_as_values_of_their_types(tmp_path):
    reading, rows = taken_in(pupils(tmp_path / "f", LIN, WANG))

    assert [row.number for row in rows] == [2, 3]
    assert rows[0].values == {
        "name": "林晓燕", "id_no": "350102200812010015", "grade": "1",
        "first": YearMonth.parse("2026-09"), "last": YearMonth.parse("2026-10"),
        "amount": 23000, "born": dt.date(2008, 12, 1), "remark": "住校",
    }  # fmt: skip
    assert rows[1].values["amount"] == 11550
    assert rows[1].values["born"] is None
    assert fates(reading.counts) == (2, 0, 0, 0, 0)
    assert (reading.kind, reading.sheet_name, reading.header_row) == ("xlsx", "名单", 1)


@pytest.mark.parametrize("limit", [None, STREAMED])
def test_both_readers_tell_the_same_rows(tmp_path, limit):
    path = pupils(tmp_path / "f", LIN, [], NUMERIC_ID, WANG)
    reading, rows = taken_in(path, limit=limit)

    assert reading.reader == ("held" if limit is None else "stream")
    assert [row.number for row in rows] == [2, 4, 5]
    assert fates(reading.counts) == (2, 0, 1, 1, 0)
    assert reading.expected == 4


def test_columns_stand_in_any_order_under_any_of_their_names(tmp_path):
    headers = ["发放金额", " 身份证号* ", "序号", "学生\n姓名(必填)"]
    path = pupils(tmp_path / "f", [230, LIN[1], 1, LIN[0]], headers=headers)
    reading, rows = taken_in(path)

    assert rows[0].values["name"] == "林晓燕"
    assert rows[0].values["amount"] == 23000
    assert reading.unknown_columns == ["序号"]
    assert reading.missing_columns == ["年级", "起始年月", "截止年月", "出生日期", "备注"]


def test_a_remark_in_brackets_is_passed_over_but_not_another_unit(tmp_path):
    wide = ["姓名", "身份证件号", "金额(人民币)"]
    assert taken_in(pupils(tmp_path / "f", ["林晓燕", LIN[1], 230], headers=wide))[1]

    with pytest.raises(WrongColumns, match="金额") as refusal:
        taken_in(pupils(tmp_path / "g", headers=["姓名", "身份证件号", "金额(万元)"]))
    assert [column.key for column in refusal.value.missing] == ["amount"]


def test_a_missing_required_column_is_named(tmp_path):
    with pytest.raises(WrongColumns, match="缺少必填的列：身份证件号。"):
        taken_in(pupils(tmp_path / "f", headers=["姓名", "金额"]))


def test_beside_what_is_missing_stands_what_nobody_knew(tmp_path):
    wide = ["姓名", "身份证件号", "实发数", "家长"]
    with pytest.raises(WrongColumns, match=r"金额\(元\)。.*不认识：实发数、家长，.*把列名改成"):
        taken_in(pupils(tmp_path / "f", headers=wide))


def test_a_file_without_heading_is_told_what_the_heading_should_be(tmp_path):
    with pytest.raises(WrongColumns, match=r"没有找到表头.*姓名、身份证件号、金额\(元\)"):
        taken_in(workbook(tmp_path / "f", ("Sheet1", [["随便", "什么"], [1, 2]])))


def test_two_columns_of_one_meaning_are_not_guessed_between(tmp_path):
    headers = ["姓名", "身份证件号", "身份证件号", "金额"]
    with pytest.raises(Refused, match="同一个意思"):
        taken_in(pupils(tmp_path / "f", headers=headers))


def test_title_rows_above_the_heading_are_passed_over(tmp_path):
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["某某学校受助学生名单"], ["2026年9月", None, "单位:元"], HEADERS, LIN):
        sheet.append(row)
    sheet.merge_cells("A1:H1")
    book.save(path)
    reading, rows = taken_in(path)

    assert reading.header_row == 3
    assert rows[0].number == 4
    assert fates(reading.counts) == (1, 0, 0, 0, 0)


def test_a_heading_two_rows_high_is_read_as_one(tmp_path):
    upper = ["姓名", "身份证件号", "发放时间", None, "金额(元)"]
    lower = [None, None, "起始年月", "截止年月", None]
    path = workbook(tmp_path / "f", ("a", [upper, lower, [*LIN[:2], "2026-09", "2026-10", 230]]))
    reading, rows = taken_in(path)

    assert reading.header_row == 2
    assert str(rows[0].values["last"]) == "2026-10"


def test_hidden_sheets_are_left_out_and_that_is_said(tmp_path):
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    old = book.active
    old.title, old.sheet_state = "旧数据", "hidden"
    new = book.create_sheet("新数据")
    for sheet in (old, new):
        sheet.append(HEADERS)
        sheet.append(LIN)
    book.create_sheet("说明一下")
    book.save(path)
    reading, rows = taken_in(path)

    assert len(rows) == 1
    assert reading.sheet_name == "新数据"
    assert reading.notes == [
        "隐藏的工作表没有读取：旧数据",
        "只读取了工作表“新数据”，没有读取：说明一下",
    ]


def test_a_table_that_is_hidden_is_named_when_nothing_else_is_there(tmp_path):
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    book.create_sheet("名单").sheet_state = "hidden"
    book["名单"].append(HEADERS)
    book.save(path)
    with pytest.raises(WrongColumns, match=r"没有找到表头.*隐藏的工作表没有读取：名单"):
        taken_in(path)


def test_two_filled_sheets_are_refused_so_that_no_row_is_left_behind(tmp_path):
    path = workbook(tmp_path / "f", ("一班", [HEADERS, LIN]), ("二班", [HEADERS, WANG]))
    with pytest.raises(Refused, match="一班、二班"):
        taken_in(path)
    with read(path, PUPILS, tab="二班") as reading:
        assert [row.values["name"] for row in reading.rows] == ["王伟"]


def test_an_empty_second_sheet_with_the_heading_is_no_trouble(tmp_path):
    path = workbook(tmp_path / "f", ("一班", [HEADERS]), ("二班", [HEADERS, WANG]))
    assert taken_in(path)[0].sheet_name == "二班"


def test_blank_rows_repeated_headings_and_totals_are_told_apart(tmp_path):
    total = ["合 计", None, None, None, None, 345.5]
    serial = [None, None, None, None, None, None, None, "  "]
    path = pupils(tmp_path / "f", LIN, [], serial, HEADERS, WANG, total)
    reading, rows = taken_in(path)

    assert [row.number for row in rows] == [2, 6, 7]
    assert sentences(rows) == [("A7", "这一行是合计，不是学生，请删去")]
    assert fates(reading.counts) == (2, 0, 1, 2, 1)
    assert reading.counts.rows == 6


def test_a_total_is_no_row_even_where_it_would_pass_for_one(tmp_path):
    sheet = Sheet("x", "x", [Column("name", "名称", Text()), Column("sum", "金额", Fen())])
    path = workbook(tmp_path / "f", ("a", [["名称", "金额"], ["甲", 1], ["总计", 1]]))
    reading, rows = taken_in(path, sheet)
    assert fates(reading.counts) == (1, 0, 1, 0, 0)
    assert rows[1].problems[0].key == ""


def test_all_problems_of_all_rows_come_at_once(tmp_path):
    bad = ["", "35010220081201001X", "九年级", "2026-10", "2026-09", "1.005", "", ""]
    reading, rows = taken_in(pupils(tmp_path / "f", bad, [*bad[:5], 230, "x", ""]))

    assert [p.coordinate for p in rows[0].problems] == ["A2", "B2", "C2", "F2", "E2"]
    assert [p.coordinate for p in rows[1].problems] == ["A3", "B3", "C3", "G3", "E3"]
    assert rows[0].problems[0] == ("姓名", "A2", "不能为空", "name")
    assert fates(reading.counts) == (0, 0, 2, 0, 0)


def test_a_check_across_cells_never_sees_a_refused_cell(tmp_path):
    bad = [*LIN[:3], "九月", "2026-09", 230, "", ""]
    _reading, rows = taken_in(pupils(tmp_path / "f", bad))
    assert [p.key for p in rows[0].problems] == ["first"]


@pytest.mark.parametrize("limit", [None, STREAMED])
def test_a_number_in_a_text_column_is_refused_and_never_repaired(tmp_path, limit):
    _reading, rows = taken_in(pupils(tmp_path / "f", NUMERIC_ID), limit=limit)
    assert rows[0].values["id_no"] is None
    assert sentences(rows)[0][0] == "B2"
    assert "文本" in sentences(rows)[0][1]


def test_doubts_come_with_the_row_and_do_not_refuse_it(tmp_path):
    reading, rows = taken_in(pupils(tmp_path / "f", ["䶮䶮", *LIN[1:]], ["䶮䶮", *LIN[1:]]))
    assert [[d.coordinate for d in row.doubts] for row in rows] == [["A2"], ["A3"]]
    assert reading.counts.taken == 2


def test_a_later_comparison_moves_a_row_from_taken_to_refused_or_unchanged(tmp_path):
    with read(pupils(tmp_path / "f", LIN, WANG, LIN), PUPILS) as reading:
        first, second, third = reading.rows
        first.same()
        third.refuse("id_no", "与第2行重复")
        third.refuse("name", "再说一次")
    assert fates(reading.counts) == (1, 1, 1, 0, 0)
    assert third.problems[0] == ("身份证件号", "B4", "与第2行重复", "id_no")
    assert second.problems == ()


def test_too_many_rows_are_refused(tmp_path):
    path = pupils(tmp_path / "f", LIN, WANG)
    with pytest.raises(Refused, match="超过1行"), read(path, PUPILS, 1) as reading:
        list(reading.rows)


def test_formulas_without_result_and_error_cells_are_refused_not_blank(tmp_path):
    path = pupils(tmp_path / "f", [*LIN[:7], "=1+1"], [*LIN[:7], "#N/A"])
    _reading, rows = taken_in(path)
    assert [p.coordinate for row in rows for p in row.problems] == ["H2", "H3"]


CSV = "姓名{0}身份证件号{0}金额{0}备注\r\n林晓燕{0}350102200812010015{0}230{0}a\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separated_values_are_read_in_any_encoding_under_any_separator(
    tmp_path, encoding, separator
):
    path = tmp_path / "名单.xls"
    path.write_bytes(CSV.format(separator).encode(encoding))
    reading, rows = taken_in(path)
    assert reading.kind == "csv"
    assert rows[0].values["name"] == "林晓燕"
    assert rows[0].values["amount"] == 23000
    assert fates(reading.counts) == (1, 0, 0, 0, 0)


def test_a_comma_inside_an_amount_does_not_shift_a_row_unnoticed(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(CSV.format(",").replace("230", "1,150"), encoding="utf-8")
    reading, rows = taken_in(path)
    assert "错位" in sentences(rows)[0][1]
    assert reading.counts.refused == 1


def test_quotes_that_do_not_pair_are_refused_with_the_row(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(CSV.format(",") + '"林晓燕,3501,230,a\r\n', encoding="utf-8")
    with pytest.raises(Refused, match="第3行的引号"):
        taken_in(path)


def test_the_trick_that_keeps_text_in_csv_is_understood(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(
        '姓名,身份证件号,金额\n林晓燕,"=""350102200812010015""",230\n', encoding="utf-8"
    )
    assert taken_in(path)[1][0].values["id_no"] == "350102200812010015"


def test_numbers_spoiled_before_they_became_csv_are_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("姓名,身份证件号,金额\n林晓燕,3.50102E+17,230\n", encoding="utf-8")
    _reading, rows = taken_in(path)
    assert "文本" in sentences(rows)[0][1]


def test_an_old_workbook_is_read_by_its_content(tmp_path):
    path = tmp_path / "名单.csv"
    path.write_bytes(old_workbook([HEADERS, LIN, WANG, NUMERIC_ID]))
    reading, rows = taken_in(path)
    assert reading.kind == "xls"
    assert [row.values["name"] for row in rows if not row.problems] == ["林晓燕", "王伟"]
    assert sentences(rows)[0][0] == "B4"
    assert fates(reading.counts) == (2, 0, 1, 0, 0)


def test_the_same_bytes_and_the_same_row_are_recognised(tmp_path):
    first, second = pupils(tmp_path / "a", LIN), tmp_path / "b"
    second.write_bytes(first.read_bytes())
    assert digest(first) == digest(second)
    assert len(digest(first)) == 64

    values = taken_in(first)[1][0].values
    keys = list(values)
    assert row_digest(values, keys) == row_digest(dict(values), keys)
    assert row_digest({"a": "1", "b": "2"}, "ab") != row_digest({"a": "12", "b": ""}, "ab")
    assert row_digest({"a": None}, "a") != row_digest({"a": ""}, "a")


def test_limits_are_the_ones_asked_for(tmp_path):
    path = pupils(tmp_path / "f", LIN)
    with pytest.raises(Refused, match="MB"):
        taken_in(path, limit=Limit(file=100))


@pytest.mark.parametrize("foot", ["填表人：张三", "说明: 本表一式两份", "单位（盖章）：某校"])
def test_what_is_signed_below_a_table_is_one_sentence_and_not_eight(tmp_path, foot):
    _reading, rows = taken_in(pupils(tmp_path / "f", LIN, [], [foot, None, None, "审核人：李四"]))
    assert sentences(rows) == [("A4", "这一行是表尾的签名或说明，不是学生，请删去")]


def test_a_student_is_no_signature_whatever_the_remark(tmp_path):
    _reading, rows = taken_in(pupils(tmp_path / "f", [*LIN[:7], "说明：住校"], [None, *LIN[1:]]))
    assert sentences(rows) == [("A3", "不能为空")]


def test_merged_cells_below_the_heading_are_named(tmp_path):
    path = pupils(tmp_path / "f.xlsx", LIN, WANG)
    book = openpyxl.load_workbook(path)
    for area in ("A2:A3", "C3:D3", "A1:B1"):
        book.active.merge_cells(area)
    book.save(path)
    assert merged_below(path, Limit(), "名单", 1) == ["A2:A3", "C3:D3"]
    assert merged_below(path, Limit(), "名单", 3) == []


def test_a_word_refused_once_is_refused_again_without_being_judged_anew(tmp_path, monkeypatch):
    judged = []
    clean = Text.clean
    monkeypatch.setattr(Text, "clean", lambda rule, raw: (judged.append(raw), clean(rule, raw))[1])
    long = "长" * 300
    path = pupils(tmp_path / "f", *([*LIN[:-1], long] for _n in range(50)))
    _reading, rows = taken_in(path)
    (sentence,) = {sentence for _cell, sentence in sentences(rows)}
    assert "现有300个" in sentence
    assert (len(sentences(rows)), judged.count(long)) == (50, 1)
