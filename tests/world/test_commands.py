"""`flask world …`: what it prints, and with which status it ends."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from app.accounts.models import Org
from app.kernel.db import db
from app.kernel.scope import everyone
from tests import world


@pytest.fixture
def run(stage):
    """A command of the staff face; the value has `.exit_code`, `.stdout`, `.stderr`."""
    runner = stage.staff.test_cli_runner()
    return lambda *words, **more: runner.invoke(args=["world", *words], **more)


@pytest.fixture
def blank(stage):
    stage.at("empty", db.create_all)


@pytest.fixture
def lived(stage):
    stage.at("living", world.load_living)


def test_loading_names_every_account_and_the_password(blank, run):
    done = run("load", "--months", "0", "--password", world.PASSWORD)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len([line for line in lines if "\t" in line]) == 54
    assert any(line.split() == [world.MINHOU_APPROVER, "余景明", "审批", "闽侯县教育局"]
               for line in lines)  # fmt: skip
    assert world.PASSWORD in lines[-1]


def test_the_password_may_come_from_the_environment(blank, run):
    done = run("load", "--months", "0", "--json", env={"AID_TRIAL_PASSWORD": world.PASSWORD})
    told = json.loads(done.stdout)
    assert told["password"] == world.PASSWORD
    assert (told["orgs"], len(told["accounts"])) == (15, 54)
    assert told["accounts"][0] == {
        "username": "fujian_clerk", "name": "林雅琴", "org": "福建省学生资助管理中心",
        "duty": "clerk",
    }  # fmt: skip


def test_loading_over_something_is_refused_in_a_sentence(lived, run, stage):
    done = run("load")
    assert done.exit_code == 1
    assert "不是空的" in done.stderr
    assert done.stdout == ""
    with stage.staff.app_context(), everyone("a test counts"):
        assert db.session.scalar(select(func.count()).select_from(Org.__table__)) == 15


def test_a_weak_password_is_refused_in_a_sentence(blank, run):
    done = run("load", "--password", "abc")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "密码" in done.stderr


def test_samples_are_written_where_asked(lived, run, tmp_path):
    done = run("samples", "--out", str(tmp_path / "new"))
    assert done.exit_code == 0, done.stderr
    assert sorted(p.suffix for p in (tmp_path / "new").iterdir()) == [".xlsx", ".xlsx"]


def test_a_school_that_is_not_there_is_refused_in_a_sentence(lived, run, tmp_path):
    done = run("samples", "--school", "1", "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "没有标识码" in done.stderr


def test_the_banks_answer_is_written_where_asked(lived, run, tmp_path):
    assert run("bank-answer", "9999", "--out", str(tmp_path)).exit_code == 1
    done = run("bank-answer", "28", "--out", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    assert [str(p) for p in tmp_path.iterdir()] == [done.stdout.strip()]
