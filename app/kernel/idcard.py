"""Citizen identity numbers (GB 11643): pure reading, no opinion about who may have one.

Eighteen characters: six of area, eight of birth, three of serial (odd male, even female), one
check character. Table-driven, because a list brings fifty thousand of them at a time.
"""

from __future__ import annotations

import csv
import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MALE, FEMALE = "1", "2"  # GB/T 2261.1
EARLIEST_YEAR = 1900
SCHOOL_ISSUED = "999"

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
_CHECK = "10X98765432"
_PROVINCE_SPANS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
_PROVINCES = frozenset(str(n) for lo, hi in _PROVINCE_SPANS for n in range(lo, hi + 1))


def _triples(place: int) -> dict[str, int]:
    """The weighted sum of every three characters that may stand at `place`."""
    last = "0123456789X" if place == 15 else "0123456789"
    w1, w2, w3 = WEIGHTS[place : place + 3]
    return {
        a + b + c: int(a) * w1 + int(b) * w2 + (10 if c == "X" else int(c)) * w3
        for a in "0123456789"
        for b in "0123456789"
        for c in last
    }


_A, _B, _C, _D, _E, _F = (_triples(place) for place in range(0, 18, 3))


def checks(number: str) -> bool:
    """Eighteen characters whose check character is right."""
    try:
        return (
            _A[number[:3]]
            + _B[number[3:6]]
            + _C[number[6:9]]
            + _D[number[9:12]]
            + _E[number[12:15]]
            + _F[number[15:]]
        ) % 11 == 1
    except KeyError:
        return False


def check_character(first17: str) -> str:
    """The eighteenth character that belongs to seventeen digits."""
    total = sum(int(d) * w for d, w in zip(first17, WEIGHTS[:17], strict=True))
    return _CHECK[total % 11]


@lru_cache(maxsize=1 << 16)
def day_of(block: str) -> dt.date | None:
    """The day that eight digits spell, from 1900 on; None if there is none."""
    if len(block) != 8 or not (block.isascii() and block.isdecimal()):
        return None
    try:
        day = dt.date(int(block[:4]), int(block[4:6]), int(block[6:]))
    except ValueError:
        return None
    return day if day.year >= EARLIEST_YEAR else None


def is_sound(number: str, today: dt.date) -> bool:
    """A full number with a right check character and a birth not after `today`."""
    if not checks(number):
        return False
    birth = day_of(number[6:14])
    return birth is not None and birth <= today


def is_school_issued(number: str) -> bool:
    """A temporary number: 999, the ten digits of the school, five of serial."""
    return (
        number.startswith(SCHOOL_ISSUED)
        and len(number) == 18
        and number.isascii()
        and number.isdecimal()
    )


def birth_of(number: str) -> dt.date | None:
    """The birthday in the number; None for a temporary number."""
    return None if is_school_issued(number) else day_of(number[6:14])


def births_of(numbers: Sequence[str]) -> list[dt.date | None]:
    """As `birth_of`, for a column."""
    if any(number.startswith(SCHOOL_ISSUED) for number in numbers):
        return [*map(birth_of, numbers)]
    return [day_of(number[6:14]) for number in numbers]


def sexes_of(numbers: Sequence[str]) -> list[str]:
    """As `sex_of`, for a column; "" for a temporary number, as it stands in the tables."""
    if any(number.startswith(SCHOOL_ISSUED) for number in numbers):
        return [sex_of(number) or "" for number in numbers]
    return [MALE if number[16] in "13579" else FEMALE for number in numbers]


def sex_of(number: str) -> str | None:
    """MALE or FEMALE; None for a temporary number."""
    if is_school_issued(number):
        return None
    return MALE if number[16] in "13579" else FEMALE


def age_on(number: str, day: dt.date) -> int | None:
    """Full years on that day; None for a temporary number."""
    birth = birth_of(number)
    if birth is None:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def lengthen(old: str) -> str:
    """The eighteen characters of a fifteen-digit number, whose bearer was born in 19YY."""
    first17 = old[:6] + "19" + old[6:]
    return first17 + check_character(first17)


def area_is_known(number: str) -> bool:
    """Some area had this code once; outside Fujian only the province is looked at."""
    if number[:2] == "35":
        return number[:6] in _fujian()
    return number[:2] in _PROVINCES


@lru_cache(maxsize=1)
def _fujian() -> frozenset[str]:
    """Area codes of Fujian, those in force and those of earlier years."""
    path = Path(__file__).parent / "data" / "fujian_areas.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return frozenset(row["code"] for row in csv.DictReader(rows))
