"""Who is asking, what he may, and when he must prove himself again.

Roles are code: rights are read from the grids and the steps, never from the framework's tables,
so no row that anybody could add gives anybody anything.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder.security.sqla.manager import SecurityManager as FrameworksManager
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user

from app.accounts import entry, queries, rules
from app.accounts.models import ROLES
from app.accounts.views import AuthDBView, MyPasswordView
from app.accounts.workflow import ACTIVE
from app.kernel import clock, scope
from app.kernel.db import db
from app.kernel.error_pages import answer, wants_json
from app.kernel.grid import grants
from app.kernel.i18n import _
from app.kernel.web import serves_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from flask.typing import ResponseReturnValue
    from flask_appbuilder.security.sqla.models import User

    from app.accounts.models import Post

OPEN_TO_STRANGERS = frozenset({"health", "AuthDBView.login", "LocaleView.index"})
"""All that answers somebody who has not signed in; any other address sends him to the door."""
ASKED_BY_MACHINES = frozenset({"JobGrid.status"})
"""Pages ask these by themselves: nobody sits there because they are asked."""
STAMP, SEEN, PROVED = "stamp", "seen", "proved"
KEPT_OVER_SIGN_IN = ("locale",)


@cache
def rights() -> dict[str, frozenset[tuple[str, str]]]:
    """Every (permission, view or menu entry) of every role; complete once all rooms are loaded."""
    return {role: frozenset(held) for role, held in grants().items()}


class SecurityManager(FrameworksManager):
    """The framework asks; we answer from code, without a statement."""

    def register_views(self) -> None:
        """The doors, and nothing of the framework's own administration."""
        self.auth_view = AuthDBView()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.appbuilder.add_view_no_menu(MyPasswordView)
        for rate, key in (("AUTH_RATE_LIMIT", _name_and_source),
                          ("AUTH_RATE_LIMIT_SOURCE", get_remote_address)):  # fmt: skip
            self.limiter.limit(lambda rate=rate: current_app.config[rate], key_func=key,
                               methods=["POST"])(self.auth_view.blueprint)  # fmt: skip

    def has_access(self, permission_name: str, view_name: str) -> bool:
        actor = g.get("actor")
        return actor is not None and (permission_name, view_name) in rights().get(actor.role, ())

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        return False

    def get_user_menu_access(self, menu_names: Iterable[str] | None = None) -> set[str]:
        return {name for name in menu_names or () if self.has_access("menu_access", name)}

    def load_user(self, pk: Any) -> User | None:
        """The account behind a session that is still good: in force, fresh, stamped as now."""
        found = queries.standing(int(pk)) if str(pk).isdecimal() else None
        if found is None:
            return None
        user, post = found
        if post.state != ACTIVE or not post.org.active or not _is_good(user, post):
            return None
        g.post = post
        return user

    def load_user_jwt(self, _jwt_header: object, _jwt_data: object) -> None:
        """Nobody: the platform hands out no such tokens."""

    def before_request(self) -> ResponseReturnValue | None:
        """`g.actor` acts in this request, inside his part of the tree; or nobody does."""
        g.user = current_user
        if serves_file() or request.endpoint in {None, "health"}:
            return None
        if not current_user.is_authenticated:
            return _to_the_door()
        g.actor = queries.actor_of(g.post, request.remote_addr or "")
        scope.enter(g.actor.org_path)
        if request.endpoint not in ASKED_BY_MACHINES:
            session[SEEN] = int(clock.now().timestamp())
        return _detour(g.post)

    def welcome(self, user_id: int) -> None:
        """A new session for this account; nothing of the one before lives on but the language."""
        kept = {key: session[key] for key in KEPT_OVER_SIGN_IN if key in session}
        session.clear()
        session.update(kept)
        session.permanent = True
        session[PROVED] = [rules.PASSWORD]
        self.restamp(user_id)
        if user := self.load_user(user_id):
            login_user(user, remember=False)

    def restamp(self, user_id: int) -> None:
        """This session, and no other, goes on after the account's stamp has changed."""
        db.session.expire_all()
        found = queries.standing(user_id)
        if found:
            session[STAMP] = _stamp(*found)
            session[SEEN] = int(clock.now().timestamp())

    def farewell(self) -> None:
        """Every session of the account has ended; only the language stays in this browser."""
        if g.get("actor") is not None:
            entry.sign_out(g.actor)
            db.session.commit()
        kept = {key: session[key] for key in KEPT_OVER_SIGN_IN if key in session}
        logout_user()
        session.clear()
        session.update(kept)


def _to_the_door() -> ResponseReturnValue | None:
    """A stranger gets no further than the open addresses, whatever the page itself forgets."""
    if request.endpoint in OPEN_TO_STRANGERS:
        return None
    if wants_json():
        return answer(401)
    if STAMP in session:
        session.pop(STAMP)
        flash(_("登录已过期，请重新登录"), "warning")
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    there = wanted if wanted not in {"", "/"} else None
    return redirect(url_for("AuthDBView.login", next=there), 303)


def _stamp(user: User, post: Post) -> str:
    """Changes with the password and at every sign-out, and cannot be made without our key."""
    told = f"{user.id}:{user.password}:{post.epoch}"
    return hmac.new(_key(current_app), told.encode(), hashlib.sha256).hexdigest()


def _key(app: Flask) -> bytes:
    secret = app.secret_key or ""
    return secret if isinstance(secret, bytes) else secret.encode()


def _is_good(user: User, post: Post) -> bool:
    idle = clock.now().timestamp() - session.get(SEEN, 0)
    stamped = hmac.compare_digest(session.get(STAMP, ""), _stamp(user, post))
    return stamped and idle <= rules.IDLE.total_seconds()


def _detour(post: Post) -> ResponseReturnValue | None:
    """Where somebody must go first: to choose a password. A second proof is asked for here too:
    when `rules.proofs_for(post.duty)` holds more than `session[PROVED]`, to the page for it."""
    changed = clock.moment_of(post.password_on) if post.password_on else None
    due = post.must_change or rules.password_is_due(changed, clock.now())
    allowed = {"MyPasswordView.this_form_get", "MyPasswordView.this_form_post",
               "AuthDBView.logout", "LocaleView.index"}  # fmt: skip
    if not due or request.endpoint in allowed:
        return None
    return redirect(url_for("MyPasswordView.this_form_get"), 303)


def _name_and_source() -> str:
    name = request.form.get("username", "").strip().lower()[:64]
    return f"{name}@{get_remote_address()}"


def who() -> dict[str, str] | None:
    """Name, organisation and duty for the corner of the page."""
    actor = g.get("actor")
    if actor is None:
        return None
    return {"name": actor.name, "org": actor.org_name, "duty": str(ROLES.get(actor.role, ""))}
