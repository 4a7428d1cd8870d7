"""Who works there: one account for each duty, so that a month needs as many people as it does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from app.accounts.models import (
    APPROVER,
    AUDITOR,
    CLERK,
    DUTIES,
    EXPORTER,
    POSTER,
    PROVINCE,
    REVIEWER,
    SCHOOL,
    SECADMIN,
    SYSADMIN,
)
from app.world import words

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from app.world.places import Place

AT_SCHOOL = (CLERK, REVIEWER)
AT_BUREAU = (CLERK, REVIEWER, APPROVER, EXPORTER, POSTER)
ADMINS = (SYSADMIN, SECADMIN, AUDITOR)


class Account(NamedTuple):
    """One person to be let in: at which organisation, for what."""

    username: str
    name: str
    org_code: str
    org_name: str
    duty: str

    @property
    def duty_name(self) -> str:
        return str(DUTIES[self.duty])


def small_staff(places: Iterable[Place]) -> Iterator[Account]:
    """One person for every duty there is, the three administrators at the province."""
    names = iter(words.STAFF)
    for place in places:
        for duty in duties_at(place):
            username = duty if duty in ADMINS else f"{place.slug}_{duty}"
            yield Account(username, next(names), place.code, place.name, duty)


def many_staff(places: Iterable[Place], rng: random.Random) -> Iterator[Account]:
    """Two people for every duty; the second's user name ends in 2."""
    for place, turn in itertools.product(places, ("", "2")):
        for duty in duties_at(place):
            username = f"{duty}{turn}" if duty in ADMINS else f"{place.slug}_{duty}{turn}"
            yield Account(username, _name(rng), place.code, place.name, duty)


def duties_at(place: Place) -> tuple[str, ...]:
    if place.level == SCHOOL:
        return AT_SCHOOL
    return AT_BUREAU + ADMINS if place.level == PROVINCE else AT_BUREAU


def _name(rng: random.Random) -> str:
    given = rng.choice(words.MIDDLE) + rng.choice(words.MEN + words.WOMEN)
    return rng.choice(words.SURNAMES) + given
