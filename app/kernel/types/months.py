"""Months and days as people write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Date, Integer

from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types.rule import PlainRule, halfwidth, refuse_blank
from app.kernel.yearmonth import FIRST_YEAR, LAST_YEAR, YearMonth

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_MONTH = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})月?|(\d{2}))")
_DAY = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))"
)
_MIDNIGHT = re.compile(r"[T ]+00:00(:00(\.0+)?)?$")


class Month(PlainRule[YearMonth]):
    """A month such as 2026-09; stored as one integer."""

    impl = Integer
    cache_ok = True
    code: ClassVar[str] = "month"
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 10
    hint = _l("年月，如 2026-09")

    @classmethod
    def clean(cls, raw: object) -> YearMonth:
        refuse_blank(raw)
        if isinstance(raw, YearMonth):
            return raw
        try:
            if isinstance(raw, dt.date):
                return YearMonth.of(raw)
            if found := _MONTH.fullmatch(_spelled(raw)):
                return YearMonth.at(int(found[1]), int(found[2] or found[3]))
        except ValueError:
            pass
        raise Refused(_("年月应写成 2026-09 或 202609 的样子"))

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> YearMonth | None:
        return None if value is None else YearMonth(value)


class Day(PlainRule[dt.date]):
    """A date; a time of day that came with it is dropped only when it is midnight."""

    impl = Date
    cache_ok = True
    code: ClassVar[str] = "day"
    sheet_format: ClassVar[str] = "yyyy-mm-dd"
    width: ClassVar[int] = 12
    hint = _l("日期，如 2026-09-01")

    @classmethod
    def clean(cls, raw: object) -> dt.date:
        refuse_blank(raw)
        if isinstance(raw, dt.datetime):
            raw = raw.replace(tzinfo=None)
        try:
            if found := _DAY.fullmatch(_MIDNIGHT.sub("", _spelled(raw))):
                return _sane(dt.date(*(int(part) for part in found.groups() if part)))
        except ValueError:
            pass
        raise Refused(_("日期应写成 2026-09-01、20260901 或 2026年9月1日 的样子"))

    @classmethod
    def cell(cls, value: dt.date) -> object:
        return value


def _sane(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(day)
    return day


def _spelled(raw: object) -> str:
    """What a person typed into the cell: 202609.0 is 202609, but 2026.1 may have been 2026.10."""
    if isinstance(raw, float):
        return f"{raw:.0f}" if raw.is_integer() else ""
    return halfwidth(str(raw)).strip().lstrip("'")
