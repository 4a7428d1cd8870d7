"""The door, the start page, and the pages of the three administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import flash, g, redirect, request, url_for
from flask_appbuilder import IndexView, SimpleFormView, expose
from flask_appbuilder.security.views import AuthDBView as FrameworksAuthView

from app.accounts import (  # noqa: F401  (hints and waiting work register themselves)
    entry,
    first_hour,
    queries,
    trail,
    waiting,
)
from app.accounts.forms import LoginForm, PasswordForm
from app.kernel import desk
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.kernel.audit import Event

NO_ENTRY = _l("用户名或密码不正确，或者账号未启用。连续输错会被锁定 15 分钟。")


class AuthDBView(FrameworksAuthView):
    """The door. It keeps the framework's name, which templates and decorators build on."""

    title = _l("登录")

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> ResponseReturnValue:
        if g.get("actor") is not None:
            return redirect(self._wanted())
        form = LoginForm()
        if not form.validate_on_submit():
            return self._page(form)
        user_id = entry.sign_in(form.username.data, form.password.data, request.remote_addr or "")
        if user_id is None:
            flash(str(NO_ENTRY), "warning")
            return self._page(form), 401
        self.appbuilder.sm.welcome(user_id)
        return redirect(self._wanted(), 303)

    def _wanted(self) -> str:
        """The page of ours one was on the way to, else the start page; never another site."""
        parts = urlsplit(request.args.get("next", ""))
        ours = parts.netloc in {"", request.host} and parts.path.startswith("/")
        if not ours or parts.path.startswith(("//", "/\\")):
            return str(self.appbuilder.get_url_for_index)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _page(self, form: LoginForm) -> str:
        page: str = self.render_template(self.login_template, title=self.title, form=form)
        return page

    @expose("/logout/", methods=["POST"])
    def logout(self) -> ResponseReturnValue:
        self.appbuilder.sm.farewell()
        return redirect(url_for(".login"), 303)


class MyPasswordView(SimpleFormView):
    """Everybody's own password."""

    route_base = "/my/password"
    form = PasswordForm
    form_title = _l("修改密码")

    @expose("/", methods=["GET"])
    def this_form_get(self) -> ResponseReturnValue:
        if g.post.must_change:
            flash(_("这是初始密码，请先换成您自己的密码"), "warning")
        return self._form_page(self.form.refresh())

    @expose("/", methods=["POST"])
    def this_form_post(self) -> ResponseReturnValue:
        form = self.form.refresh()
        if not form.validate_on_submit():
            return self._form_page(form), 400
        try:
            entry.change_password(g.actor, form.old.data, form.new.data)
            db.session.commit()
        except Refused as error:
            db.session.rollback()
            flash(error.sentence, "danger")
            return self._form_page(form), 409
        self.appbuilder.sm.restamp(g.actor.id)
        flash(_("密码已修改，其他设备上的登录已退出"), "success")
        return redirect(self.appbuilder.get_url_for_index, 303)

    def _form_page(self, form: Any) -> str:
        self._init_vars()
        page: str = self.render_template(
            self.form_template, title=self.form_title, widgets=self._get_edit_widget(form=form)
        )
        return page


class HomeView(IndexView):
    """Where one lands after the door: what waits for me."""

    @expose("/")
    def index(self) -> ResponseReturnValue:
        self.update_redirect()
        return self.render_template(
            "home.html", title=_l("工作台"), inbox=desk.inbox(g.actor),
            numbers=desk.figures(g.actor), recent=_lately(), guide=desk.first_hour(g.actor),
        )  # fmt: skip


def _lately() -> list[dict[str, Any]]:
    """What one did last, in words."""
    return [
        {
            "what": _what(e),
            "at": e.at,
            "count": e.count,
            "outcome": e.outcome,
            "note": trail.note(e.note),
        }
        for e in queries.latest_acts(g.actor.id)
    ]


def _what(event: Event) -> str:
    """The act and what it was done to; signing in is done to nothing."""
    if event.verb in {"login", "logout"}:
        return trail.verb(event.verb)
    return f"{trail.verb(event.verb)} {trail.subject(event.subject)}".strip()
