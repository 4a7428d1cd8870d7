"""Whether whole columns of numbers are plainly right: their check sums are added up side by side.

The characters that stand at one place of all numbers are turned into what they are worth there,
one byte a number, and those bytes are added as if they were one long number: no sum reaches 256,
so none runs over into its neighbour. What is not plain here may still be right: whoever asks takes
a closer look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel import idcard

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    Test = Callable[[Sequence[str]], bool]

_DIGITS = b"0123456789"
_SINGLE, _DOUBLE = range(10), [sum(divmod(2 * n, 10)) for n in range(10)]
_LONGEST = 19
_LUHN = [
    bytes.maketrans(_DIGITS, bytes(_DOUBLE if (_LONGEST - at) % 2 == 0 else _SINGLE))
    for at in range(_LONGEST)
]
_CARD_LENGTHS = {16, 17, 18, 19}
_IDENTITY = [
    bytes.maketrans(_DIGITS + b"X", bytes(n * weight % 11 for n in range(11)))
    for weight in idcard.WEIGHTS
]
_TENS, _ONES_OF_ELEVEN = bytes(range(0, 256, 10)), bytes(range(1, 256, 11))
_ROUNDED = "000"
"""How a number ends that has been through a numeric cell of a spreadsheet."""


def luhn(digits: str) -> bool:
    """ASCII digits and nothing else, the last of them the Luhn check digit."""
    if not (digits.isascii() and digits.isdecimal()):
        return False
    singly, doubled = map(int, digits[-1::-2]), (_DOUBLE[int(d)] for d in digits[-2::-2])
    return (sum(singly) + sum(doubled)) % 10 == 0


def identity_numbers(today: dt.date) -> Test:
    """All have a known area, a birth not after `today`, a right check character, and an end that
    no spreadsheet made."""
    areas, births = _Areas(), _Births(today)

    def are_plain(numbers: Sequence[str]) -> bool:
        if set(map(len, numbers)) != {len(_IDENTITY)}:
            return False
        whole = "".join(numbers)
        lasts = whole[17::18]
        if not (whole.isascii() and whole.replace("X", "0").isdecimal()):
            return False
        if whole.count("X") != lasts.count("X") or _ROUNDED in {n[15:] for n in numbers}:
            return False
        sums = _added_up(whole.encode(), _IDENTITY)
        return (
            not sums.translate(None, _ONES_OF_ELEVEN)
            and areas.hold_all({n[:6] for n in numbers})
            and births.hold_all({n[6:14] for n in numbers})
        )

    return are_plain


def bank_cards() -> Test:
    """All have 16 to 19 digits from 62 on, a right check digit, and an end as above."""

    def are_plain(cards: Sequence[str]) -> bool:
        if not _CARD_LENGTHS.issuperset(map(len, cards)):
            return False
        if {c[:2] for c in cards} != {"62"} or _ROUNDED in {c[-3:] for c in cards}:
            return False
        whole = "".join([c.rjust(_LONGEST, "0") for c in cards])
        if not (whole.isascii() and whole.isdecimal()):
            return False
        return not _added_up(whole.encode(), _LUHN).translate(None, _TENS)

    return are_plain


def _added_up(whole: bytes, worth: Sequence[bytes]) -> bytes:
    """For each of the numbers in `whole`, each as long as `worth`, what its characters are worth
    at their places."""
    width = len(worth)
    columns = (whole[at::width].translate(table) for at, table in enumerate(worth))
    total = sum(int.from_bytes(column, "little") for column in columns)
    return total.to_bytes(len(whole) // width, "little")


class _Sound(set[str]):
    """Parts of numbers that have been looked at once and are right."""

    def hold_all(self, parts: set[str]) -> bool:
        new = parts - self
        if not all(map(self.is_sound, new)):
            return False
        self |= new
        return True

    def is_sound(self, part: str) -> bool:
        raise NotImplementedError


class _Areas(_Sound):
    def is_sound(self, part: str) -> bool:
        return idcard.area_is_known(part)


class _Births(_Sound):
    def __init__(self, today: dt.date) -> None:
        super().__init__()
        self.today = today

    def is_sound(self, part: str) -> bool:
        birth = idcard.day_of(part)
        return birth is not None and birth <= self.today
