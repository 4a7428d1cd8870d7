"""Whatever is asked of the public site, no number of anybody comes back."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from app.kernel import clock, scope
from app.kernel.db import db
from app.publicity.models import AidList
from app.registry.models import Card, Enrolment, Person
from tests import world

ODD = ["", "0", "-1", "999999999999999999999", "1'--", "%00", "../../etc/passwd", "<script>x",
       "%E6%97%97%E5%B1%B1", "350102", "林思远", "%", "_", "a" * 5000]  # fmt: skip


@pytest.fixture
def numbers(house, stage):
    """Every ID number, card number, student number and mask there is."""
    with stage.staff.app_context(), scope.everyone("a test collects what must not be told"):
        found = set()
        for column in (
            Person.id_no,
            Person.id_mask,
            Card.card_no,
            Card.card_mask,
            Enrolment.reg_no,
        ):
            found |= {n for n in db.session.scalars(select(column)) if n}
    assert len(found) > 1000
    return found


@pytest.fixture
def lists(house, stage):
    """Key, state and end of every list."""
    with stage.staff.app_context(), scope.everyone("a test goes through all lists"):
        found = select(AidList.id, AidList.state, AidList.closes_on, AidList.line_count)
        return db.session.execute(found).all()


@pytest.fixture
def visitor(house, stage, monkeypatch):
    monkeypatch.setitem(stage.public.config, "RATELIMIT_ENABLED", False)
    monkeypatch.setitem(stage.public.config, "PROPAGATE_EXCEPTIONS", False)
    return stage.public.test_client()


def told(text: str, numbers: set[str]) -> set[str]:
    """The numbers and masks in a text: anything of digits and stars long enough to be one."""
    return set(re.findall(r"[0-9X*]{8,}|[GJL][0-9X]{18}", text)) & numbers


def test_a_number_in_a_page_would_be_found(numbers):
    number = max(numbers, key=len)
    assert told(f"<td>{number}</td>", numbers)
    assert not told("2026-11-23 10:00", numbers)


def addresses(app, lists) -> list[str]:
    found = ["/", "/notices", "/query", "/schools", "/health", "/lang/zh_CN", "/lang/xx"]
    found += [f"/notices/{key}" for key, *_rest in lists]
    for odd in ODD:
        found += [f"/notices/{odd}", f"/notices?q={odd}", f"/schools?q={odd}", f"/lang/{odd}",
                  f"/query?name={odd}&id_no={odd}"]  # fmt: skip
    rules = {r.rule for r in app.url_map.iter_rules() if r.endpoint != "static"}
    assert rules == {"/", "/notices", "/notices/<int:pk>", "/query", "/schools", "/health",
                     "/lang/<locale>"}  # fmt: skip
    return found


def test_no_public_address_tells_a_number_or_crashes(visitor, stage, lists, numbers):
    wrong = {}
    for url in addresses(stage.public, lists):
        for send in (visitor.get, visitor.post):
            answer = send(url)
            if answer.status_code >= 500 or told(answer.text, numbers):
                wrong[url] = answer.status_code
    assert wrong == {}


def test_only_lists_on_notice_show_names(visitor, lists):
    shown = 0
    for key, state, closes_on, count in lists:
        answer = visitor.get(f"/notices/{key}")
        if state == "published" and closes_on >= clock.today() and count:
            assert answer.status_code == 200
            shown += 1
        elif state in {"published", "confirmed"} and count:
            assert answer.status_code == 410
        else:
            assert answer.status_code == 404
    assert shown


def test_a_notice_is_gone_the_minute_its_period_is_over(visitor, lists):
    today = clock.today()
    key, closes_on = next((k, d) for k, s, d, n in lists if s == "published" and n and d >= today)
    with clock.at(clock.end_of(closes_on) - dt.timedelta(minutes=1)):
        assert visitor.get(f"/notices/{key}").status_code == 200
    with clock.at(clock.end_of(closes_on)):
        assert visitor.get(f"/notices/{key}").status_code == 410


def test_the_query_answers_the_one_who_knows_and_tells_no_number(visitor, numbers):
    lin = world.LIN_SIYUAN
    asked = {"name": lin.name, "id_no": lin.id_no, "school": lin.school}
    page = visitor.post("/query", data=asked)
    assert page.status_code == 200
    assert "2026-09" in page.text
    assert not told(page.text, numbers)
    for wrong in ({"name": "林思"}, {"school": world.LUJIANG}, {"id_no": world.CHEN_YUXIN.id_no}):
        answer = visitor.post("/query", data=asked | wrong)
        assert "2026-09" not in answer.text
        assert told(answer.text, numbers) <= set((asked | wrong).values())
