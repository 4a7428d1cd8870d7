"""What a standard means, month by month and grade by grade. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel.types import YearMonth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.registry.models import Standard

HORIZON = YearMonth.at(2035, 12)
"""How far ahead months are spread; standards end earlier by their own dates."""


def numbers(listed: str) -> list[int]:
    """`"2,3,4"` -> [2, 3, 4]."""
    return [int(n) for n in listed.split(",") if n.strip()]


def monthly_fen(yearly_fen: int, paid_months: int) -> int:
    """A month's share in whole fen, rounded down; what remains goes to the year's last month."""
    return yearly_fen // paid_months


def spread(standards: Sequence[Standard]) -> Iterator[tuple[int, YearMonth, str, int]]:
    """Every (programme, month, grade, fen) that the standards grant, for paid months only.

    A school year runs from September; its last paid month carries the remainder in fen, so that
    a year's months add up to the standard. A standard ends where the programme's next one begins,
    whether or not somebody wrote its end down.
    """
    for s, end in _in_force(standards):
        months = numbers(s.paid_months)
        share = monthly_fen(s.yearly_fen, len(months))
        last = max(months, key=lambda m: (m - 9) % 12)
        for month in s.valid_from.until(end):
            if month.month in months:
                rest = s.yearly_fen - share * len(months) if month.month == last else 0
                for grade in s.grades.split(","):
                    yield s.programme_id, month, grade, share + rest


def _in_force(standards: Sequence[Standard]) -> Iterator[tuple[Standard, int]]:
    """Each standard with the last month it rules."""
    for s in standards:
        later = [int(o.valid_from) - 1 for o in standards
                 if o.programme_id == s.programme_id and o.valid_from > s.valid_from]  # fmt: skip
        yield s, min(s.valid_to or HORIZON, HORIZON, *later)
