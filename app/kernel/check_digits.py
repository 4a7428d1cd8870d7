"""Whether whole columns of numbers are plainly right: sums of parts that are worked out once.

A part is looked up and not computed; a part that may not stand in a plain number is in no table.
What is not plain here may still be right: whoever asks takes a closer look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel import idcard

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    Test = Callable[[Sequence[str]], bool]

_TWO = [sum(divmod(n // 10 * 2, 10)) + n % 10 for n in range(100)]
_LUHN = {f"{n:04d}": _TWO[n // 100] + _TWO[n % 100] for n in range(10_000)}
_LAST = {digits: part for digits, part in _LUHN.items() if digits[1:] != "000"}
_HEADS = range(4, 8)
"""How many digits a card of 16 to 19 has before its last twelve."""


def luhn(digits: str) -> bool:
    """At most 24 ASCII digits and nothing else, the last of them the Luhn check digit."""
    d = digits.rjust(24, "0")
    try:
        total = (_LUHN[d[:4]] + _LUHN[d[4:8]] + _LUHN[d[8:12]] + _LUHN[d[12:16]]
                 + _LUHN[d[16:20]] + _LUHN[d[20:]])  # fmt: skip
    except KeyError:
        return False
    return total % 10 == 0


def identity_numbers(today: dt.date) -> Test:
    """All have a known area, a birth not after `today`, a right check character, and an end that
    no spreadsheet made."""
    areas, births, ends = _Areas(), _Births(today), idcard.ends()

    def are_plain(numbers: Sequence[str]) -> bool:
        try:
            sums = {(areas[n[:6]] + births[n[6:14]] + ends[n[14:]]) % 11 for n in numbers}
        except KeyError:
            return False
        return sums == {1}

    return are_plain


def bank_cards() -> Test:
    """All have 16 to 19 digits from 62 on, a right check digit, and an end as above."""
    heads = _Heads()

    def are_plain(cards: Sequence[str]) -> bool:
        try:
            sums = {
                (heads[n[:-12]] + _LUHN[n[-12:-8]] + _LUHN[n[-8:-4]] + _LAST[n[-4:]]) % 10
                for n in cards
            }
        except KeyError:
            return False
        return sums == {0}

    return are_plain


class _Areas(dict[str, int]):
    """By area its part of the sum."""

    def __missing__(self, area: str) -> int:
        if not (area.isascii() and area.isdecimal() and idcard.area_is_known(area)):
            raise KeyError(area)
        part = self[area] = idcard.weighed(area, 0)
        return part


class _Births(dict[str, int]):
    """By birthday its part of the sum."""

    def __init__(self, today: dt.date) -> None:
        super().__init__()
        self.today = today

    def __missing__(self, block: str) -> int:
        birth = idcard.day_of(block)
        if birth is None or birth > self.today:
            raise KeyError(block)
        part = self[block] = idcard.weighed(block, 6)
        return part


class _Heads(dict[str, int]):
    """By the digits before the last twelve their part of the sum."""

    def __missing__(self, head: str) -> int:
        if not (head.startswith("62") and len(head) in _HEADS):
            raise KeyError(head)
        digits = head.rjust(8, "0")
        part = self[head] = _LUHN[digits[:4]] + _LUHN[digits[4:]]
        return part
