"""A month as a number one can count with."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_YEAR, LAST_YEAR = 1900, 2100


class YearMonth(int):
    """A month, counted as year * 12 + month - 1, so that months add, compare and sort."""

    @classmethod
    def at(cls, year: int, month: int) -> YearMonth:
        if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
            raise ValueError(f"no such month: {year}-{month}")
        return cls(year * 12 + month - 1)

    @classmethod
    def of(cls, day: dt.date) -> YearMonth:
        return cls.at(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> YearMonth:
        """From '2026-09'; ValueError for anything else."""
        year, _dash, month = text.partition("-")
        if len(year) != 4 or len(month) != 2:
            raise ValueError(f"not a month: {text!r}")
        return cls.at(int(year), int(month))

    @property
    def year(self) -> int:
        return int(self) // 12

    @property
    def month(self) -> int:
        return int(self) % 12 + 1

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.month, 1)

    @property
    def last_day(self) -> dt.date:
        return dt.date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def until(self, last: int) -> Iterator[YearMonth]:
        """This month and those after it, up to and with `last`."""
        return (YearMonth(n) for n in range(int(self), int(last) + 1))

    def __add__(self, n: int) -> YearMonth:
        return YearMonth(int(self) + int(n))

    @overload
    def __sub__(self, other: YearMonth) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def __sub__(self, other: int) -> YearMonth: ...
    def __sub__(self, other: int) -> int:
        """Months between two months; or the month so many months before."""
        gap = int(self) - int(other)
        return gap if isinstance(other, YearMonth) else YearMonth(gap)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __repr__(self) -> str:
        return f"YearMonth({str(self)!r})"
