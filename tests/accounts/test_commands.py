"""Commands act for somebody, by the rules of the pages, and leave the same trail."""

from __future__ import annotations

import json

import click
import pytest

from app.accounts.acting import acting_as, acts
from app.kernel import scope
from app.kernel.errors import Refused
from app.kernel.workflow import Outcome


def run(town, *words: str):
    return town.app.test_cli_runner().invoke(args=[*words])


def test_the_auditor_lists_the_trail(town):
    town.sign_in("lin", "Wrong-2026-no")
    told = run(town, "audit", "list", "--as", "sun", "--verb", "login", "--json")
    assert told.exit_code == 0, told.output
    (event,) = json.loads(told.stdout)["events"]
    assert (event["actor"], event["outcome"], event["note"]) == ("lin", "refused", "wrong_password")


def test_people_read_it_in_words(town):
    town.sign_in("lin", "Wrong-2026-no")
    line = run(town, "audit", "list", "--as", "sun", "--limit", "1").stdout
    for word in ("lin", "登录", "未办成", "密码错误"):
        assert word in line


def test_days_before_are_left_out(town):
    town.sign_in("lin")
    assert json.loads(run(town, "audit", "list", "--as", "sun", "--since", "2099-01-01",
                          "--json").stdout) == {"count": 0, "events": []}  # fmt: skip


@pytest.mark.parametrize("who", ["wang", "zhao", "lin", "nobody-here"])
def test_nobody_else_lists_it(town, who):
    told = run(town, "audit", "list", "--as", who, "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout) == {"refused": 1}
    assert told.stderr.strip()


def test_an_empty_database_gets_its_province_and_three_administrators(staff):
    words = ["accounts", "found", "--name", "福建省教育厅", "--sysadmin", "wang.s:王系统",
             "--secadmin", "zhao.a:赵安全", "--auditor", "sun.j:孙审计"]  # fmt: skip
    told = staff.test_cli_runner().invoke(args=[*words, "--json"])
    assert told.exit_code == 0, told.output
    secrets = json.loads(told.stdout)
    assert set(secrets) == {"wang.s", "zhao.a", "sun.j"}
    form = {"username": "wang.s", "password": secrets["wang.s"]}
    assert staff.test_client().post("/login/", data=form).status_code == 303
    again = staff.test_cli_runner().invoke(args=words)
    assert again.exit_code == 1
    assert "已经有机构" in again.stderr


def test_who_acts_stands_in_his_own_place_and_what_he_did_is_kept(town):
    with town.app.app_context():
        with acting_as("LIN") as actor:
            assert scope.current() == actor.org_path
            assert actor.role == "school_clerk"
        assert scope.current() is None


@pytest.mark.parametrize("state", ["pending", "stopped"])
def test_an_account_out_of_force_acts_for_nobody(town, state):
    town.put("lin", state=state)
    with town.app.app_context(), pytest.raises(Refused), acting_as("lin"):
        pass


def answer(town, done, *words: str):
    """What a command prints whose function returns, or raises, this."""

    @click.command("trial")
    @click.option("--n", type=int, default=0)
    @acts
    def trial(actor, n):
        if isinstance(done, Exception):
            raise done
        return done | {"by": actor.username, "n": n} if isinstance(done, dict) else done

    return town.app.test_cli_runner().invoke(trial, ["--as", "lin", *words])


def test_counts_are_printed_and_the_status_is_zero(town):
    told = answer(town, {"accepted": 3, "rejected": 0}, "--json", "--n", "7")
    assert told.exit_code == 0
    assert json.loads(told.stdout) == {"accepted": 3, "rejected": 0, "by": "lin", "n": 7}


@pytest.mark.parametrize("done", [{"accepted": 3, "rejected": 1}, Outcome(2, {5: "不行"}, 1)])
def test_a_shortfall_makes_the_status_one(town, done):
    told = answer(town, done)
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit)


def test_reasons_go_to_standard_error(town):
    told = answer(town, Outcome(2, {5: "还在公示期"}, 1), "--json")
    assert json.loads(told.stdout) == {"moved": 2, "refused": 1}
    assert "还在公示期" in told.stderr


def test_a_refusal_is_a_sentence_and_on_the_trail(town):
    told = answer(town, Refused("这样不行"), "--json")
    assert told.exit_code == 1
    assert told.stderr.strip() == "这样不行"
    (event,) = town.events(verb="refused")
    assert (event.actor, event.note, event.ip) == ("lin", "这样不行", "")
