"""The clock that can be set, and the count of working days."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock
from app.kernel.clock import WorkCalendar

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = Path(clock.__file__).parent / "data" / "special_days.csv"
D = dt.date.fromisoformat


def official() -> WorkCalendar:
    with SHIPPED.open(encoding="utf-8") as rows:
        special = {D(r["day"]): r["is_workday"] == "1" for r in csv.DictReader(rows)}
    return WorkCalendar(special, frozenset(range(2023, 2027)))


CALENDAR = official()


@pytest.fixture
def _fresh_rehearsal() -> Iterator[None]:
    clock._rehearsal.cache_clear()
    yield
    clock._rehearsal.cache_clear()


@pytest.mark.parametrize(
    ("published", "last"),
    [
        ("2026-03-02", "2026-03-09"),  # a plain week
        ("2026-02-11", "2026-02-25"),  # 春节, and a Saturday that is worked
        ("2026-04-28", "2026-05-08"),  # 1-5 May off
        ("2026-04-30", "2026-05-11"),  # Saturday 9 May is worked
        ("2026-09-17", "2026-09-23"),  # Sunday 20 September is worked
        ("2026-09-24", "2026-10-09"),  # 中秋, three days of work, 国庆
        ("2026-09-28", "2026-10-10"),  # ends on a worked Saturday
        ("2026-12-24", "2026-12-31"),  # the last day that needs no 2027
    ],
)
def test_five_working_days_as_the_holiday_notices_have_them(published: str, last: str) -> None:
    assert CALENDAR.add_workdays(D(published), 5) == (D(last), False)


def test_a_period_that_reaches_a_year_without_notice_is_provisional() -> None:
    assert CALENDAR.add_workdays(D("2026-12-25"), 5) == (D("2027-01-04"), True)
    assert CALENDAR.add_workdays(D("2026-12-28"), 5) == (D("2027-01-05"), True)


def test_a_period_that_only_begins_in_such_a_year_is_provisional_too() -> None:
    assert CALENDAR.add_workdays(D("2022-12-29"), 5)[1] is True
    assert CALENDAR.add_workdays(D("2022-12-31"), 5)[1] is False


def test_in_a_year_without_notice_weekends_and_fixed_holidays_are_free() -> None:
    free = ["2027-01-01", "2027-04-05", "2027-10-01", "2028-05-01", "2029-10-03", "2027-11-06"]
    worked = ["2027-01-04", "2027-04-06", "2027-10-04", "2027-11-05"]
    assert not any(CALENDAR.is_workday(D(day)) for day in free)
    assert all(CALENDAR.is_workday(D(day)) for day in worked)


def test_in_a_confirmed_year_only_the_notice_counts() -> None:
    assert CALENDAR.is_workday(D("2024-04-07"))  # a Sunday made up for 清明
    assert CALENDAR.is_workday(D("2023-04-04"))  # fixed list would say free
    assert not CALENDAR.is_workday(D("2026-02-16"))


def test_a_day_entered_early_counts_although_its_year_is_unconfirmed() -> None:
    early = WorkCalendar({D("2027-01-02"): True, D("2027-01-04"): False}, CALENDAR.confirmed)
    assert early.is_workday(D("2027-01-02"))
    assert not early.is_workday(D("2027-01-04"))


def test_once_the_year_is_confirmed_the_end_is_no_longer_provisional() -> None:
    known = WorkCalendar(
        {**CALENDAR.special, D("2027-01-01"): False, D("2027-01-04"): False},
        CALENDAR.confirmed | {2027},
    )
    assert known.add_workdays(D("2026-12-25"), 5) == (D("2027-01-05"), False)
    assert known.version != CALENDAR.version


@given(st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1)), st.integers(1, 30))
def test_the_end_is_a_working_day_with_exactly_so_many_before_it(start: dt.date, n: int) -> None:
    end, provisional = CALENDAR.add_workdays(start, n)
    walked = [start + dt.timedelta(days=i) for i in range(1, (end - start).days + 1)]
    assert CALENDAR.is_workday(end)
    assert sum(map(CALENDAR.is_workday, walked)) == n
    assert provisional == any(day.year not in range(2023, 2027) for day in walked)


def test_counting_no_days_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.add_workdays(D("2026-03-02"), 0)


def test_a_promised_end_is_only_ever_moved_back() -> None:
    assert clock.lengthened(D("2027-01-04"), D("2027-01-06")) == D("2027-01-06")
    assert clock.lengthened(D("2027-01-06"), D("2027-01-04")) == D("2027-01-06")


def test_a_missing_notice_is_seen_sixty_days_ahead() -> None:
    assert CALENDAR.unconfirmed_ahead(D("2026-11-22")) == [2027]
    assert CALENDAR.unconfirmed_ahead(D("2026-10-31")) == []
    assert CALENDAR.unconfirmed_ahead(D("2026-10-31"), days=62) == [2027]


def test_the_version_follows_the_days_and_not_their_order() -> None:
    turned = WorkCalendar(dict(reversed(CALENDAR.special.items())), CALENDAR.confirmed)
    assert turned.version == CALENDAR.version
    less = WorkCalendar(CALENDAR.special, CALENDAR.confirmed - {2026})
    flipped = WorkCalendar({**CALENDAR.special, D("2026-10-10"): False}, CALENDAR.confirmed)
    assert len({CALENDAR.version, less.version, flipped.version}) == 3


def test_the_clock_stands_where_it_is_set_and_goes_on_afterwards() -> None:
    real = clock.now()
    with clock.at("2026-09-30T23:59:00") as moment:
        assert moment == clock.now() == dt.datetime(2026, 9, 30, 15, 59, tzinfo=dt.UTC)
        assert clock.today() == D("2026-09-30")
        assert str(clock.this_month()) == "2026-09"
        with clock.at(D("2027-01-01")):
            assert clock.now().isoformat() == "2027-01-01T00:00:00+08:00"
        assert clock.today() == D("2026-09-30")
    assert dt.timedelta(0) <= clock.now() - real < dt.timedelta(minutes=5)


def test_shanghai_is_already_tomorrow_when_the_world_is_late() -> None:
    with clock.at(dt.datetime(2026, 9, 30, 16, 0, tzinfo=dt.UTC)):
        assert clock.today() == D("2026-10-01")
        assert clock.now().utcoffset() == dt.timedelta(hours=8)


@pytest.mark.usefixtures("_fresh_rehearsal")
def test_a_rehearsal_sets_the_clock_of_the_whole_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AID_NOW", "2027-03-01T08:00:00")
    assert clock.now().isoformat() == "2027-03-01T08:00:00+08:00"
    with clock.at("2027-04-01"):
        assert clock.today() == D("2027-04-01")


@pytest.mark.usefixtures("_fresh_rehearsal")
def test_a_rehearsal_with_a_misspelt_date_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AID_NOW", "next week")
    with pytest.raises(ValueError, match="isoformat"):
        clock.now()


def test_the_last_day_ends_when_the_next_begins() -> None:
    assert clock.end_of(D("2026-12-31")).isoformat() == "2027-01-01T00:00:00+08:00"
