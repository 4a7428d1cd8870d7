"""Working days counted from either end, for a story that must fit any day it is told on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.kernel import clock
from app.kernel.calendar_models import CalendarYear, load_calendar
from app.kernel.db import db
from app.registry.models import GRANT, DueMonth, Programme

if TYPE_CHECKING:
    from app.kernel.types import YearMonth


def paid_months(count: int) -> list[YearMonth]:
    """The last months, up to the present one, for which the grant is paid; the earliest first."""
    found = (
        select(DueMonth.month)
        .join(Programme, Programme.id == DueMonth.programme_id)
        .where(Programme.code == GRANT, DueMonth.month <= clock.this_month())
        .distinct()
        .order_by(DueMonth.month.desc())
        .limit(count)
    )
    return list(db.session.scalars(found))[::-1]


def settle_calendar(first: YearMonth) -> None:
    """No year from that month to today is unconfirmed: an invented past has firm dates."""
    known = set(db.session.scalars(select(CalendarYear.year).where(CalendarYear.confirmed)))
    missing = sorted(set(range(first.year, clock.today().year + 1)) - known)
    source = "试用数据：未收录国务院通知，按周末与固定假日推算"
    db.session.add_all(CalendarYear(year=y, confirmed=True, source=source) for y in missing)
    db.session.flush()


class Days:
    """Moments on working days, by today's calendar."""

    def __init__(self) -> None:
        self.calendar = load_calendar(db.session)
        self.now = clock.now()

    def before(self, count: int, hour: float) -> dt.datetime:
        """That hour of the count-th working day before today."""
        day = self.now.date()
        while count:
            day -= clock.ONE_DAY
            count -= self.calendar.is_workday(day)
        return _hour(day, hour)

    def of_month(self, month: YearMonth, count: int, hour: float) -> dt.datetime:
        """That hour of the month's count-th working day."""
        day, _provisional = self.calendar.add_workdays(month.first_day - clock.ONE_DAY, count)
        return _hour(day, hour)

    def lately(self, month: YearMonth, hours: float) -> dt.datetime:
        """So many hours ago, but not before the month began."""
        return max(clock.moment_of(month.first_day), self.now - dt.timedelta(hours=hours))


def _hour(day: dt.date, hour: float) -> dt.datetime:
    return clock.moment_of(day) + dt.timedelta(hours=hour)
