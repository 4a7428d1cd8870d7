"""The whole province: as many bureaus, schools, students and paid months as there are to carry."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from app.kernel import clock
from app.registry.models import GRANT
from app.registry.service import programme
from app.world import days, founding, places, staff
from app.world.paid_lists import Month, write_lists
from app.world.paid_runs import write_runs
from app.world.people import Issuer

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth
    from app.world.founding import Founded

SCHOOLS, STUDENTS = 500, 400_000
LISTED_ON, PAID_ON = (3, 4, 5, 11), (12, 13, 14, 15)
"""On which working days of a month its lists were uploaded, submitted, published, confirmed, and
its runs opened, checked, answered, settled."""
SHOWN_AGO = (4, 3, 2)
"""How many working days ago the present month's lists were uploaded, submitted, published."""


def found(seed: int, password: str, schools: int = SCHOOLS, students: int = STUDENTS
          ) -> tuple[Founded, int]:  # fmt: skip
    """Bureaus, schools and accounts stand, and the students (how many) with a card each."""
    rng = random.Random(seed)
    taught = list(places.schools(rng, schools, students // founding.INTAKES))
    everywhere = [*places.bureaus(), *taught]
    made = founding.found(everywhere, staff.many_staff(everywhere, rng), password)
    drawn = founding.pupils(taught, Issuer(rng), named=False)
    return made, founding.settle(made.orgs, drawn, clock.this_month())


def remember(months: list[YearMonth]) -> None:
    """Every earlier month is paid; the last one's lists are on the notice board, or on the way."""
    if months:
        days.settle_calendar(months[0])
    told, aid = days.Days(), programme(GRANT)
    for month in months[:-1]:
        listed, paid = (_moments(told, month, on) for on in (LISTED_ON, PAID_ON))
        done = Month(month, aid.id, listed, told.calendar)
        write_lists(done)
        write_runs(done, paid)
    for month in months[-1:]:
        ago = [told.before(n, 10) for n in SHOWN_AGO]
        write_lists(Month(month, aid.id, ago, told.calendar))


def _moments(told: days.Days, month: YearMonth, on: tuple[int, ...]) -> list[dt.datetime]:
    return [told.of_month(month, n, 10) for n in on]
