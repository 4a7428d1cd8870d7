"""The calendar in the database: seeded once, then the province's own."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.calendar_models import CalendarYear, SpecialDay, load_calendar, seed_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = [SpecialDay.__table__, CalendarYear.__table__]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://")
    SpecialDay.metadata.create_all(engine, tables=TABLES)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_the_seed_brings_the_years_with_official_notices(session: Session) -> None:
    assert seed_calendar(session) == 4
    calendar = load_calendar(session)
    assert calendar.confirmed == {2023, 2024, 2025, 2026}
    assert calendar.add_workdays(dt.date(2026, 9, 24), 5) == (dt.date(2026, 10, 9), False)
    assert calendar.add_workdays(dt.date(2026, 12, 25), 5)[1] is True


def test_seeding_again_changes_nothing(session: Session) -> None:
    seed_calendar(session)
    before = load_calendar(session).version
    assert seed_calendar(session) == 0
    assert load_calendar(session).version == before


def test_what_the_province_changed_is_not_seeded_over(session: Session) -> None:
    seed_calendar(session)
    session.execute(sa.delete(SpecialDay).where(SpecialDay.day == dt.date(2026, 10, 10)))
    seed_calendar(session)
    assert not load_calendar(session).is_workday(dt.date(2026, 10, 10))


def test_a_new_year_counts_once_it_is_confirmed(session: Session) -> None:
    seed_calendar(session)
    year = CalendarYear(year=2027, confirmed=False)
    session.add(year)
    for day in (1, 4):
        session.add(SpecialDay(day=dt.date(2027, 1, day), is_workday=False, name="元旦"))
    session.flush()
    end = (dt.date(2027, 1, 5), True)
    assert load_calendar(session).add_workdays(dt.date(2026, 12, 25), 5) == end
    year.confirmed = True
    session.flush()
    assert load_calendar(session).add_workdays(dt.date(2026, 12, 25), 5) == (end[0], False)


def test_without_a_calendar_every_date_is_provisional(session: Session) -> None:
    calendar = load_calendar(session)
    assert calendar.add_workdays(dt.date(2026, 3, 2), 5) == (dt.date(2026, 3, 9), True)
