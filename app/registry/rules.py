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
    a year's months add up to the standard.
    """
    for s in standards:
        months = numbers(s.paid_months)
        share = monthly_fen(s.yearly_fen, len(months))
        last = max(months, key=lambda m: (m - 9) % 12)
        for month in s.valid_from.until(min(s.valid_to or HORIZON, HORIZON)):
            if month.month in months:
                rest = s.yearly_fen - share * len(months) if month.month == last else 0
                for grade in s.grades.split(","):
                    yield s.programme_id, month, grade, share + rest
