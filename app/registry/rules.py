"""What a standard means, month by month and grade by grade. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.types import YearMonth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.registry.models import Standard

HORIZON = YearMonth.at(2035, 12)
"""How far ahead months are spread; standards end earlier by their own dates."""


AUTUMN = 5
"""Months of the autumn term, September to January."""


def numbers(listed: str) -> list[int]:
    """`"2,3,4"` -> [2, 3, 4]."""
    return [int(n) for n in listed.split(",") if n.strip()]


def month_shares(yearly_fen: int, paid_months: Sequence[int]) -> dict[int, int]:
    """What each paid month of a school year is worth, in whole fen.

    A year is assessed by terms: each of the two is worth half of it, the odd fen going to the
    spring, and its last paid month carries what does not divide. Where only one term has paid
    months, it is worth the whole year.
    """
    autumn = sorted((m for m in paid_months if _turn(m) < AUTUMN), key=_turn)
    spring = sorted((m for m in paid_months if _turn(m) >= AUTUMN), key=_turn)
    first = yearly_fen // 2 if autumn and spring else yearly_fen if autumn else 0
    return _divided(first, autumn) | _divided(yearly_fen - first, spring)


def _turn(month: int) -> int:
    """September is the first month of a school year."""
    return (month - 9) % 12


def _divided(fen: int, months: Sequence[int]) -> dict[int, int]:
    shares = dict.fromkeys(months, fen // len(months)) if months else {}
    if months:
        shares[months[-1]] += fen % len(months)
    return shares


def spread(standards: Sequence[Standard]) -> Iterator[tuple[int, YearMonth, str, int]]:
    """Every (programme, month, grade, fen) that the standards grant, for paid months only.

    A standard ends where the programme's next one begins, whether or not somebody wrote its end
    down; terms that lie wholly within one standard add up to its half year.
    """
    for s, end in _in_force(standards):
        shares = month_shares(s.yearly_fen, numbers(s.paid_months))
        for month in s.valid_from.until(end):
            if month.month in shares:
                for grade in s.grades.split(","):
                    yield s.programme_id, month, grade, shares[month.month]


def _in_force(standards: Sequence[Standard]) -> Iterator[tuple[Standard, int]]:
    """Each standard with the last month it rules."""
    for s in standards:
        later = [int(o.valid_from) - 1 for o in standards
                 if o.programme_id == s.programme_id and o.valid_from > s.valid_from]  # fmt: skip
        yield s, min(s.valid_to or HORIZON, HORIZON, *later)
