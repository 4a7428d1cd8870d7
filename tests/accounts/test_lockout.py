"""Five wrong tries lock an account for fifteen minutes, and nothing at the door shows it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.accounts import passwords
from app.kernel import audit, clock
from tests.accounts.conftest import PASSWORD

WRONG = "Wrong-2026-no"


def fail(town, times: int, username: str = "lin") -> None:
    for _n in range(times):
        town.sign_in(username, WRONG)


def test_four_wrong_tries_do_no_harm(town):
    fail(town, 4)
    assert town.is_in(town.sign_in("lin")[0])
    assert town.post("lin").failures == 0


def test_the_lock_opens_by_itself_after_fifteen_minutes(town):
    with clock.at("2026-09-01T08:00"):
        fail(town, 5)
    with clock.at("2026-09-01T08:15"):
        assert town.is_in(town.sign_in("lin")[0])


def test_after_five_wrong_tries_even_the_right_password_is_refused(town):
    fail(town, 5)
    browser, answer = town.sign_in("lin")
    assert answer.status_code == 401
    assert not town.is_in(browser)


def test_locked_looks_like_wrong(town):
    wrong = town.sign_in("lin", WRONG)[1].text
    fail(town, 5)
    locked = town.sign_in("lin")[1].text
    assert "连续输错会被锁定" in wrong
    assert len(wrong) == len(locked)


def test_the_trail_has_the_lock_and_the_tries_against_it(town):
    fail(town, 5)
    town.sign_in("lin")
    assert [e.note for e in town.events(verb="login")] == ["wrong_password"] * 5 + ["locked"]
    (lock,) = town.events(verb="lock")
    assert (lock.actor, lock.outcome) == ("lin", audit.REFUSED)


def test_tries_against_a_locked_account_do_not_lengthen_the_lock(town):
    with clock.at("2026-09-01T08:00"):
        fail(town, 5)
    with clock.at("2026-09-01T08:14"):
        fail(town, 3)
    with clock.at("2026-09-01T08:15"):
        assert town.is_in(town.sign_in("lin")[0])


def test_after_the_lock_the_count_begins_anew(town):
    with clock.at("2026-09-01T08:00"):
        fail(town, 5)
    with clock.at("2026-09-01T08:16"):
        fail(town, 4)
        assert town.is_in(town.sign_in("lin")[0])


def test_another_account_is_not_touched(town):
    fail(town, 5)
    assert town.is_in(town.sign_in("huang")[0])


def test_an_unknown_name_costs_one_hash_like_a_known_one(town, monkeypatch):
    hashed = []
    real = passwords.check_password_hash
    monkeypatch.setattr(passwords, "check_password_hash",
                        lambda *pair: hashed.append(pair) or real(*pair))  # fmt: skip
    for name in ("lin", "nobody-at-all", "huang"):
        before = len(hashed)
        town.sign_in(name, WRONG)
        assert len(hashed) == before + 1


def test_a_name_that_may_be_a_password_is_not_written_down(town):
    town.sign_in("My-Secret-2026", WRONG)
    (event,) = town.events(verb="login")
    assert event.actor == "My-***"


def test_ten_tries_at_once_count_as_ten(town):
    with ThreadPoolExecutor(5) as many:
        list(many.map(lambda _n: town.sign_in("lin", WRONG), range(10)))
    assert town.sign_in("lin")[1].status_code == 401
    assert len(town.events(verb="lock")) == 1


def test_the_framework_counts_tries_but_locks_nobody(town):
    """What our own door closes: the stock manager lets the right password in after any number."""
    from flask_appbuilder.security.sqla.manager import SecurityManager as Stock

    from app.accounts.queries import credentials

    fail(town, 5)
    with town.app.test_request_context():
        stock = Stock.__new__(Stock)
        known = credentials("lin")
        assert Stock.auth_user_db(stock, "lin", PASSWORD).id == known.user_id
