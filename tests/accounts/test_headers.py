"""What every answer says to the browser, and what a person reads when something fails."""

from __future__ import annotations

import re

import pytest
from flask import g
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from app import create_app
from app.kernel import error_pages
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.scope import ScopeMissing
from tests.stage import SETTINGS, signed_in

SECRET = "350102199901011234"


def raiser(error: BaseException):
    def fail():
        raise error

    return fail


FAILING = {
    "refuses": Refused("这样不行，请先补齐材料"),
    "data": DataError(f"SELECT '{SECRET}'", {"id": SECRET}, Exception(SECRET)),
    "twice": IntegrityError(f"INSERT '{SECRET}'", {"id": SECRET}, Exception(SECRET)),
    "busy": OperationalError(f"SELECT '{SECRET}'", {"id": SECRET}, Exception(SECRET)),
    "trespass": ScopeMissing(SECRET),
    "crash": RuntimeError(SECRET),
}


@pytest.fixture(scope="module")
def shop(stage):
    """A staff face of its own, with pages that fail, and without the tests' leniency."""
    app = create_app("staff", SQLALCHEMY_DATABASE_URI=stage.url, UPLOADS=stage.files,
                     **SETTINGS | {"PROPAGATE_EXCEPTIONS": False})  # fmt: skip
    for name, error in FAILING.items():
        app.add_url_rule(f"/fail/{name}", name, raiser(error), methods=["GET", "POST"])
    app.appbuilder.sm.limiter.enabled = False
    stage.made.append(app)
    return app


def test_every_answer_forbids_what_no_page_needs(town):
    for path in ("/login/", "/nowhere", "/static/css/table.css"):
        with town.browser().get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "style-src 'self';" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert "form-action 'self'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_nonce_is_another_in_every_answer(town):
    found = {re.search(r"'nonce-([^']+)'", town.browser().get("/login/").headers[
        "Content-Security-Policy"]).group(1) for _n in range(3)}  # fmt: skip
    assert len(found) == 3
    assert all(len(nonce) >= 16 for nonce in found)


def test_pages_are_not_stored_and_files_are(town):
    assert town.browser().get("/login/").headers["Cache-Control"] == "no-store"
    with town.browser().get("/static/css/table.css") as answer:
        assert "max-age=3600" in answer.headers["Cache-Control"]


def test_https_is_promised_over_https_only(town):
    plain = town.browser().get("/login/")
    safe = town.browser().get("/login/", base_url="https://localhost")
    assert "Strict-Transport-Security" not in plain.headers
    assert "max-age=31536000" in safe.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("data", 400, "格式不对"),
        ("twice", 409, ""),
        ("busy", 503, "请稍后再试"),
        ("trespass", 403, "您的岗位不能"),
        ("crash", 500, "已经记录下来"),
        ("refuses", 409, "请先补齐材料"),
    ],
)
def test_a_failure_is_a_sentence_and_never_a_trace(town, shop, name, code, says):
    answer = signed_in(shop, "lin").get(f"/fail/{name}")
    assert answer.status_code == code
    assert says in answer.text
    for leak in (SECRET, "Traceback", "RuntimeError", "SELECT", "INSERT"):
        assert leak not in answer.text


@pytest.mark.parametrize("code", sorted(error_pages.SENTENCES))
def test_every_code_has_its_sentence(town, code):
    with town.app.test_request_context("/"):
        page, status = error_pages.answer(code)
        assert status == code
        assert str(error_pages.SENTENCES[code]) in page


