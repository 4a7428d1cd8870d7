"""Sums in capitals: the examples of the regulations, and what must hold for every sum."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.types import capitals as in_capitals

DIGITS = "零壹贰叁肆伍陆柒捌玖"


@pytest.mark.parametrize(("fen", "said"), [
    # the regulations' own examples
    (1409_50, "壹仟肆佰零玖元伍角整"),
    (6007_14, "陆仟零柒元壹角肆分"),
    (1680_32, "壹仟陆佰捌拾元零叁角贰分"),
    (107000_53, "壹拾万柒仟元零伍角叁分"),
    (16409_02, "壹万陆仟肆佰零玖元零贰分"),
    (325_04, "叁佰贰拾伍元零肆分"),
    # ends
    (0, "零元整"), (1, "壹分"), (10, "壹角整"), (11, "壹角壹分"), (100, "壹元整"),
    (101, "壹元零壹分"),
    (110, "壹元壹角整"), (1000, "壹拾元整"), (1050, "壹拾元零伍角整"), (1005, "壹拾元零伍分"),
    # gaps between and inside sections
    (10000_00, "壹万元整"), (10001_00, "壹万零壹元整"), (10010_00, "壹万零壹拾元整"),
    (10100_00, "壹万零壹佰元整"), (11000_00, "壹万壹仟元整"), (100000000_00, "壹亿元整"),
    (100000001_00, "壹亿零壹元整"), (100010000_00, "壹亿零壹万元整"),
    (110000000_00, "壹亿壹仟万元整"), (20300405_06, "贰仟零叁拾万零肆佰零伍元零陆分"),
    (1150_00, "壹仟壹佰伍拾元整"), (57500000_00, "伍仟柒佰伍拾万元整"),
])  # fmt: skip
def test_a_sum_is_written_as_vouchers_want_it(fen, said):
    assert in_capitals(fen) == said


UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read(said: str) -> int:
    """The sum a reader understands, written without a look at the writer."""
    yuan, _sign, rest = said.rpartition("元") if "元" in said else ("", "", said)
    total = section = digit = 0
    for char in yuan:
        if char in DIGITS:
            digit = DIGITS.index(char)
        elif char in UNITS:
            section, digit = section + digit * UNITS[char], 0
        else:
            total, section, digit = _close(char, total, section + digit), 0, 0
    fen = (total + section + digit) * 100
    for char, following in pairwise(rest):
        fen += DIGITS.index(char) * {"角": 10, "分": 1}.get(following, 0) if char in DIGITS else 0
    return fen


def _close(char: str, total: int, section: int) -> int:
    if char == "万":
        return total + section * 10_000
    high, low = divmod(total, 10_000)  # 亿 closes what 万 opened just before it, if anything
    return (high * 10_000 + low + section) * 10**8


@given(st.integers(0, 10**14 - 1))
def test_what_is_written_is_read_back(fen):
    assert read(in_capitals(fen)) == fen


@given(st.integers(0, 10**14 - 1))
def test_it_ends_as_it_must_and_stutters_nowhere(fen):
    said = in_capitals(fen)
    assert said.endswith("分" if fen % 10 else "整")
    assert "零零" not in said
    assert not said.startswith("零") or fen == 0
    assert "零元" not in said or fen == 0
