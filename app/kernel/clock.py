"""What time it is for the business, and which days people work.

Nothing else in the house asks the machine for the date: a rehearsal or a test sets this clock
and every rule follows. Times are aware and in Asia/Shanghai, dates are Shanghai dates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from app.kernel.yearmonth import YearMonth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A fixed offset: no clock has been changed there since 1991, and no machine needs tzdata for it.
SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
ONE_DAY = dt.timedelta(days=1)

_set_to: ContextVar[dt.datetime | None] = ContextVar("clock_set_to", default=None)

Moment = dt.datetime | dt.date | str


def now() -> dt.datetime:
    """The present moment, or the one the clock was set to."""
    return _set_to.get() or _rehearsal() or dt.datetime.now(SHANGHAI)


def today() -> dt.date:
    return now().date()


def this_month() -> YearMonth:
    return YearMonth.of(today())


@contextmanager
def at(moment: Moment) -> Iterator[dt.datetime]:
    """Inside, the clock stands still at `moment`; a bare date means its first minute."""
    token = _set_to.set(moment_of(moment))
    try:
        yield now()
    finally:
        _set_to.reset(token)


def moment_of(moment: Moment) -> dt.datetime:
    """Any way of naming a moment, as an aware Shanghai time (naive means Shanghai)."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    elif not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time())
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def end_of(day: dt.date) -> dt.datetime:
    """24:00 of that day, which is 00:00 of the next: the first moment after it."""
    return moment_of(day + ONE_DAY)


def lengthened(old: dt.date, new: dt.date) -> dt.date:
    """The end a recomputation may set: a promised period is never cut short."""
    return max(old, new)


@lru_cache(maxsize=1)
def _rehearsal() -> dt.datetime | None:
    """AID_NOW, read once: all rows of a run see the same moment, in every process."""
    text = os.environ.get("AID_NOW", "").strip()
    return moment_of(text) if text else None


# What the holiday law fixes by date; 清明 falls on one of two days, the later end is the safe one.
FIXED_HOLIDAYS = frozenset(
    [(1, 1), (4, 4), (4, 5), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)],
)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are working days: the special ones as given, the others by weekday.

    `special` maps a day to whether people work on it; `confirmed` are the years for which the
    official notice is in `special`. Any other year is computed, and said to be provisional.
    """

    special: Mapping[dt.date, bool]
    confirmed: frozenset[int]

    def is_workday(self, day: dt.date) -> bool:
        known = self.special.get(day)
        if known is not None:
            return known
        if day.year not in self.confirmed and (day.month, day.day) in FIXED_HOLIDAYS:
            return False
        return day.weekday() < 5

    def add_workdays(self, day: dt.date, n: int) -> tuple[dt.date, bool]:
        """The n-th working day after `day` (which itself never counts), and whether any day
        on the way lies in a year without an official notice."""
        if n < 1:
            raise ValueError("count at least one working day")
        provisional = False
        while n:
            day += ONE_DAY
            provisional = provisional or day.year not in self.confirmed
            n -= self.is_workday(day)
        return day, provisional

    def unconfirmed_ahead(self, day: dt.date, days: int = 60) -> list[int]:
        """Years reached within `days` from `day` whose official notice is still missing."""
        last = day + dt.timedelta(days=days)
        return [y for y in range(day.year, last.year + 1) if y not in self.confirmed]

    @cached_property
    def version(self) -> str:
        """Changes when, and only when, some day or year of the calendar does."""
        rows = [f"{day}={int(work)}" for day, work in sorted(self.special.items())]
        rows += [str(year) for year in sorted(self.confirmed)]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
