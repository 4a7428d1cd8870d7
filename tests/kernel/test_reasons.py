"""One and the same thing wrong in many cells is said once, with the cells."""

from __future__ import annotations

from app.kernel.previewing import CELLS_NAMED, by_reason


def told(cell, column, sentence):
    return {"row": 7, "coordinate": cell, "column": column, "sentence": sentence}


def test_a_whole_column_of_numbers_is_one_reason():
    cells = [f"C{n}" for n in range(2, 32)]
    [reason] = by_reason(told(cell, "身份证件号", "请设为文本") for cell in cells)
    assert (reason.column, reason.sentence, reason.times) == ("身份证件号", "请设为文本", 30)
    assert list(reason.cells) == cells[:CELLS_NAMED]


def test_the_same_sentence_of_two_columns_is_two_reasons_in_the_order_of_the_file():
    found = by_reason([told("D2", "金额", "不能为空"), told("B3", "姓名", "不能为空"),
                       told("D9", "金额", "不能为空")])  # fmt: skip
    assert [(r.column, r.times) for r in found] == [("金额", 2), ("姓名", 1)]


def test_what_is_wrong_with_a_whole_row_is_told_by_its_number():
    assert by_reason([told("", "", "这一行是合计")])[0].cells == ["7"]
