"""A session is good for one account, in one browser, while it is used, until it is ended."""

from __future__ import annotations

import pytest

from app.kernel import clock
from tests.accounts.conftest import PASSWORD


def cookie_of(browser) -> str:
    return browser.get_cookie("aid-staff").value


def with_cookie(town, value: str):
    browser = town.browser()
    browser.set_cookie("aid-staff", value)
    return browser


def test_a_session_lasts_while_it_is_used(town):
    with clock.at("2026-09-01T08:00"):
        browser, _answer = town.sign_in("lin")
    for minute in ("08:29", "08:58", "09:27"):
        with clock.at(f"2026-09-01T{minute}"):
            assert town.is_in(browser)


def test_after_thirty_idle_minutes_it_is_over(town):
    with clock.at("2026-09-01T08:00"):
        browser, _answer = town.sign_in("lin")
    with clock.at("2026-09-01T08:31"):
        assert not town.is_in(browser)


def test_a_copied_cookie_dies_with_the_sign_out(town):
    browser, _answer = town.sign_in("lin")
    copied = cookie_of(browser)
    assert town.is_in(with_cookie(town, copied))
    assert browser.post("/logout/").status_code == 303
    assert not town.is_in(with_cookie(town, copied))


def test_signing_out_is_a_press_not_a_link(town):
    browser, _answer = town.sign_in("lin")
    assert browser.get("/logout/").status_code == 405
    assert town.is_in(browser)


def test_other_browsers_go_out_when_the_password_changes(town):
    here, elsewhere = town.sign_in("lin")[0], town.sign_in("lin")[0]
    form = {"old": PASSWORD, "new": "Another-2026-ok", "again": "Another-2026-ok"}
    assert here.post("/my/password/", data=form).status_code == 303
    assert town.is_in(here)
    assert not town.is_in(elsewhere)


@pytest.mark.parametrize("values", [{"state": "stopped"}, {"state": "pending"}, {"epoch": 7}])
def test_a_stopped_account_is_out_at_once(town, values):
    browser, _answer = town.sign_in("lin")
    town.put("lin", **values)
    assert not town.is_in(browser)


def test_the_old_session_of_a_browser_does_not_live_on_in_the_new(town):
    browser, _answer = town.sign_in("lin")
    with browser.session_transaction() as kept:
        kept["left_over"] = "lin's"
        kept["locale"] = "en"
    browser.post("/logout/")
    town.sign_in("huang", browser=browser)
    with browser.session_transaction() as kept:
        assert "left_over" not in kept
        assert kept["locale"] == "en"


def test_a_cookie_without_our_stamp_opens_nothing(town):
    browser = town.browser()
    with browser.session_transaction() as kept:
        kept["_user_id"] = str(town.post("wang").user_id)
        kept["_fresh"] = True
    assert not town.is_in(browser)


def test_the_cookie_is_kept_from_scripts_and_other_sites(town):
    _browser, answer = town.sign_in("lin")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_pages_one_came_from_keep_no_search_words(town):
    browser, _answer = town.sign_in("wang")
    found = browser.get("/accountgrid/list/?_flt_0_username=3501021999&psize_AccountGrid=10")
    assert found.status_code == 200
    with browser.session_transaction() as kept:
        assert kept["page_history"][-1] == "/accountgrid/list/?psize_AccountGrid=10"
        assert "3501021999" not in str(dict(kept))


def test_who_asks_costs_one_statement(town, statements):
    browser = town.client_of("lin")
    browser.get("/my/password/")
    with statements() as seen:
        assert browser.get("/my/password/").status_code == 200
    assert len(seen) == 1, seen


def test_a_file_of_the_product_costs_none(town, statements):
    browser = town.client_of("lin")
    with statements() as seen:
        browser.get("/static/css/table.css").close()
    assert seen == []


def test_nobodys_scope_outlives_a_request(town):
    from app.kernel import scope

    before = scope.current()
    town.is_in(town.client_of("lin"))
    assert scope.current() == before
