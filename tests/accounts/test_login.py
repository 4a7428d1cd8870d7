"""Signing in: one door, one answer to everybody who may not pass."""

from __future__ import annotations

import re

from app.accounts import security
from app.kernel import audit, clock
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


def test_a_stranger_gets_no_further_than_the_door(town):
    """Every address of the staff face, so that no page can forget to ask who is there."""
    values = {"pk": 1, "locale": "en", "name": "x", "column": "x", "table": "org", "key": 1,
              "step": "x", "filename": "x"}  # fmt: skip
    adapter = town.app.url_map.bind("localhost")
    for rule in town.app.url_map.iter_rules():
        if rule.endpoint in security.OPEN_TO_STRANGERS or rule.endpoint.endswith("static"):
            continue
        args = {name: values.get(name, 1) for name in rule.arguments}
        path, method = adapter.build(rule.endpoint, args), min(rule.methods - {"HEAD", "OPTIONS"})
        answer = town.browser().open(path, method=method)
        told = (answer.status_code, answer.headers.get("Location", "")[:7])
        assert told in {(303, "/login/"), (401, "")}, rule


def test_a_session_that_ran_out_says_so_and_leads_back(town):
    with clock.at("2026-09-01T08:00"):
        browser, _answer = town.sign_in("wang")
    with clock.at("2026-09-01T09:00"):
        answer = browser.get("/accountgrid/list/?psize_AccountGrid=10")
        assert answer.headers["Location"].startswith("/login/?next=/accountgrid/list/")
        assert "登录已过期" in browser.get("/login/").text
        there = {"username": "wang", "password": PASSWORD}
        back = browser.post(answer.headers["Location"], data=there)
        assert back.headers["Location"] == "/accountgrid/list/?psize_AccountGrid=10"


def test_programs_of_strangers_get_a_status_not_a_page(town):
    answer = town.browser().get("/orggrid/list/", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_the_start_page_tells_what_was_done_and_who_was_kept_out_not_every_coming(town):
    town.sign_in("lin", "Wrong-2026-no")
    browser, _answer = town.sign_in("lin")
    page = browser.get("/").text
    assert page.count("最近经手") == 1
    assert len(re.findall(r"<li><p>登录", page)) == 1
