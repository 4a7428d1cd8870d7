"""Days as a spreadsheet counts them: a number, made a date only by the format of its cell."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

Kind = Literal["", "date", "span"]

_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_EPOCH_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_LAST = 2_958_465  # 9999-12-31
_DATES = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
_SPAN = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


def kind_of_format(number: int, code: str | None) -> Kind:
    """What a number under this format is, by the format's code or its built-in number."""
    if code is None:
        return "span" if number == 46 else "date" if number in _DATES else ""
    plain = _ASIDE.sub("", code)
    if _SPAN.search(plain):
        return "span"
    return "date" if re.search(r"[ymdhs]", plain, re.IGNORECASE) else ""


def from_serial(number: float, kind: Kind, *, epoch_1904: bool) -> object:
    """The date, time of day or time span that the number stands for; else the number itself."""
    if not 0 <= number <= _LAST:
        return number
    if kind == "span":
        return dt.timedelta(days=number)
    epoch = _EPOCH_1904 if epoch_1904 else _EPOCH
    # Before 1 March 1900 the count is one day off: spreadsheets believe in 29 February 1900.
    early = 1 if not epoch_1904 and number < 60 else 0
    moment = epoch + dt.timedelta(days=early, milliseconds=round(number * 86_400_000))
    if number < 1:
        return moment.time()
    return moment.date() if number.is_integer() else moment


def to_serial(value: dt.date) -> float:
    """The number under which a date or a moment is written."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    since = value.replace(tzinfo=None) - _EPOCH
    return since.days + since.seconds / 86_400
