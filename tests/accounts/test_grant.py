"""One administrator makes an account, another gives it a duty and puts it in force."""

from __future__ import annotations

import re

import pytest

from app.accounts import entry, service
from app.accounts import models as m
from app.accounts.workflow import ACCOUNTS
from app.kernel import scope
from app.kernel.db import db
from app.kernel.errors import Refused
from tests.accounts.conftest import PASSWORD


def org_id(town, code: str) -> int:
    with town.app.app_context(), scope.everyone("a test looks"):
        return db.session.query(m.Org.id).filter_by(code=code).scalar()


def make(town, by="wang", username="xie", org="3135010001"):
    form = {"username": username, "name": "谢新人", "org_id": org_id(town, org)}
    return town.client_of(by).post("/accountgrid/add", data=form)


def secret_in(page: str) -> str:
    return re.search(r'id="secret">([^<]+)<', page).group(1)


def press(town, by: str, step: str, username: str, note: str = ""):
    url = f"/accountgrid/action/{step}/{town.post(username).id}"
    return town.client_of(by).post(url, data={"note": note})


def grant(town, by: str, username: str, duty: str):
    url = f"/accountgrid/edit/{town.post(username).id}"
    return town.client_of(by).post(url, data={"duty": duty})


def test_an_account_comes_into_force_by_two_hands(town):
    page = make(town)
    assert page.status_code == 200
    secret = secret_in(page.text)
    assert town.sign_in("xie", secret)[1].status_code == 401, "not yet in force"
    assert grant(town, "zhao", "xie", m.CLERK).status_code == 303
    press(town, "zhao", "enable", "xie")
    browser, answer = town.sign_in("xie", secret)
    assert answer.status_code == 303
    assert browser.get("/").headers["Location"] == "/my/password/", "the first password is not kept"
    assert town.actor("xie").role == m.SCHOOL_CLERK


def test_the_trail_has_every_hand(town):
    make(town)
    grant(town, "zhao", "xie", m.CLERK)
    press(town, "zhao", "enable", "xie")
    key = town.post("xie").id
    told = [(e.verb, e.actor, e.old, e.new) for e in town.events(subject="post", subject_id=key)]
    assert told == [("create", "wang", "", "pending"), ("grant", "zhao", "", "clerk"),
                    ("enable", "zhao", "pending", "active")]  # fmt: skip


def test_a_stopped_account_is_out_and_can_come_back(town):
    browser, _answer = town.sign_in("lin")
    press(town, "zhao", "stop", "lin", note="调离")
    assert not town.is_in(browser)
    assert town.sign_in("lin")[1].status_code == 401
    press(town, "zhao", "restart", "lin", note="调回")
    assert town.is_in(town.sign_in("lin")[0])


def test_a_new_password_is_shown_once_and_ends_the_old_sessions(town):
    browser, _answer = town.sign_in("lin")
    key = town.post("lin").id
    page = town.client_of("wang").post(f"/accountgrid/action/reset_password/{key}")
    secret = secret_in(page.text)
    assert "no-store" in page.headers["Cache-Control"]
    assert not any(secret in cookie for cookie in page.headers.getlist("Set-Cookie"))
    assert not town.is_in(browser)
    assert town.sign_in("lin", PASSWORD)[1].status_code == 401
    assert town.sign_in("lin", secret)[1].status_code == 303


def test_a_new_duty_takes_effect_by_signing_in_again(town):
    browser, _answer = town.sign_in("lin")
    grant(town, "zhao", "lin", m.REVIEWER)
    assert not town.is_in(browser)
    town.sign_in("lin")
    assert town.actor("lin").role == m.SCHOOL_REVIEWER


def test_a_duty_must_be_given_before_the_account_is_put_in_force(town):
    make(town)
    press(town, "zhao", "enable", "xie")
    assert town.post("xie").state == "pending"


@pytest.mark.parametrize("duty", [m.APPROVER, m.EXPORTER, m.POSTER, m.SECADMIN, "almighty"])
def test_a_school_has_only_clerks_and_reviewers(town, duty):
    assert grant(town, "zhao", "lin", duty).status_code == 409
    assert town.post("lin").duty == m.CLERK


@pytest.mark.parametrize("by", ["zhao", "sun", "chen", "lin"])
def test_only_the_system_administrator_makes_accounts(town, by):
    assert make(town, by).status_code == 403
    assert town.post("xie") is None


