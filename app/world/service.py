"""A world loaded, whole or not at all."""

from __future__ import annotations

import random
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.kernel import clock
from app.kernel.db import db, writing
from app.kernel.scope import everyone
from app.world import days, founding, places, province, staff, story
from app.world.deeds import Deeds
from app.world.people import Issuer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.world.staff import Account

SEED = 2026
SMALL_MONTHS, PROVINCE_MONTHS = 6, 3


@dataclass(frozen=True)
class Loaded:
    """What stands now: who can sign in, with which password, and how many of everything."""

    accounts: list[Account]
    password: str
    figures: dict[str, int]


def load_small(seed: int = SEED, password: str = "", months: int = SMALL_MONTHS) -> Loaded:
    """The small Fujian stands, with the life of its last paid months; commits.

    `months`: paid months up to the present one, 0 for people and schools only. Refused when the
    database is not empty; whatever goes wrong, nothing stands.
    """
    secret = founding.check_password(password)
    with _all_or_nothing(), tempfile.TemporaryDirectory() as folder:
        founding.check_empty()
        founding.lay_ground()
        lived = days.paid_months(months)
        as_of = lived[0] if lived else clock.this_month()
        with clock.at(as_of.first_day):
            made = founding.found(places.SMALL, staff.small_staff(places.SMALL), secret)
        issuer = Issuer(random.Random(seed))
        drawn = founding.pupils(places.SMALL, issuer, named=True)
        students = founding.settle(made.orgs, drawn, as_of)
        if lived:
            days.settle_calendar(as_of)
            story.tell(Deeds(Path(folder)), lived)
        founding.renew_passwords()
    return Loaded(made.accounts, secret, {"orgs": len(made.orgs), "students": students})


def load_province(seed: int = SEED, password: str = "", months: int = PROVINCE_MONTHS,
                  schools: int = province.SCHOOLS, students: int = province.STUDENTS
                  ) -> Loaded:  # fmt: skip
    """The whole province stands, all but the last of its paid months paid; commits.

    Refused and undone as `load_small`.
    """
    secret = founding.check_password(password)
    with _all_or_nothing():
        founding.check_empty()
        founding.lay_ground()
        made, count = province.found(seed, secret, schools, students)
        province.remember(days.paid_months(months))
    return Loaded(made.accounts, secret, {"orgs": len(made.orgs), "students": count})


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """What is written inside is committed at the end, or none of it.

    The database counts its tables before anybody asks it for a plan: of a table never counted
    PostgreSQL thinks it nearly empty, and reads whole tables within each other for minutes.
    """
    db.session.rollback()
    with everyone("试用数据装入空数据库"), writing():
        try:
            yield
            db.session.connection().exec_driver_sql("ANALYZE")
            db.session.commit()
        finally:
            db.session.rollback()