def test_an_error_page_that_cannot_be_drawn_is_a_plain_one(town, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("no template works")

    monkeypatch.setattr(error_pages, "render_template", broken)
    answer = town.browser().get("/nowhere")
    assert answer.status_code == 404
    assert "不在您的管辖范围内" in answer.text


def test_programs_get_their_sentence_as_json(town):
    answer = town.browser().get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "管辖范围" in answer.json["error"]


def test_a_refusal_leads_back_to_where_one_came_from_and_onto_the_trail(town, shop):
    browser = signed_in(shop, "lin")
    answer = browser.post("/fail/refuses", headers={"Referer": "http://localhost/my/password/?a=1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/password/?a=1")
    assert "请先补齐材料" in browser.get("/my/password/").text
    (event,) = town.events(verb="refused")
    assert (event.actor, event.subject, event.note) == ("lin", "refuses", "这样不行，请先补齐材料")


@pytest.mark.parametrize(
    "referrer", ["", "https://evil.example/x", "http://localhost.evil.example/"]
)
def test_a_refusal_never_leads_off_the_site(town, shop, referrer):
    answer = signed_in(shop, "lin").post("/fail/refuses", headers={"Referer": referrer})
    assert answer.status_code == 409


def test_what_was_begun_before_a_refusal_is_undone(town, shop):
    def half_done():
        g.post.name = "改了一半"
        db.session.flush()
        raise Refused("不行")

    if "half_done" not in shop.view_functions:
        shop._got_first_request = False
        shop.add_url_rule("/fail/half", "half_done", half_done, methods=["POST"])
    signed_in(shop, "lin").post("/fail/half")
    assert town.post("lin").name == "林经办"


def test_a_form_without_its_token_is_refused_in_words(town, shop):
    shop.config["WTF_CSRF_ENABLED"] = True
    try:
        for path in ("/login/", "/logout/", "/my/password/", "/accountgrid/add",
                     "/accountgrid/action/stop/1", "/api/v1/org/1/x"):  # fmt: skip
            answer = signed_in(shop, "wang").post(path, data={"username": "lin"})
            assert answer.status_code == 400, path
        assert "请刷新页面后重新提交" in signed_in(shop, "wang").post("/logout/").text
    finally:
        shop.config["WTF_CSRF_ENABLED"] = False


def test_a_file_too_big_is_refused_in_words(town, shop):
    shop.config["MAX_CONTENT_LENGTH"] = 1000
    try:
        answer = shop.test_client().post("/login/", data={"username": "x" * 2000})
        assert answer.status_code == 413
        assert "文件太大" in answer.text
    finally:
        shop.config["MAX_CONTENT_LENGTH"] = 128 * 1024 * 1024


def test_too_many_tries_are_refused_in_words(town, shop):
    limiter = shop.appbuilder.sm.limiter
    limiter.enabled = True
    try:
        form = {"username": "lin", "password": "Wrong-2026-no"}
        answers = [shop.test_client().post("/login/", data=form) for _n in range(11)]
        assert [a.status_code for a in answers] == [401] * 10 + [429]
        assert "操作过于频繁" in answers[-1].text
        other = shop.test_client().post("/login/", data=form | {"username": "huang"})
        assert other.status_code == 401, "another name from the same school still gets its tries"
        assert len(town.events(verb="login")) == 11, "what the limit stops costs no hash"
    finally:
        limiter.reset()
        limiter.enabled = False


def test_only_our_own_names_are_answered_to(town, shop):
    shop.config["TRUSTED_HOSTS"] = ["aid.fj.example"]
    try:
        assert shop.test_client().get("/login/").status_code == 400
        assert (
            shop.test_client().get("/login/", base_url="http://aid.fj.example").status_code == 200
        )
    finally:
        shop.config["TRUSTED_HOSTS"] = None


def test_behind_our_proxy_the_persons_own_address_is_written_down(town, stage):
    app = create_app("staff", SQLALCHEMY_DATABASE_URI=stage.url, UPLOADS=stage.files,
                     AID_PROXIES=1, **SETTINGS)  # fmt: skip
    stage.made.append(app)
    form = {"username": "lin", "password": "Wrong-2026-no"}
    forged = {"X-Forwarded-For": "6.6.6.6, 10.1.2.3"}
    app.test_client().post("/login/", data=form, headers=forged)
    town.browser().post("/login/", data=form, headers=forged)
    assert [e.ip for e in town.events(verb="login")] == ["10.1.2.3", "127.0.0.1"]


def test_the_watchman_is_told_that_all_is_well(town):
    answer = town.browser().get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers


def test_the_two_faces_keep_their_cookies_apart_and_safe_over_https(stage):
    from app.factory import cookie_name

    assert cookie_name("staff", False) != cookie_name("public", False)
    assert cookie_name("staff", True) == "__Host-aid-staff"