@pytest.mark.parametrize("by", ["wang", "sun", "chen", "huang"])
def test_only_the_security_administrator_grants_and_enables(town, by):
    make(town)
    assert grant(town, by, "xie", m.CLERK).status_code == 403
    assert press(town, by, "enable", "xie").status_code == 403
    assert press(town, by, "stop", "lin", "x").status_code == 403
    assert town.post("xie").state == "pending"


@pytest.mark.parametrize("by", ["zhao", "sun", "chen", "lin"])
def test_only_the_system_administrator_resets_passwords(town, by):
    answer = town.client_of(by).post(f"/accountgrid/action/reset_password/{town.post('huang').id}")
    assert answer.status_code == 403


def test_nobody_grants_himself(town):
    assert grant(town, "zhao", "zhao", m.SYSADMIN).status_code == 409
    assert town.post("zhao").duty == m.SECADMIN


def test_nobody_stops_or_renews_himself(town):
    press(town, "zhao", "stop", "zhao", "x")
    assert town.post("zhao").state == "active"
    town.client_of("wang").post(f"/accountgrid/action/reset_password/{town.post('wang').id}")
    assert town.is_in(town.sign_in("wang")[0])


def test_who_made_an_account_never_enables_it_whatever_his_duty_is_by_then(town):
    make(town)
    grant(town, "zhao", "xie", m.CLERK)
    town.put("wang", duty=m.SECADMIN)
    press(town, "wang", "enable", "xie")
    assert town.post("xie").state == "pending"
    press(town, "zhao", "enable", "xie")
    assert town.post("xie").state == "active"


def test_an_administrator_reaches_no_further_than_his_own_tree(town):
    """Quanzhou's administrators against a school in Fuzhou."""
    key = town.post("lin").id
    assert town.client_of("wu").get(f"/accountgrid/show/{key}").status_code == 404
    assert grant(town, "wu", "lin", m.REVIEWER).status_code == 404
    assert press(town, "wu", "stop", "lin", "x").status_code == 404
    town.client_of("zhou").post(f"/accountgrid/action/reset_password/{key}")
    assert town.is_in(town.sign_in("lin")[0])
    assert make(town, "zhou").status_code == 409
    assert town.post("xie") is None


def test_stopping_needs_a_reason(town):
    press(town, "zhao", "stop", "lin")
    assert town.post("lin").state == "active"


@pytest.mark.parametrize("name", ["lin", "LIN", " lin "])
def test_a_name_is_given_once(town, name):
    assert make(town, username=name).status_code == 409


@pytest.mark.parametrize("name", ["", "x", "林小燕", "a b", "-lin", "a" * 65, "<script>"])
def test_these_are_no_user_names(town, name):
    assert make(town, username=name).status_code == 409


def test_an_administrator_cannot_slip_a_duty_in_with_the_account(town):
    wang, key = town.actor("wang"), org_id(town, "350102")
    with town.app.app_context(), scope.scope(wang.org_path):
        org = db.session.get(m.Org, key)
        service.add_account("xie", "谢", org, actor=wang)
        with pytest.raises(Refused, match="安全管理员"):
            service.add_account("xie2", "谢", org, m.EXPORTER, actor=wang)
        with pytest.raises(Refused, match="安全管理员"):
            service.add_account("xie2", "谢", org, state="active", actor=wang)


def test_the_service_itself_asks_who_acts(town):
    lin, key = town.actor("lin"), town.post("huang").id
    with town.app.app_context(), scope.everyone("even with the widest scope"):
        for attempt in (lambda: service.grant(key, m.CLERK, lin),
                        lambda: entry.reset_password(key, lin),
                        lambda: service.add_org("1", "x", m.COUNTY, actor=lin),
                        lambda: ACCOUNTS.take("stop", m.Post.id == key, lin, "x")):  # fmt: skip
            with pytest.raises(Refused):
                attempt()


def test_accounts_are_never_deleted(town):
    rules = {r.endpoint: r.methods for r in town.app.url_map.iter_rules()}
    key = town.post("lin").id
    assert "AccountGrid.delete" not in rules or (
        town.client_of("wang").post(f"/accountgrid/delete/{key}").status_code == 403
    )
    assert town.post("lin") is not None


def test_three_thousand_accounts_are_made_in_a_handful_of_statements(town, statements):
    from app.accounts.service import NewAccount

    with town.app.app_context(), scope.everyone("a test fills the house"):
        org = db.session.get(m.Org, org_id(town, "3135010001"))
        wanted = [NewAccount(f"person{n}", f"某{n}", org, m.CLERK, PASSWORD) for n in range(3000)]
        with statements() as seen:
            service.add_accounts(wanted)
        db.session.rollback()
    assert len(seen) < 40, len(seen)
