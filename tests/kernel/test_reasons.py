"""One and the same thing wrong in many cells is said once, with the cells."""

from __future__ import annotations

import json

import pytest

from app.kernel.i18n import _, _l, called, joined, kept, listed, remembering, retold
from app.kernel.previewing import by_reason, is_cut
from app.kernel.sheets import reasons
from app.kernel.sheets.declare import Problem
from app.kernel.sheets.reasons import APART, CELLS, Reasons
from app.kernel.types import YearMonth
from app.kernel.uploads import sentence_of


def told(cell, column, sentence):
    return {"row": 7, "coordinate": cell, "column": column, "sentence": sentence}


def test_a_whole_column_of_numbers_is_one_reason():
    cells = [f"C{n}" for n in range(2, 32)]
    [reason] = by_reason(told(cell, "身份证件号", "请设为文本") for cell in cells)
    assert (reason.column, reason.sentence, reason.times) == ("身份证件号", "请设为文本", 30)
    assert list(reason.cells) == cells[:CELLS]


def test_the_same_sentence_of_two_columns_is_two_reasons_in_the_order_of_the_file():
    found = by_reason([told("D2", "金额", "不能为空"), told("B3", "姓名", "不能为空"),
                       told("D9", "金额", "不能为空")])  # fmt: skip
    assert [(r.column, r.times) for r in found] == [("金额", 2), ("姓名", 1)]


def test_what_is_wrong_with_a_whole_row_is_told_by_its_number():
    assert by_reason([told("", "", "这一行是合计")])[0].cells == ["7"]


def test_of_earlier_files_only_the_first_cells_were_kept():
    assert is_cut([told(f"C{n}", "姓名", "不能为空") for n in range(200)])
    assert not is_cut([told(f"C{n}", "姓名", "不能为空") for n in range(199)])
    assert not is_cut(met([("C", "不能为空")] * 300))


def met(problems):
    """What is kept of (column, sentence or how to say it) in row after row, from row 2 on."""
    found = Reasons()
    with remembering():
        for row, (column, said) in enumerate(problems, 2):
            sentence = said() if callable(said) else said
            found.add(row, Problem(f"列{column}", f"{column}{row}", sentence))
        return json.loads(json.dumps(found.told()))


def twin(n):
    return lambda: _("与第%(n)s行是同一名学生，只保留一行", n=n)


def test_every_cell_of_a_file_is_counted_and_only_the_first_are_held():
    [only] = met([("B", lambda: _("不能为空"))] * 10_000)
    assert (only["times"], len(only["cells"])) == (10_000, CELLS)
    assert only["cells"][:2] == ["B2", "B3"]


def test_a_sentence_filled_in_in_a_few_ways_is_told_apart():
    found = met([("B", twin(n % APART)) for n in range(20)])
    assert [each["times"] for each in found] == [20 // APART] * APART
    assert found[1]["sentence"] == "与第1行是同一名学生，只保留一行"


def test_a_sentence_filled_in_ever_anew_is_told_once_with_the_blank_open():
    [only] = met([("B", twin(n)) for n in range(1000)])
    assert only["sentence"] == "与第…行是同一名学生，只保留一行"
    assert (only["times"], only["cells"][0], only["row"]) == (1000, "B2", 2)


def test_a_blank_that_is_always_the_same_stays_filled():
    [only] = met([("B", lambda n=n: _("不能超过%(n)s个字，现有%(have)s个", n=60, have=61 + n))
                  for n in range(30)])  # fmt: skip
    assert only["sentence"] == "不能超过60个字，现有…个"


@pytest.mark.parametrize("said", [
    lambda n: joined([_("不能为空"), twin(n)()]), lambda n: listed(["甲", n]),
    lambda n: _("多了%(n)d行", n=n),
])  # fmt: skip
def test_what_cannot_be_told_with_a_blank_open_is_not_told_as_its_first_filling(said):
    [only] = met([("B", lambda n=n: said(n)) for n in range(30)])
    assert only["sentence"] == "各格的问题不同，见错误说明文件"
    assert (sentence_of(only), only["times"]) == (only["sentence"], 30)


def test_a_figure_that_is_always_the_same_stays_filled():
    [only] = met([("B", lambda n=n: _("不能超过%(n)d个字，现有%(have)s个", n=60, have=61 + n))
                  for n in range(30)])  # fmt: skip
    assert only["sentence"] == "不能超过60个字，现有…个"


def test_a_figure_with_decimals_is_told_again_as_it_was():
    [only] = met([("B", lambda: _("应为%(x).2f元", x=3.5))])
    assert (only["said"]["values"], sentence_of(only)) == ({"x": 3.5}, "应为3.50元")


@pytest.mark.parametrize("said", [
    {"msgid": "应为%(x).2f元", "values": {"x": "三"}}, {"msgid": "应为%(x)s元", "values": {"y": 3}},
    {"msgid": "应为%(x)", "values": {"x": 3}}, {"values": {}},
])  # fmt: skip
def test_what_cannot_be_told_again_is_told_in_the_words_it_had(said):
    assert sentence_of({"sentence": "应为3.50元", "said": said}) == "应为3.50元"


def test_the_counts_of_all_reasons_add_up_to_the_cells(monkeypatch):
    monkeypatch.setattr(reasons, "MOST", 4)
    found = met([("ABCDEFG"[n % 7], f"话{n % 3}") for n in range(210)])
    assert sum(each["times"] for each in found) == 210
    assert len(found) == 5
    assert [r.times for r in by_reason(found)] == [each["times"] for each in found]


def test_reasons_stand_in_the_order_of_the_file():
    found = met([("B", twin(1)), ("C", "不能为空"), ("B", twin(2)), ("C", "不能为空")])
    assert [(each["column"], each["row"]) for each in found] == [("列B", 2), ("列C", 3), ("列B", 4)]


def test_what_is_kept_of_a_sentence_says_it_again():
    with remembering():
        said = _("只能填写：%(words)s", words=listed([_l("在读"), _l("休学")]))
        nested = called(_l("姓名"), said)
    for sentence in (said, nested):
        assert retold(json.loads(json.dumps(kept(sentence)))) == str(sentence)
    assert kept(said)["values"]["words"]["words"] == [
        {"msgid": "在读", "values": {}}, {"msgid": "休学", "values": {}}
    ]  # fmt: skip


def test_a_month_is_kept_as_people_write_it():
    with remembering():
        said = _("不能晚于名单月份%(month)s", month=YearMonth.at(2026, 9))
    assert retold(json.loads(json.dumps(kept(said)))) == "不能晚于名单月份2026-09"


def test_plain_words_are_kept_as_they_are():
    assert retold(kept("100%的学生")) == "100%的学生"
    assert type(_("不能为空")) is str
