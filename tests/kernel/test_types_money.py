"""Yuan come in, fen are kept, capitals go on vouchers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.types import Fen, capitals, yuan

AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("raw", "fen"),
    [
        ("1,150.00", 115000),
        ("1150", 115000),
        ("1150.5", 115050),
        ("￥1,150.00", 115000),
        ("¥ 1150.00元", 115000),
        ("１１５０．００", 115000),
        ("'1150", 115000),
        (1150, 115000),
        (1150.0, 115000),
        (0.1 + 0.2, 30),
        (1150.10, 115010),
        (Decimal("1150.10"), 115010),
        (0, 0),
        ("0.01", 1),
    ],
)
def test_yuan_become_fen_however_they_are_written(raw: object, fen: int) -> None:
    assert Fen.clean(raw) == fen


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (1150.005, "两位小数"),
        ("1150.005", "两位小数"),
        ("1150.000", "两位小数"),
        (Decimal("0.001"), "两位小数"),
        (191.66666666, "两位小数"),
        (-1, "负数"),
        ("-1.00", "负数"),
        (-0.01, "负数"),
        (Decimal(-1), "负数"),
        (1e11, "过大"),
        ("10,000,000,000.01", "过大"),
        ("1,15.00", "1150.00"),
        ("1.15E3", "1150.00"),
        ("一千", "1150.00"),
        ("-", "1150.00"),
        ("元", "1150.00"),
        (float("nan"), "1150.00"),
        (float("inf"), "1150.00"),
        (Decimal("NaN"), "1150.00"),
        (True, "1150.00"),
        (None, "不能为空"),
        (" ", "不能为空"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(raw: object, because: str) -> None:
    with pytest.raises(Refused) as caught:
        Fen.clean(raw)
    assert because in caught.value.sentence


@given(AMOUNTS)
def test_an_amount_survives_being_shown_and_being_written_into_a_cell(fen: int) -> None:
    assert Fen.clean(Fen.show(fen)) == fen
    assert Fen.clean(Fen.cell(fen)) == fen


def test_yuan_have_two_decimals_and_groups_of_three() -> None:
    assert yuan(115000) == "1,150.00"
    assert yuan(5) == "0.05"
    assert yuan(-123456789) == "-1,234,567.89"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # the examples of the rules for filling in vouchers
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        # the edges
        ("0", "零元整"),
        ("0.01", "壹分"),
        ("0.10", "壹角整"),
        ("21.50", "贰拾壹元伍角整"),
        ("0.55", "伍角伍分"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("10.05", "壹拾元零伍分"),
        ("20.50", "贰拾元零伍角整"),
        ("105", "壹佰零伍元整"),
        ("1005", "壹仟零伍元整"),
        ("1050", "壹仟零伍拾元整"),
        ("1150", "壹仟壹佰伍拾元整"),
        ("10000", "壹万元整"),
        ("10001", "壹万零壹元整"),
        ("10500", "壹万零伍佰元整"),
        ("100100", "壹拾万零壹佰元整"),
        ("1010101", "壹佰零壹万零壹佰零壹元整"),
        ("57500000", "伍仟柒佰伍拾万元整"),
        ("100000000", "壹亿元整"),
        ("100005000", "壹亿零伍仟元整"),
        ("100050000", "壹亿零伍万元整"),
        ("100000001.01", "壹亿零壹元零壹分"),
        ("1000000000.10", "壹拾亿元零壹角整"),
    ],
)
def test_amounts_are_written_in_capitals_as_the_rules_have_it(amount: str, words: str) -> None:
    assert capitals(Fen.clean(amount)) == words


def read_back(words: str) -> int:
    """Fen from capitals, by another road: units only, every 零 ignored."""
    digits = {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"仟": 1000, "佰": 100, "拾": 10}
    total = section = digit = 0
    for c in words.removesuffix("整"):
        if c in digits:
            digit = digits[c]
        elif c in units:
            section, digit = section + digit * units[c], 0
        elif c in "万亿元":
            total += (section + digit) * {"万": 10**6, "亿": 10**10, "元": 100}[c]
            section = digit = 0
        else:
            total, digit = total + digit * {"角": 10, "分": 1}[c], 0
    return total


@given(AMOUNTS)
def test_capitals_read_back_as_the_same_amount(fen: int) -> None:
    words = capitals(fen)
    assert read_back(words) == fen
    assert "零零" not in words
    assert words.endswith("分") != words.endswith("整")


def test_capitals_of_a_debt_say_so_and_absurd_sums_fail_loudly() -> None:
    assert capitals(-100) == "负壹元整"
    with pytest.raises(ValueError, match="vouchers"):
        capitals(10**14)
