"""No account reaches a row that is not its own, by any address of the staff face."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.accounts.models import ROLES, Org
from app.kernel import scope
from app.kernel.actor import CLOCK_ROLE
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments.models import PayFile, PayRun
from tests import world
from tests.conventions.reach import Doors, Victims, placed_models, text_of

BUREAU_DUTIES = ("clerk", "reviewer", "approver", "exporter", "poster")
SCHOOL_STAFF = [world.LANXI_CLERK, world.LANXI_REVIEWER]
"""The victim is the other school of their own county."""
FOREIGN_STAFF = [f"{b}_{d}" for b in ("siming", "xiamen") for d in BUREAU_DUTIES]
STRANGERS_TO_IT = SCHOOL_STAFF + FOREIGN_STAFF
ABOVE = [f"fujian_{d}" for d in BUREAU_DUTIES]
ADMINS = [world.SYSADMIN, world.SECADMIN, world.AUDITOR]
OPEN_TO_ALL = {"/health", "/login/", "/lang/zh_CN"}


def path_of(app, code: str) -> str:
    with app.app_context(), scope.everyone("a test looks up a place"):
        return db.session.scalar(select(Org.path).where(Org.code == code))


@pytest.fixture
def doors_of(house, stage, monkeypatch):
    """The doors of the house with rows of 旗山 and of 闽侯's bureau behind them, as far as they
    are none of this account's business. A crash is an answer like any other: 500."""
    monkeypatch.setitem(stage.staff.config, "PROPAGATE_EXCEPTIONS", False)

    def make(username: str) -> Doors:
        school = username[1:].partition("_")[0] if username[1].isdigit() else ""
        own = path_of(stage.staff, school) if school else "!"
        return Doors(stage.staff, Victims(stage.staff, path_of(stage.staff, world.MINHOU), own))

    return make


def secrets_of(doors: Doors, username: str) -> list[str]:
    """Words of the victims that stand nowhere in the account's own part of the tree, nor name
    an organisation above it."""
    with doors.app.app_context(), scope.everyone("a test looks up a place"):
        path = world.actor(username).org_path
        above = list(
            db.session.scalars(select(Org.name).where(Org.path.in_(scope.ancestors(path))))
        )
    own = "\n".join([*above, *Victims(doors.app, path).words(most=10_000)])
    return sorted(w for w in doors.victims.words() if w not in own)


def wrong_answers(doors: Doors, client, told: list[str]) -> list[str]:
    """Every knock that was answered by a crash, or with a word of the victims."""
    wrong = []
    for knock in doors.all():
        answer = client.open(knock.url, method=knock.method, data=knock.data)
        text = text_of(answer)
        said = [w for w in told if w in text]
        if answer.status_code >= 500 or said:
            wrong.append(f"{knock}: {answer.status_code} {said[:3]}")
    return wrong


def test_the_cast_has_every_role(house, stage):
    with stage.staff.app_context():
        roles = {world.actor(name).role for name in STRANGERS_TO_IT + ADMINS}
    assert roles == set(ROLES) - {CLOCK_ROLE}


def test_the_victims_have_rows_in_every_table_of_a_place(doors_of):
    victims = doors_of(world.LANXI_CLERK).victims
    empty = {m.__tablename__ for m in placed_models() if not victims.rows(m)}
    assert empty <= {"job"}
    assert len(victims.words()) > 200


@pytest.mark.parametrize("username", STRANGERS_TO_IT)
def test_nobody_elses_rows_are_told_or_touched(doors_of, client_of, username):
    doors = doors_of(username)
    before = doors.victims.as_they_stand()
    assert not wrong_answers(doors, client_of(username), secrets_of(doors, username))
    assert doors.victims.as_they_stand() == before


@pytest.mark.parametrize("username", [world.LANXI_CLERK, "siming_poster", world.SYSADMIN])
def test_every_knock_that_is_denied_stands_in_the_trail(doors_of, client_of, username):
    doors, client = doors_of(username), client_of(username)
    before, denied = refusals_of(doors, username), 0
    for knock in doors.all():
        answer = client.open(knock.url, method=knock.method, data=knock.data)
        denied += answer.status_code in (403, 404)
    assert denied > 100
    assert refusals_of(doors, username) - before >= denied


def refusals_of(doors: Doors, username: str) -> int:
    with doors.app.app_context(), scope.everyone("a test reads the trail"):
        theirs = select(func.count()).where(Event.actor == username, Event.verb == "refused")
        return db.session.scalar(theirs)


THEIR_BUSINESS = {
    "fujian_reviewer": {"hold", "roll_entry"}, "fujian_approver": {"hold", "roll_entry"},
    world.SYSADMIN: {"post"}, world.SECADMIN: {"post"},
}  # fmt: skip
"""Tables in which these accounts decide for everybody below them."""


@pytest.mark.parametrize("username", ABOVE + ADMINS)
def test_those_above_change_nothing_that_is_another_bureaus(doors_of, client_of, username):
    doors = doors_of(username)
    before = doors.victims.as_they_stand()
    assert not wrong_answers(doors, client_of(username), [])
    after = doors.victims.as_they_stand()
    changed = {table for table in before if before[table] != after[table]}
    assert changed == THEIR_BUSINESS.get(username, set())


def test_a_stranger_gets_only_the_open_pages(doors_of, stage):
    doors, client, wrong = doors_of(world.LANXI_CLERK), stage.staff.test_client(), []
    before = doors.victims.as_they_stand()
    told = sorted(doors.victims.words())
    for knock in doors.all():
        answer = client.open(knock.url, method=knock.method, data=knock.data)
        to_the_door = answer.status_code in (302, 303) and "/login/" in answer.location
        shut = to_the_door or answer.status_code in (401, 403, 404)
        text = text_of(answer)
        if any(w in text for w in told) or (not shut and knock.url not in OPEN_TO_ALL):
            wrong.append(f"{knock}: {answer.status_code}")
    assert not wrong
    assert doors.victims.as_they_stand() == before


@pytest.mark.parametrize("duty", ["exporter", "reviewer", "approver"])
@pytest.mark.parametrize("bureau", ["fujian", "fuzhou", "siming"])
def test_a_bank_file_is_handed_out_by_its_own_bureau_only(doors_of, client_of, bureau, duty):
    """Those above see the run and its figures; whole card numbers stand in its files."""
    victims = doors_of(world.LANXI_CLERK).victims
    url = f"/rungrid/{victims.one(PayRun)}/file/{victims.one(PayFile)}"
    answer = client_of(f"{bureau}_{duty}").post(url)
    assert answer.status_code == (404 if bureau == "siming" else 409)
    assert "attachment" not in answer.headers.get("Content-Disposition", "")
