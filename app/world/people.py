"""Invented students: ordinary names, sound identity numbers, cards with their check digit. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from app.kernel.idcard import check_character
from app.world import words

if TYPE_CHECKING:
    import random

    from app.world.words import Bank, Major

AGE_AT_ENTRY = 15
SCRAMBLE = 7_368_787_931
"""No factor in common with ten: multiplying by it shuffles the card numbers of a bank."""


class Pupil(NamedTuple):
    """One student of one school. `intake`: the year he came in; `state`: as in the registry."""

    name: str
    id_no: str
    male: bool
    card_no: str
    bank: Bank
    intake: int
    major: Major
    class_name: str
    state: str = "01"


class Issuer:
    """Gives out names and numbers; no two people get the same number, whoever asks how often."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._ids: Counter[str] = Counter()
        self._cards: Counter[str] = Counter()

    def name(self, male: bool) -> str:
        """Two or three characters; every third name has two."""
        given = self._one(words.MEN if male else words.WOMEN)
        middle = self._one(words.MIDDLE) if self.rng.random() < 0.7 else ""
        return self._one(words.SURNAMES) + middle + given

    def _one(self, from_: str) -> str:
        return from_[int(self.rng.random() * len(from_))]

    def id_no(self, area: str, birth: dt.date, male: bool) -> str:
        """The next number of that area, day and sex: odd serials for men, even for women."""
        block = area + birth.isoformat().replace("-", "")
        turn = self._ids[f"{block}{male}"] = self._ids[f"{block}{male}"] + 1
        first = 10 + birth.toordinal() * 37 % 300  # the lowest serials are the known students'
        first17 = f"{block}{2 * (first + turn) - male:03d}"
        return first17 + check_character(first17)

    def birth(self, intake: int) -> dt.date:
        """A day on which somebody was born who finished nine years of school by then."""
        first = dt.date(intake - AGE_AT_ENTRY - 1, 9, 1)
        return first + dt.timedelta(days=int(self.rng.random() * 365))

    def bank(self) -> Bank:
        share = words.BANK_SHARES[int(self.rng.random() * len(words.BANK_SHARES))]
        return words.BANKS[share]

    def card(self, bank: Bank) -> str:
        """A new card of this bank."""
        turn = self._cards[bank.bin] = self._cards[bank.bin] + 1
        width = bank.length - len(bank.bin) - 1
        return with_luhn(f"{bank.bin}{turn * SCRAMBLE % 10**width:0{width}d}")

    def pupil(self, area: str, intake: int, major: Major, class_no: int, state: str = "01"
              ) -> Pupil:  # fmt: skip
        """One more student, somewhere near that area."""
        male = self.rng.random() < 0.55
        if self.rng.random() < 0.04:
            area = words.RETIRED_AREAS[int(self.rng.random() * len(words.RETIRED_AREAS))]
        bank = self.bank()
        return Pupil(
            self.name(male), self.id_no(area, self.birth(intake), male), male, self.card(bank),
            bank, intake, major, f"{intake}级{major.short}{class_no}班", state,
        )  # fmt: skip


_TWICE = {d: sum(divmod(int(d) * 2, 10)) for d in "0123456789"}


def with_luhn(digits: str) -> str:
    """The digits with the check digit of cards behind them."""
    total = sum(map(_TWICE.__getitem__, digits[::-2])) + sum(map(int, digits[-2::-2]))
    return f"{digits}{-total % 10}"


def with_mod_11_10(digits: str) -> str:
    """The digits with the check digit of bank numbers (ISO 7064 MOD 11,10) behind them."""
    check = 5
    for digit in digits:
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return f"{digits}{(1 - (check or 10) * 2 % 11) % 10}"
