"""What a password must be, and when it must be another one."""

from __future__ import annotations

import datetime as dt

import pytest

from app.accounts import passwords, rules
from app.kernel import clock
from tests.accounts.conftest import PASSWORD

NEW = "Another-2026-ok"


def change(browser, old=PASSWORD, new=NEW, again=None):
    form = {"old": old, "new": new, "again": again or new}
    return browser.post("/my/password/", data=form)


def test_a_person_chooses_a_new_password(town):
    browser = town.client_of("lin")
    assert change(browser).status_code == 303
    assert town.is_in(browser)
    assert town.is_in(town.sign_in("lin", NEW)[0])
    assert town.sign_in("lin", PASSWORD)[1].status_code == 401
    (event,) = town.events(verb="change_password")
    assert event.actor == "lin"


@pytest.mark.parametrize(
    "password", ["Gulou-2026-ok", "a1!" + "b2@" * 3, "福州中职Aa-2026x", "X" * 3 + "yz-12345"]
)
def test_these_may_be_chosen(password):
    assert rules.password_fault(password, "lin") == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Ab1-56789", "10"),
        ("A1-" + "x" * 126, "128"),
        ("abcdefghij12", "三类"),
        ("ABCDEFGHIJ-!", "三类"),
        ("Linxiaoyan-2026", "用户名"),
        ("xx-LINXIAOYAN-1", "用户名"),
        ("Aa1-Aa1-Aa1-", "重复"),
    ],
)
def test_these_may_not(password, why):
    assert why in rules.password_fault(password, "linxiaoyan")


def test_a_random_password_fulfils_the_rule_and_is_never_twice_the_same():
    made = {rules.random_password() for _n in range(50)}
    assert len(made) == 50
    assert not any(rules.password_fault(p, "lin") for p in made)


def test_a_weak_new_password_is_refused_on_the_page(town):
    browser = town.client_of("lin")
    answer = change(browser, new="onlysmallletters")
    assert answer.status_code == 409
    assert "三类" in answer.text
    assert "onlysmallletters" not in answer.text
    assert town.is_in(town.sign_in("lin")[0])


def test_the_two_new_ones_must_be_the_same(town):
    assert change(town.client_of("lin"), again="Something-else-1").status_code == 400


def test_the_last_five_are_not_chosen_again(town):
    browser, old = town.client_of("lin"), PASSWORD
    chosen = [f"Number-{n}-of-many" for n in range(5)]
    for new in chosen:
        assert change(browser, old, new).status_code == 303
        old = new
    for used in chosen:
        assert "最近 5 次" in change(browser, old, used).text
    assert change(browser, old, PASSWORD).status_code == 303  # the sixth from the end


def test_a_wrong_old_password_is_refused_and_counts_like_a_wrong_try(town):
    browser = town.client_of("lin")
    for _n in range(5):
        assert change(browser, old="Wrong-2026-no").status_code == 409
    assert change(browser).status_code == 409, "locked: not even the right one helps now"
    assert town.sign_in("lin")[1].status_code == 401


def test_the_first_password_must_be_changed_before_anything_else(town):
    town.put("lin", must_change=True)
    browser, _answer = town.sign_in("lin")
    for page in ("/", "/orggrid/list/", "/api/v1/org/"):
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/my/password/")
    assert change(browser).status_code == 303
    assert town.is_in(browser)


def test_a_first_password_can_still_sign_out(town):
    town.put("lin", must_change=True)
    browser, _answer = town.sign_in("lin")
    assert browser.post("/logout/").headers["Location"] == "/login/"


def test_after_ninety_days_it_must_be_changed(town):
    set_on = clock.moment_of(town.post("lin").password_on)
    with clock.at(set_on + dt.timedelta(days=89)):
        assert town.is_in(town.sign_in("lin")[0])
    with clock.at(set_on + dt.timedelta(days=91)):
        browser, _answer = town.sign_in("lin")
        assert browser.get("/").headers["Location"] == "/my/password/"


def test_a_stranger_is_sent_to_the_door(town):
    assert town.browser().get("/my/password/").headers["Location"] == "/login/?next=/my/password/"
    assert change(town.browser()).headers["Location"] == "/login/"


def test_passwords_rest_as_scrypt_with_their_own_salt(monkeypatch):
    monkeypatch.setattr(passwords, "METHOD", "scrypt")
    one, two = passwords.hashed(NEW), passwords.hashed(NEW)
    assert one.startswith("scrypt:")
    assert one != two
    assert passwords.fits(NEW, one)
    assert not passwords.fits(PASSWORD, one)
    assert not passwords.fits(NEW, None)
