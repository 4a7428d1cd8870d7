"""Cards, money taken back and money arriving, from the command line: by the rules of the pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import select

from app.kernel import clock, scope
from app.kernel.db import db
from app.payments.models import Attempt, FundArrival, PayRun, Recovery
from app.publicity.models import AidList
from app.registry.models import Card, CardChange, Enrolment
from app.world.paper import write_list
from tests import world

if TYPE_CHECKING:
    from collections.abc import Callable

NEW = "6212840000000007004"


class Told(NamedTuple):
    """How a command ended."""

    status: int
    counts: dict[str, object]
    complaints: str


@pytest.fixture
def flask(living) -> Callable[..., Told]:
    """`flask("cards", "take", ..., as_="somebody")`, always with --json."""

    def run(*words: object, as_: str, typed: str = "") -> Told:
        args = [*map(str, words), "--as", as_, "--json"]
        ended = living.staff.test_cli_runner().invoke(args=args, input=typed)
        living.touched()
        return Told(ended.exit_code, json.loads(ended.stdout), ended.stderr)

    return run


@pytest.fixture
def one(living) -> Callable[..., object]:
    """The first value of a SELECT, as the system sees it."""

    def ask(found: object) -> object:
        with living.staff.app_context(), scope.everyone("a test looks"):
            return db.session.scalar(found)

    return ask


@pytest.fixture
def student(one) -> int:
    """A student of 兰溪 with a card in use."""
    used = select(Card.person_id).where(Card.state == "active")
    return one(select(Enrolment.id).where(Enrolment.school.has(code=world.LANXI),
                                          Enrolment.state == "01",
                                          Enrolment.person_id.in_(used)).limit(1))  # fmt: skip


def ask(flask, student, **but):
    who = but.pop("as_", world.LANXI_CLERK)
    return flask("cards", "ask", student, "--why", "lost", as_=who, typed=f"{NEW}\n")


def test_a_card_is_asked_for_checked_and_in_use(flask, one, student):
    asked = ask(flask, student)
    assert asked.status == 0
    assert NEW not in json.dumps(asked.counts)
    request = asked.counts["request"]
    waiting = flask("cards", "list", "--state", "asked", as_=world.LANXI_REVIEWER)
    assert list(waiting.counts) == [str(request)]
    assert ask(flask, student).status == 1  # one request at a time
    own = flask("cards", "take", "accept_card", request, as_=world.LANXI_CLERK)
    assert (own.status, bool(own.complaints)) == (1, True)
    done = flask("cards", "take", "accept_card", request, as_=world.LANXI_REVIEWER)
    assert (done.status, done.counts["moved"]) == (0, 1)
    used = select(Card.card_no).join(CardChange, CardChange.new_card_id == Card.id)
    assert one(used.where(CardChange.id == request, Card.state == "active")) == NEW


def test_a_card_is_declined_only_with_a_reason(flask, student):
    request = ask(flask, student).counts["request"]
    bare = flask("cards", "take", "decline_card", request, as_=world.LANXI_REVIEWER)
    assert (bare.status, "理由" in bare.complaints) == (1, True)
    assert flask("cards", "take", "decline_card", request, "--note", "卡号看不清",
                 as_=world.LANXI_REVIEWER).counts["moved"] == 1  # fmt: skip


def test_the_bureau_of_another_county_finds_no_request(flask, student):
    request = ask(flask, student).counts["request"]
    told = flask("cards", "take", "accept_card", request, as_=world.SIMING_REVIEWER)
    assert (told.status, "没有编号" in told.complaints) == (1, True)
    assert ask(flask, student, as_=world.YURONG_CLERK).status == 1


@pytest.mark.parametrize("group", ["cards", "recoveries", "funds"])
@pytest.mark.parametrize("who", [world.SYSADMIN, world.AUDITOR])
def test_administrators_list_no_money(flask, group, who):
    assert flask(group, "list", as_=who).status == 1


# --- money taken back


@pytest.fixture
def arrived(one) -> str:
    """The reference of an order of 闽侯's that arrived and that nothing is asked back of."""
    taken = select(Recovery.attempt_id)
    mine = Attempt.run.has(PayRun.bureau.has(code=world.MINHOU))
    return one(select(Attempt.ref).where(Attempt.state == "paid", mine,
                                         Attempt.id.not_in(taken)).limit(1))  # fmt: skip


