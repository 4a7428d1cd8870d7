"""Paths in the tree, school codes, register numbers, words and choices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.i18n import _l
from app.kernel.types import Choice, OrgPath, Personal, RegNo, SchoolCode, Text, prefix_range

PATHS = st.lists(st.integers(1, 300), max_size=5).map(
    lambda ids: "/" + "".join(f"{i}/" for i in ids)
)


@given(PATHS, PATHS)
def test_the_range_of_a_path_holds_exactly_what_lies_below_it(place: str, other: str) -> None:
    lo, hi = prefix_range(place)
    assert (lo <= other < hi) == other.startswith(place)


@given(PATHS, st.integers(1, 300))
def test_a_child_lies_below_its_parent(place: str, child: int) -> None:
    lo, hi = prefix_range(place)
    assert lo <= f"{place}{child}/" < hi


@pytest.mark.parametrize("path", ["", "1/", "/1", "//", "/a/", "/1/%/", "/１/", "/1/\n"])
def test_what_is_no_path_has_no_range(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        prefix_range(path)
    with pytest.raises(Refused):
        OrgPath.clean(path)


def test_a_path_is_kept_as_it_is() -> None:
    assert OrgPath.clean("/1/4/17/230/") == "/1/4/17/230/"
    with pytest.raises(Refused):
        OrgPath.clean("/" + "1/" * 200)


@pytest.mark.parametrize(
    "raw", ["3635000123", " 3635 000123 ", "３６３５０００１２３", 3635000123, 3635000123.0]
)
def test_a_school_code_is_ten_digits_however_written(raw: object) -> None:
    assert SchoolCode.clean(raw) == "3635000123"


def test_a_school_with_attached_classes_keeps_its_own_kind_of_code() -> None:
    assert SchoolCode.clean("3135000123") == "3135000123"


@pytest.mark.parametrize("raw", [None, "", "363500012", "36350001234", "3635O00123", 3.5, True])
def test_what_is_no_school_code_is_refused(raw: object) -> None:
    with pytest.raises(Refused):
        SchoolCode.clean(raw)


def test_a_register_number_is_read_and_doubted_by_its_kind() -> None:
    assert RegNo.doubt(RegNo.clean("g350102200812010015")) is None
    assert RegNo.doubt(RegNo.clean("J350102200812010019")) is None
    assert "身份证" in (RegNo.doubt(RegNo.clean("G350102200812010016")) or "")
    assert "临时" in (RegNo.doubt(RegNo.clean("L350102200812010019")) or "")
    assert "省级" in (RegNo.doubt(RegNo.clean("FJ2026-000123")) or "")


@pytest.mark.parametrize(
    "raw", [None, "", "'", "‘", "G35010220081201001A", "学籍", "12", 3.5e18, "x" * 33]
)
def test_what_is_no_register_number_is_refused(raw: object) -> None:
    with pytest.raises(Refused):
        RegNo.clean(raw)


def test_a_register_number_hides_the_identity_number_in_it() -> None:
    assert RegNo.mask("G350102200812010015") == "G3501**********0015"
    assert RegNo.personal == Personal.SENSITIVE


def test_words_are_trimmed_and_freed_of_what_cannot_be_seen() -> None:
    assert Text().clean(" 2026\u200b级  1班\x00\r\n ") == "2026级 1班"
    assert Text(lines=True).clean("第一行\r\n第二行") == "第一行\n第二行"
    assert Text().clean("，全角标点不变。") == "，全角标点不变。"


def test_a_class_named_by_a_number_keeps_its_name() -> None:
    assert Text().clean(2301.0) == "2301"
    assert Text().clean(2301) == "2301"
    with pytest.raises(Refused):
        Text().clean(2301.5)


def test_words_may_be_required_and_are_limited() -> None:
    assert Text().clean(None) == ""
    with pytest.raises(Refused, match="不能为空"):
        Text(required=True).clean(" \u200b")
    assert Text(max=3).clean("一二三") == "一二三"
    with pytest.raises(Refused, match="现有4个"):
        Text(max=3).clean("一二三四")


def test_a_choice_is_read_by_code_label_or_synonym_and_shown_by_label() -> None:
    sex = Choice({"1": _l("男"), "2": _l("女")}, also={"男性": "1"})
    assert [sex.clean(raw) for raw in ("1", "男", " 男 ", "男性", "女", 2.0)] == list("111122")
    assert sex.clean("女") == sex.clean("女") == "2"
    assert sex.show("2") == "女"
    with pytest.raises(Refused, match="男、女"):
        sex.clean("未知")
    with pytest.raises(Refused, match="不能为空"):
        sex.clean(None)


def test_how_personal_a_column_is_may_be_said_where_it_is_declared() -> None:
    assert Text(personal=Personal.PERSONAL).personal == Personal.PERSONAL
    assert Text().personal == Personal.NONE
