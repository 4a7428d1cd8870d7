"""None of the framework's own administration answers here; each test names what it would do."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_appbuilder import AppBuilder

from app.kernel.db import db

STOCK = [
    "/users/list/", "/users/add", "/users/userinfo/", "/users/action/resetpasswords/1",
    "/roles/list/", "/roles/add", "/groups/list/", "/groups/add", "/permissions/list/",
    "/viewmenus/list/", "/permissionviews/list/", "/registeruser/list/", "/register/form",
    "/userstatschartview/chart/", "/userinfoeditview/form", "/resetpassword/form?pk=1",
    "/resetmypassword/form", "/api/v1/security/login", "/api/v1/security/refresh",
    "/api/v1/security/csrf_token/", "/api/v1/security/users/", "/api/v1/security/roles/",
    "/api/v1/menu/", "/api/v1/_openapi", "/swagger/v1",
]  # fmt: skip


@pytest.fixture(scope="module")
def stock() -> Flask:
    """The framework as it comes, beside which ours is seen."""
    app = Flask("stock")
    quiet = {"FAB_UPDATE_PERMS": False, "FAB_CREATE_DB": False, "FAB_API_SWAGGER_UI": True}
    app.config |= quiet | {"SECRET_KEY": "x", "SQLALCHEMY_DATABASE_URI": "sqlite://"}
    db.init_app(app)
    with app.app_context():
        AppBuilder(app, db.session)
    return app


def rules(app: Flask) -> set[str]:
    return {str(rule) for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize("path", STOCK)
@pytest.mark.parametrize("who", [None, "wang", "zhao"])
def test_it_is_not_there_for_anybody(town, path, who):
    browser = town.client_of(who) if who else town.browser()
    wanted = {401, 404} if path.startswith("/api/v1/") else {404}
    assert browser.get(path, follow_redirects=True).status_code in wanted
    assert browser.post(path, json={}, follow_redirects=True).status_code in wanted | {405}


def test_of_the_frameworks_own_addresses_only_these_are_left(stock, town):
    left = {r for r in rules(stock) & rules(town.app) if not r.startswith("/static/")}
    assert left == {"/", "/back", "/lang/<string:locale>", "/login/", "/logout/"}
    assert {"/users/add", "/resetpassword/form", "/api/v1/security/login"} <= rules(stock)


def test_json_opens_no_door_past_the_lock(town):
    body = {"username": "lin", "password": "Gulou-2026-ok", "provider": "db", "refresh": True}
    for path in ("/api/v1/security/login", "/login/"):
        answer = town.browser().post(path, json=body)
        assert answer.status_code >= 400 or "access_token" not in answer.text
        assert "access_token" not in answer.text


def test_a_token_signed_with_our_own_key_is_nobody(town):
    from flask_jwt_extended import create_access_token

    with town.app.test_request_context():
        token = create_access_token(identity=str(town.post("wang").user_id))
    bearer = {"Authorization": f"Bearer {token}"}
    assert town.browser().get("/accountgrid/list/", headers=bearer).status_code == 303
    assert town.browser().get("/api/v1/org/", headers=bearer).status_code == 401


def test_rows_in_the_frameworks_tables_give_nobody_anything(town):
    """Even a role that holds every permission in ab_role opens no page."""
    from flask_appbuilder.security.sqla.models import Role, User

    from app.kernel import scope

    with town.app.app_context(), scope.everyone("a test plays a thief in the database"):
        sm = town.app.appbuilder.sm
        held = [sm.add_permission_view_menu(p, "AccountGrid") for p in ("can_list", "can_add")]
        user = db.session.query(User).filter_by(username="lin").one()
        role = Role(name="Admin")
        db.session.add(role)
        role.permissions, user.roles = held, [role]
        db.session.commit()
    assert town.client_of("lin").get("/accountgrid/list/").status_code == 403


def test_asking_for_rights_costs_no_statement(town, statements):
    with town.app.test_request_context():
        from flask import g

        g.actor = town.actor("zhao")
        with statements() as seen:
            sm = town.app.appbuilder.sm
            assert sm.has_access("can_list", "AccountGrid")
            assert not sm.has_access("can_add", "AccountGrid")
            menu = [e["name"] for h in town.app.appbuilder.menu.get_data() for e in h["childs"]]
            assert "AccountGrid" in menu
            assert "EventGrid" not in menu
    assert seen == []


def test_the_public_face_has_no_door_at_all(stage, public):
    mine = rules(public)
    assert not [r for r in mine if "login" in r or "grid" in r or r.startswith("/api/v1")]
    for path in ("/login/", "/accountgrid/list/", "/api/v1/org/", "/my/password/"):
        assert public.test_client().get(path).status_code == 404
