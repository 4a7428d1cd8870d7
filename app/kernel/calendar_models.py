"""The official working-day calendar, kept as rows that the province can edit."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.clock import WorkCalendar
from app.kernel.db import Base
from app.kernel.types import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session, scoped_session

_SEED = Path(__file__).parent / "data" / "special_days.csv"


class SpecialDay(Base):
    """A day on which people work, or do not, whatever its weekday says."""

    __tablename__ = "special_day"
    day: Mapped[dt.date] = mapped_column(unique=True)
    is_workday: Mapped[bool]
    name: Mapped[str] = mapped_column(Text(max=60))
    source: Mapped[str] = mapped_column(Text(max=200), default="")


class CalendarYear(Base):
    """Whether a year's special days are those of the official notice."""

    __tablename__ = "calendar_year"
    year: Mapped[int] = mapped_column(unique=True)
    confirmed: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(Text(max=200), default="")


def load_calendar(session: Session | scoped_session[Any]) -> WorkCalendar:
    """The calendar as it stands now; its `version` belongs beside every date it gave."""
    days = session.execute(select(SpecialDay.day, SpecialDay.is_workday))
    years = session.scalars(select(CalendarYear.year).where(CalendarYear.confirmed))
    return WorkCalendar({row.day: row.is_workday for row in days}, frozenset(years))


def seed_calendar(session: Session | scoped_session[Any]) -> int:
    """Years nobody has entered yet are there with their days; how many years were added.

    A year that has a row belongs to the province, and none of its days is touched.
    """
    entered = set(session.scalars(select(CalendarYear.year)))
    days = [day for day in _shipped() if day.day.year not in entered]
    years = {day.day.year: day.source for day in days}
    session.add_all(days)
    session.add_all(CalendarYear(year=y, confirmed=True, source=s) for y, s in years.items())
    session.flush()
    return len(years)


def _shipped() -> Iterator[SpecialDay]:
    """The days this release knows; every one of its years was confirmed when it was written."""
    with _SEED.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            day = dt.date.fromisoformat(row["day"])
            yield SpecialDay(
                day=day,
                is_workday=row["is_workday"] == "1",
                name=row["name"],
                source=f"国务院办公厅关于{day.year}年部分节假日安排的通知",
            )
