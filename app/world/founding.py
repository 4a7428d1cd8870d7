"""Organisations, accounts and students of a world, put where there was nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, select, update

from app.accounts import rules, service
from app.accounts.models import SCHOOL, Org, Post
from app.accounts.workflow import ACTIVE
from app.kernel import clock
from app.kernel.calendar_models import seed_calendar
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments import layouts
from app.payments.models import Payer
from app.registry import difficulties
from app.registry.models import AT_SCHOOL
from app.registry.service import lay_down_programmes
from app.world import known
from app.world.people import with_mod_11_10
from app.world.registering import Seat, register

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.kernel.types import YearMonth
    from app.world.people import Issuer, Pupil
    from app.world.places import Place
    from app.world.staff import Account

INTAKES = 4
"""School years that a world remembers: three at school and one that has left."""
AWAY = {7: "02", 31: "03"}
"""Of fifty on a roll one is on leave, one has given up."""


class Founded(NamedTuple):
    """What stands: organisations by code, accounts, and their one password."""

    orgs: dict[str, Org]
    accounts: list[Account]
    password: str


def check_empty() -> None:
    """Raises Refused when anybody or anything is in the database already."""
    if db.session.scalar(select(exists().where(Org.id.is_not(None)))):
        raise Refused(_("数据库不是空的：试用数据只装入空数据库，没有改动任何内容"))


def check_password(password: str) -> str:
    """The trial password: the given one, if it may be one, else a random one."""
    if password and (fault := rules.password_fault(password, "")):
        raise Refused(fault)
    return password or rules.random_password()


def lay_ground() -> None:
    """The working-day calendar, the programmes with their standards, the kinds of hardship."""
    seed_calendar(db.session)
    lay_down_programmes()
    difficulties.lay_down()


def found(places: Sequence[Place], staff: Iterable[Account], password: str) -> Founded:
    """Organisations with their fiscal accounts, and everybody's account."""
    orgs: dict[str, Org] = {}
    for n, place in enumerate(places, 1):
        orgs[place.code] = service.add_org(
            place.code, place.name, place.level, orgs.get(place.above),
            division_code=place.division, ownership=place.ownership, phone=f"0591-0{n:07d}",
        )  # fmt: skip
    db.session.add_all(_payer(org) for org in orgs.values() if org.level != SCHOOL)
    layouts.seed()
    accounts = list(staff)
    service.add_accounts([_account(a, orgs, password) for a in accounts])
    return Founded(orgs, accounts, password)


def _payer(org: Org) -> Payer:
    """The bureau's fiscal account. No bank has numbers like these."""
    return Payer(
        org_id=org.id, account=f"350000{org.id:013d}", name=f"{org.name}资助资金专户",
        bank_name="中国建设银行福建省分行", cnaps=with_mod_11_10("10539100001"),
    )  # fmt: skip


def _account(account: Account, orgs: dict[str, Org], password: str) -> service.NewAccount:
    return service.NewAccount(account.username, account.name, orgs[account.org_code],
                              account.duty, password, ACTIVE, must_change=False)  # fmt: skip


def renew_passwords() -> None:
    """Everybody's password is as old as this moment."""
    db.session.execute(update(Post).values(password_on=clock.now()))


def school_year(month: YearMonth) -> int:
    """The year in whose September the school year of this month began."""
    return month.year if month.month >= 9 else month.year - 1


def settle(orgs: dict[str, Org], drawn: Iterable[tuple[str, Pupil]], as_of: YearMonth) -> int:
    """These students (school's code, student) stand in the registry; how many there are.

    Grades are today's; who has left the school already is as of the month.
    """
    seats = (Seat(orgs[code].id, orgs[code].path, pupil) for code, pupil in drawn)
    return register(seats, school_year(clock.this_month()), as_of)


def pupils(places: Iterable[Place], issuer: Issuer, named: bool) -> Iterator[tuple[str, Pupil]]:
    """Students for the schools among the places, each school's oldest intake first.

    `named`: those everybody knows sit in their places.
    """
    year = school_year(clock.this_month())
    for place in places:
        for intake in range(year - INTAKES + 1, year + 1):
            for n in range(place.size):
                made = _pupil(place, issuer, intake, n)
                if named:
                    made = known.as_known(place.code, year - intake, n, made)
                yield place.code, made


def _pupil(place: Place, issuer: Issuer, intake: int, n: int) -> Pupil:
    """The n-th of an intake, spread over the majors, 45 to a class; a few are away or gone."""
    major = place.majors[n % len(place.majors)]
    class_no = n // len(place.majors) // 45 + 1
    return issuer.pupil(place.area, intake, major, class_no, AWAY.get(n % 50, AT_SCHOOL))
