"""A world loaded, whole or not at all."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.kernel import clock
from app.kernel.db import db, writing
from app.kernel.scope import everyone
from app.world import founding, places, staff
from app.world.people import Issuer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.world.staff import Account

SEED = 2026


@dataclass(frozen=True)
class Loaded:
    """What stands now: who can sign in, with which password, and how many of everything."""

    accounts: list[Account]
    password: str
    figures: dict[str, int]


def load_small(seed: int = SEED, password: str = "") -> Loaded:
    """The small Fujian stands; commits.

    Refused when the database is not empty; whatever goes wrong, nothing stands.
    """
    secret = founding.check_password(password)
    with _all_or_nothing():
        founding.check_empty()
        made = founding.found(places.SMALL, staff.small_staff(places.SMALL), secret)
        issuer = Issuer(random.Random(seed))
        drawn = founding.pupils(places.SMALL, issuer, named=True)
        students = founding.settle(made.orgs, drawn, clock.this_month())
        founding.renew_passwords()
    return Loaded(made.accounts, secret, {"orgs": len(made.orgs), "students": students})


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """What is written inside is committed at the end, or none of it."""
    db.session.rollback()
    with everyone("试用数据装入空数据库"), writing():
        try:
            yield
            db.session.commit()
        finally:
            db.session.rollback()
