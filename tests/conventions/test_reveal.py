"""A whole number is told one at a time, to those whose work needs it, and never unnoticed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.publicity.models import AidLine
from app.registry.models import Card, Enrolment, Person
from tests import world
from tests.stage import signed_in


@pytest.fixture
def found(house, stage):
    """One line and one enrolment of 旗山 with the numbers behind them."""
    with stage.staff.app_context(), scope.everyone("a test looks behind the masks"):
        school = db.session.scalar(select(Org).where(Org.code == world.QISHAN))
        line = db.session.scalar(select(AidLine).where(AidLine.org_path == school.path).limit(1))
        study = db.session.scalar(
            select(Enrolment).where(Enrolment.person_id == line.person_id,
                                    Enrolment.school_id == school.id)
        )  # fmt: skip
        number = db.session.scalar(select(Person.id_no).where(Person.id == line.person_id))
        card = db.session.scalar(select(Card.card_no).where(Card.id == line.card_id))
    return {"line": line.id, "study": study.id, "number": number, "card": card}


def ask(stage, username, url):
    return signed_in(stage.staff, username).post(url, data={"reason": "mend", "note": "缺一位"})


def traces(stage, number):
    with stage.staff.app_context(), scope.everyone("a test reads the trail"):
        events = db.session.scalars(select(Event).where(Event.verb == "reveal")).all()
    assert all(number not in f"{e.note}{e.filter_text}" for e in events)
    return [(e.actor, e.subject, e.subject_id, e.note) for e in events]


def test_a_school_sees_the_whole_number_of_its_own_student_and_that_is_written_down(stage, found):
    url = f"/linegrid/reveal/{found['line']}"
    assert ask(stage, world.QISHAN_CLERK, f"{url}/id_mask").json == {"value": found["number"]}
    assert ask(stage, world.QISHAN_CLERK, f"{url}/card_mask").json == {"value": found["card"]}
    assert traces(stage, found["number"]) == [
        (world.QISHAN_CLERK, "aid_line", found["line"], "证件号：更正名单或学籍，缺一位"),
        (world.QISHAN_CLERK, "aid_line", found["line"], "银行卡：更正名单或学籍，缺一位"),
    ]


def test_the_bureau_above_sees_it_on_the_enrolment(stage, found):
    answer = ask(stage, world.MINHOU_REVIEWER, f"/enrolmentgrid/reveal/{found['study']}/id_mask")
    assert answer.json == {"value": found["number"]}


@pytest.mark.parametrize("said", [{}, {"reason": "because"}, {"reason": "other", "note": " "}])
def test_without_a_reason_nothing_is_shown(stage, found, said):
    url = f"/linegrid/reveal/{found['line']}/id_mask"
    client = signed_in(stage.staff, world.QISHAN_CLERK)
    answer = client.post(url, data=said, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "须选择原因" in answer.json["error"]
    assert traces(stage, found["number"]) == []


@pytest.mark.parametrize("username", [world.YURONG_CLERK, "fuqing_reviewer"])
def test_nobody_beside_sees_it(stage, found, username):
    answer = ask(stage, username, f"/linegrid/reveal/{found['line']}/id_mask")
    assert answer.status_code == 404
    assert found["number"] not in answer.get_data(as_text=True)
    assert traces(stage, found["number"]) == []


@pytest.mark.parametrize("username", [world.SYSADMIN, world.SECADMIN, world.AUDITOR])
def test_no_administrator_sees_it(stage, found, username):
    answer = ask(stage, username, f"/linegrid/reveal/{found['line']}/id_mask")
    assert answer.status_code in (403, 404)
    assert found["number"] not in answer.get_data(as_text=True)


@pytest.mark.parametrize("column", ["name", "org_path", "person_id"])
def test_only_masked_columns_can_be_asked_for(stage, found, column):
    answer = ask(stage, world.QISHAN_CLERK, f"/linegrid/reveal/{found['line']}/{column}")
    assert answer.status_code == 404
