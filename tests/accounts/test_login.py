"""Signing in: one door, one answer to everybody who may not pass."""

from __future__ import annotations

import re

from app.kernel import audit
from tests.accounts.conftest import PASSWORD


def test_a_clerk_comes_in_with_name_and_password(town):
    browser, answer = town.sign_in("lin")
    assert answer.status_code == 303
    assert town.is_in(browser)


def test_the_name_may_be_typed_in_capitals_and_with_blanks(town):
    browser, _answer = town.sign_in("  LIN ")
    assert town.is_in(browser)


def test_the_trail_says_who_came_in_and_from_where(town):
    town.sign_in("lin")
    (event,) = town.events(verb="login")
    assert (event.actor, event.outcome, event.ip) == ("lin", audit.OK, "127.0.0.1")
    assert town.post("lin").last_seen_from == "127.0.0.1"


def test_the_door_leads_on_to_the_page_asked_for_but_never_off_the_site(town):
    for asked, given in (("/my/password/", "/my/password/"), ("https://evil.example/", "/"),
                         ("//evil.example", "/"), ("\\\\evil.example", "/")):  # fmt: skip
        answer = town.browser().post("/login/", query_string={"next": asked},
                                     data={"username": "lin", "password": PASSWORD})  # fmt: skip
        assert answer.headers["Location"] == given


def test_wrong_unknown_and_stopped_get_the_same_answer(town):
    town.put("huang", state="stopped")
    tried = [("lin", "Wrong-2026-no"), ("nobody-here", PASSWORD), ("huang", PASSWORD)]
    answers = [town.sign_in(*pair)[1] for pair in tried]
    assert [a.status_code for a in answers] == [401, 401, 401]
    pages = [re.sub(r'(content|value)="[^"]*"', "", a.text) for a in answers]
    assert "连续输错会被锁定" in pages[0]
    assert pages[0] == pages[1] == pages[2]
    reasons = [e.note for e in town.events(verb="login")]
    assert reasons == ["wrong_password", "unknown_account", "not_active"]
