"""Months that can be counted with, and days as sheets bring them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.types import Day, Month, YearMonth

MONTHS = st.builds(YearMonth.at, st.integers(1950, 2050), st.integers(1, 12))


@given(MONTHS, st.integers(-500, 500))
def test_months_count_like_numbers_and_print_like_months(month: YearMonth, n: int) -> None:
    assert YearMonth.parse(str(month)) == month
    assert (month + n) - n == month
    assert (month + n) - month == n
    assert (month + n > month) == (n > 0)
    assert YearMonth.at((month + n).year, (month + n).month) == month + n


def test_a_month_knows_its_days_and_its_neighbours() -> None:
    month = YearMonth.parse("2028-02")
    assert (month.first_day, month.last_day) == (dt.date(2028, 2, 1), dt.date(2028, 2, 29))
    assert str(month - 2) == "2027-12"
    assert [str(m) for m in YearMonth.parse("2026-11").until(YearMonth.parse("2027-01"))] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]
    assert YearMonth.of(dt.date(2028, 2, 3)) == month
    assert f"{month}" == str(month) == "2028-02"
    assert json.loads(json.dumps(month)) == int(month)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-9", "202609", "26-09", "x", "1899-12"]
)
def test_only_a_real_month_is_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"month|literal"):
        YearMonth.parse(text)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-09",
        "2026-9",
        "202609",
        "2026/09",
        "2026.9",
        "2026年9月",
        "２０２６年９月",
        " 2026-09 ",
        202609,
        202609.0,
        dt.date(2026, 9, 1),
        dt.datetime(2026, 9, 30, 8, 0),  # noqa: DTZ001 - sheets know no time zones
        YearMonth.parse("2026-09"),
    ],
)
def test_a_month_is_read_however_it_is_written(raw: object) -> None:
    month = Month.clean(raw)
    assert isinstance(month, YearMonth)
    assert Month.show(month) == "2026-09"


@pytest.mark.parametrize(
    "raw", [None, "", "2026-13", "2026", "九月", 24320, 2026.1, "2026-09-01", dt.date(1899, 12, 31)]
)
def test_what_is_no_month_is_refused(raw: object) -> None:
    with pytest.raises(Refused):
        Month.clean(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-09-01",
        "20260901",
        "2026/9/1",
        "2026.9.1",
        "2026年9月1日",
        "2026年09月01日",
        "2026-09-01 00:00:00",
        20260901,
        20260901.0,
        dt.date(2026, 9, 1),
        dt.datetime(2026, 9, 1),  # noqa: DTZ001 - sheets know no time zones
    ],
)
def test_a_day_is_read_however_it_is_written(raw: object) -> None:
    day = Day.clean(raw)
    assert type(day) is dt.date
    assert day == dt.date(2026, 9, 1)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "2026-02-30",
        "2026-09",
        "0926",
        46266.0,
        "1/9/2026",
        dt.date(1899, 12, 30),
        dt.datetime(2026, 9, 1, 10, 30),  # noqa: DTZ001 - sheets know no time zones
    ],
)
def test_what_is_no_day_is_refused(raw: object) -> None:
    with pytest.raises(Refused):
        Day.clean(raw)


def test_a_day_goes_back_into_a_sheet_as_a_date() -> None:
    assert Day.cell(dt.date(2026, 9, 1)) == dt.date(2026, 9, 1)
    assert Day.show(dt.date(2026, 9, 1)) == "2026-09-01"
