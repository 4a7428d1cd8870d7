"""GB 11643 against its own arithmetic, done the slow way here."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import idcard

REAL = ["350102200812010015", "350203200905150027", "350128200707070036"]
TODAY = dt.date(2026, 11, 22)
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def by_the_book(number: str) -> bool:
    total = sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]


@st.composite
def numbers(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(["350102", "350112", "110101", "810000", "830000"]))
    birth = draw(st.dates(dt.date(1900, 1, 1), TODAY))
    first17 = f"{area}{birth:%Y%m%d}{draw(st.integers(1, 999)):03d}"
    return first17 + idcard.check_character(first17)


@pytest.mark.parametrize("number", REAL)
def test_real_numbers_are_sound(number: str) -> None:
    assert idcard.is_sound(number, TODAY)
    assert idcard.check_character(number[:17]) == number[17]


@given(st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True))
def test_the_tables_agree_with_the_standard_for_any_eighteen_characters(number: str) -> None:
    assert idcard.checks(number) == by_the_book(number)


@given(numbers())
def test_a_number_made_by_the_standard_is_sound_and_gives_its_parts_back(number: str) -> None:
    assert idcard.is_sound(number, TODAY)
    birth = idcard.birth_of(number)
    assert birth is not None
    assert f"{birth:%Y%m%d}" == number[6:14]
    assert idcard.sex_of(number) == (idcard.MALE if int(number[16]) % 2 else idcard.FEMALE)


@given(numbers())
def test_any_single_wrong_character_is_caught(number: str) -> None:
    for place, right in enumerate(number):
        for wrong in "0123456789X" if place == 17 else "0123456789":
            if wrong != right:
                assert not idcard.checks(number[:place] + wrong + number[place + 1 :])


@given(numbers())
def test_any_swap_of_unequal_neighbours_is_caught(number: str) -> None:
    for i in range(17):
        if number[i] != number[i + 1]:
            swapped = number[:i] + number[i + 1] + number[i] + number[i + 2 :]
            assert not idcard.checks(swapped)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "35010220081201001",
        "3501022008120100150",
        "35010220081201001x",
        "３50102200812010015",
        "٣50102200812010015",
        "3501022008120100-5",
    ],
)
def test_anything_but_eighteen_plain_characters_does_not_check(number: str) -> None:
    assert not idcard.checks(number)


@pytest.mark.parametrize(
    "block", ["20080230", "18991231", "20081301", "2008-2-3", "２0080203", "200802", "+2008020"]
)
def test_a_day_that_never_was_is_no_day(block: str) -> None:
    assert idcard.day_of(block) is None


def test_a_leap_day_is_a_day_in_leap_years_only() -> None:
    assert idcard.day_of("20080229") == dt.date(2008, 2, 29)
    assert idcard.day_of("20090229") is None
    assert idcard.day_of("19000101") == dt.date(1900, 1, 1)


def test_nobody_is_born_tomorrow() -> None:
    first17 = "35010220261123001"
    number = first17 + idcard.check_character(first17)
    assert not idcard.is_sound(number, TODAY)
    assert idcard.is_sound(number, dt.date(2026, 11, 23))


def test_a_temporary_number_tells_neither_birth_nor_sex_nor_age() -> None:
    number = "999" + "3635000123" + "00017"
    assert idcard.is_school_issued(number)
    assert (idcard.birth_of(number), idcard.sex_of(number)) == (None, None)
    assert idcard.age_on(number, TODAY) is None
    assert not idcard.is_school_issued(REAL[0])


def test_age_counts_from_the_birthday_on() -> None:
    number = "350102200812010015"
    assert idcard.age_on(number, dt.date(2022, 11, 30)) == 13
    assert idcard.age_on(number, dt.date(2022, 12, 1)) == 14


def test_an_old_number_lengthens_into_a_sound_one() -> None:
    number = idcard.lengthen("350102800101001")
    assert number[:17] == "35010219800101001"
    assert idcard.is_sound(number, TODAY)


@pytest.mark.parametrize("area", ["350112", "350182", "352101", "350427", "110101", "830000"])
def test_areas_of_today_and_of_earlier_years_are_known(area: str) -> None:
    assert idcard.area_is_known(area + "200812010015")


@pytest.mark.parametrize("area", ["350199", "359999", "990101", "160101", "840000", "000000"])
def test_areas_that_never_were_are_not(area: str) -> None:
    assert not idcard.area_is_known(area + "200812010015")
