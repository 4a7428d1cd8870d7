"""The commands know the same bounds as the pages: `--as` somebody else's reaches nothing."""

from __future__ import annotations

import json

import pytest

from app.accounts.models import Org
from app.payments.models import FundArrival, PayRun, Recovery
from app.registry.models import CardChange, Enrolment
from tests import world
from tests.conventions.test_reach import doors_of, path_of, secrets_of  # noqa: F401

QISHAN = ["--school", world.QISHAN, "--month", "2026-11"]


@pytest.fixture
def victims(doors_of):  # noqa: F811
    return doors_of(world.LANXI_CLERK).victims


@pytest.fixture
def run(stage):
    """One command, as somebody; its status and all it said."""

    def invoke(*words: object, who: str):
        result = stage.staff.test_cli_runner().invoke(args=[*map(str, words), "--as", who])
        stage.touched()
        return result

    return invoke


@pytest.mark.parametrize("who", [world.LANXI_CLERK, "siming_clerk", world.MINHOU_CLERK, "auditor"])
def test_nobody_else_imports_a_schools_list(run, victims, tmp_path, who):
    file = tmp_path / "list.csv"
    file.write_text("姓名\n", encoding="utf-8")
    before = victims.as_they_stand()
    result = run("lists", "import", file, *QISHAN, who=who)
    assert result.exit_code == 1
    assert victims.as_they_stand() == before


STEPS = ["submit", "recall", "send_back", "publish", "withdraw", "confirm", "void"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", [world.LANXI_REVIEWER, "siming_approver", "xiamen_approver"])
def test_nobody_else_takes_a_step_on_its_list(run, victims, step, who):
    before = victims.as_they_stand()
    for month in ("2026-09", "2026-10", "2026-11"):
        result = run("lists", "take", step, "--school", world.QISHAN, "--month", month, "--note",
                     "试", who=who)  # fmt: skip
        assert result.exit_code == 1
    assert victims.as_they_stand() == before


@pytest.mark.parametrize("who", ["siming", "xiamen", "fujian"])
def test_another_bureau_does_nothing_with_its_runs(run, victims, tmp_path, who):
    pay_run, answer = victims.one(PayRun), tmp_path / "answer.csv"
    out = tmp_path / "out"
    answer.write_text("ref\n", encoding="utf-8")
    before = victims.as_they_stand()
    tried = [
        run("payments", "open", "--month", "2026-10", "--bureau", world.MINHOU, who=f"{who}_clerk"),
        run("payments", "export", pay_run, "--profile", "icbc_batch_xlsx", who=f"{who}_exporter"),
        run("payments", "fetch", pay_run, "--out", out, who=f"{who}_exporter"),
        run("payments", "fetch", pay_run, "--out", out, who=f"{who}_reviewer"),
        run("payments", "results", pay_run, answer, who=f"{who}_poster"),
        run("payments", "take", "check", pay_run, who=f"{who}_approver"),
        run("payments", "take", "settle", pay_run, who=f"{who}_poster"),
        run("payments", "take", "void", pay_run, "--note", "试", who=f"{who}_clerk"),
        run("payments", "again", pay_run, who=f"{who}_exporter"),
    ]  # fmt: skip
    assert [r.exit_code for r in tried] == [1] * len(tried)
    assert not out.exists()
    assert victims.as_they_stand() == before


@pytest.mark.parametrize("who", [world.QISHAN_CLERK, world.MINHOU_APPROVER, world.SYSADMIN])
def test_only_the_auditor_lists_the_trail(run, house, who):
    result = run("audit", "list", "--json", who=who)
    assert result.exit_code == 1
    assert "publish" not in result.output


def test_the_auditor_lists_it(run, house):
    told = json.loads(run("audit", "list", "--json", "--limit", "50", who=world.AUDITOR).stdout)
    assert told["count"] == 50


@pytest.mark.parametrize("who", ["nobody", "", "sysadmin' --"])
def test_an_unknown_account_acts_for_nobody(run, victims, who):
    before = victims.as_they_stand()
    assert run("lists", "take", "submit", *QISHAN, who=who).exit_code == 1
    assert victims.as_they_stand() == before
    assert victims.one(Org)


@pytest.mark.parametrize("who", ["siming", "xiamen"])
def test_another_bureau_does_nothing_with_cards_recoveries_and_funds(run, victims, who):
    asked, taken, come = (victims.one(m) for m in (CardChange, Recovery, FundArrival))
    before = victims.as_they_stand()
    note, paper = ("--note", "试"), ("--voucher", "甲1", "--on", "2026-11-20")
    tried = [
        *(run("cards", "take", step, asked, *note, who=f"{who}_reviewer")
          for step in ("accept_card", "decline_card")),
        *(run("recoveries", "take", step, taken, *note, who=f"{who}_reviewer")
          for step in ("agree_recovery", "return_recovery", "void")),
        run("recoveries", "receive", taken, *paper, who=f"{who}_poster"),
        *(run("funds", "take", step, come, *note, who=f"{who}_reviewer")
          for step in ("confirm_funds", "strike_funds")),
    ]  # fmt: skip
    assert [r.exit_code for r in tried] == [1] * len(tried)
    assert victims.as_they_stand() == before


def test_a_school_asks_for_no_card_of_another_schools_student(run, victims):
    before = victims.as_they_stand()
    told = run("cards", "ask", victims.one(Enrolment), "--why", "lost", "--card-no",
               "6212840000000007004", who=world.LANXI_CLERK)  # fmt: skip
    assert told.exit_code == 1
    assert victims.as_they_stand() == before