def begin(flask, ref, yuan="60.50", as_=world.MINHOU_CLERK):
    return flask("recoveries", "begin", ref, "--yuan", yuan, "--why", "excess", "--reason",
                 "按旧班级名册多发", as_=as_)  # fmt: skip


def test_money_is_asked_back_agreed_and_received(flask, arrived):
    begun = begin(flask, arrived)
    assert (begun.status, begun.counts["fen"]) == (0, 6050)
    row = begun.counts["recovery"]
    assert flask("recoveries", "take", "submit_recovery", row, as_=world.MINHOU_CLERK).status == 0
    agreed = flask("recoveries", "take", "agree_recovery", row, as_=world.MINHOU_REVIEWER)
    assert agreed.counts["moved"] == 1
    paper = ("--voucher", "JK2026-9", "--on", "2026-11-20")
    early = flask("recoveries", "receive", row, *paper, as_=world.MINHOU_CLERK)
    assert early.status == 1
    done = flask("recoveries", "receive", row, *paper, as_=world.MINHOU_POSTER)
    assert (done.status, done.counts["fen"]) == (0, 6050)
    listed = flask("recoveries", "list", "--state", "repaid", as_=world.MINHOU_CLERK)
    assert str(row) in listed.counts


@pytest.mark.parametrize("yuan", ["9999", "0", "1.234", "钱"])
def test_a_sum_that_cannot_be_is_refused(flask, one, arrived, yuan):
    assert begin(flask, arrived, yuan).status == 1
    assert begin(flask, arrived, as_="siming_clerk").status == 1
    assert one(select(Recovery.id).where(Recovery.reason == "按旧班级名册多发")) is None


# --- money arriving


def test_funds_are_recorded_checked_and_counted(flask, one):
    before = flask("funds", "left", as_=world.MINHOU_CLERK).counts["arrived"]
    made = flask("funds", "record", "--source", "province", "--yuan", "1200", "--on", "2026-11-20",
                 "--document", "闽财教指〔2026〕44号", as_=world.MINHOU_CLERK)  # fmt: skip
    assert (made.status, made.counts["fen"]) == (0, 120_000)
    arrival = made.counts["arrival"]
    assert flask("funds", "left", as_=world.MINHOU_CLERK).counts["arrived"] == before
    own = flask("funds", "take", "confirm_funds", arrival, as_=world.MINHOU_CLERK)
    assert own.status == 1
    assert flask("funds", "take", "confirm_funds", arrival, as_=world.MINHOU_REVIEWER).status == 0
    assert flask("funds", "left", as_=world.MINHOU_CLERK).counts["arrived"] == before + 120_000
    assert one(select(FundArrival.state).where(FundArrival.id == arrival)) == "arrived"
    gone = flask("funds", "take", "strike_funds", arrival, "--note", "重复登记",
                 as_=world.MINHOU_REVIEWER)  # fmt: skip
    assert gone.counts["moved"] == 1


def test_a_day_ahead_and_another_bureau_are_refused(flask, one):
    words = ("funds", "record", "--source", "county", "--yuan", "1", "--document", "甲〔2026〕1号")
    assert flask(*words, "--on", "2026-11-24", as_=world.MINHOU_CLERK).status == 1
    arrival = one(select(FundArrival.id).where(FundArrival.bureau.has(code=world.MINHOU)).limit(1))
    assert flask("funds", "take", "strike_funds", arrival, "--note", "试",
                 as_=world.SIMING_REVIEWER).status == 1  # fmt: skip


# --- a list of several months


def test_a_supplement_of_several_months_is_imported(flask, one, living, tmp_path):
    from app.world.roster import due, granted, roster, row_of

    with living.staff.app_context(), scope.everyone("the school knows its students"):
        month = clock.YearMonth.parse("2026-10")
        student = granted(roster([world.WUYI])[world.WUYI], month)[0]
        row = row_of(student, month, 2 * due(month)) | {"first_month": "", "last_month": ""}
    write_list(tmp_path / "补发.xlsx", [row])
    told = flask("lists", "import", tmp_path / "补发.xlsx", "--school", world.WUYI, "--kind",
                 "SUPPLEMENT", "--month", "2026-10", "--first", "2026-09",
                 as_=f"s{world.WUYI}_clerk")  # fmt: skip
    assert told.counts["accepted"] == 1
    made = one(select(AidList).where(AidList.id == told.counts["list"]))
    assert (str(made.first_month), str(made.month)) == ("2026-09", "2026-10")
