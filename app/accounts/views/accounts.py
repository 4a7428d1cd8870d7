"""账号: made by one administrator, given its duty and put in force by another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, g, redirect
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.exceptions import NotFound

from app.accounts import entry, service
from app.accounts.forms import AccountForm, DutyForm, offer_duties
from app.accounts.models import SECADMIN, SYSADMIN, Org, Post
from app.accounts.views.menu import SYSTEM
from app.accounts.workflow import ACCOUNTS
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.grid import EXPORT, READ, Grid, Lookup, bulk
from app.kernel.grid.press import key_of, refused
from app.kernel.i18n import _, _l

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome

RESET = "reset_password"


class AccountGrid(Grid):
    """One account, one person, one post. Nothing is deleted."""

    model, workflow, icon = Post, ACCOUNTS, "users"
    menu = (SYSTEM, _l("账号"))
    access = {SYSADMIN: READ | EXPORT | {"can_add"}, SECADMIN: READ | EXPORT | {"can_edit"}}
    title = _l("账号")
    api = ""
    labels = {
        "username": _l("用户名"), "name": _l("姓名"), "org": _l("机构"), "org_id": _l("机构"),
        "duty": _l("岗位"), "state": _l("状态"), "must_change": _l("须改密码"),
        "password_on": _l("密码设于"), "last_seen_at": _l("最近登录"),
        "last_seen_from": _l("登录来源"), "locked_until": _l("锁定至"),
    }  # fmt: skip
    tones = {"pending": "wait", "active": "good", "stopped": "mute"}
    lookups = {"org_id": Lookup(Org, "name", "code", where=lambda _a: Org.active.is_(True))}
    list_columns = ["username", "name", "org", "duty", "state", "last_seen_at"]
    show_columns = ["username", "name", "org", "duty", "state", "must_change", "password_on",
                    "last_seen_at", "last_seen_from", "locked_until"]  # fmt: skip
    search_columns = ["username", "name", "org_id", "duty", "state"]
    add_form, edit_form = AccountForm, DutyForm

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        form = self.add_form()
        status = 200
        if form.is_submitted():
            made = self._attempt("create", lambda: _make(form)) if form.validate() else None
            if made is not None:
                return self._issued(*made)
            status = 409
        widgets = self._get_add_widget(form=form)
        page = self.render_template(self.add_template, title=self.add_title, widgets=widgets)
        return page, status

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> ResponseReturnValue:
        key = key_of(pk)
        found = self.datamodel.one(self.model.id == key)
        if found is None:
            raise NotFound
        post: Post = found[0]
        form = offer_duties(self.edit_form(obj=post), post)
        if not form.is_submitted():
            return self._duty_page(post, form)
        if form.validate():
            done = self._attempt("grant", lambda: _grant(key, form.duty.data), key)
            if done is not None:
                flash(_("岗位已授予；启用后生效"), "success")
                return redirect(self._after(key), 303)
        return self._duty_page(post, form), 409

    def _duty_page(self, post: Post, form: DutyForm) -> str:
        page: str = self.render_template(
            self.edit_template, title=_("授予岗位：%(who)s，%(org)s", who=post, org=post.org),
            widgets=self._get_edit_widget(form=form), pk=post.id, related_views=[],
        )  # fmt: skip
        return page

    @bulk(RESET, _l("重置密码"), by={SYSADMIN}, icon="key", tone="danger", multiple=False,
          confirm=_l("原密码立即失效，该账号的登录全部退出。新密码只显示一次。"))  # fmt: skip
    def reset_password(self, _where: ColumnElement[bool], _actor: Actor, _note: str) -> Outcome:
        raise Refused(_("重置密码只能一个一个办理"))

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> ResponseReturnValue:
        if name != RESET:
            answer: ResponseReturnValue = super().action(name, pk)
            return answer
        self.permitted(name)
        key = key_of(pk)
        try:
            post, secret = entry.reset_password(key, g.actor)
            db.session.commit()
        except Refused as error:
            refused(self, RESET, g.actor, error.sentence, subject_id=key)
            flash(error.sentence, "danger")
            return redirect(self._after(key), 303)
        return self._issued(post, secret)

    def _issued(self, post: Post, secret: str) -> str:
        """The page that shows a new password, once: never in a flash, never in a cookie."""
        page: str = self.render_template(
            "accounts/issued.html", title=_l("初始密码"), post=post, secret=secret,
            back=self._after(post.id),
        )  # fmt: skip
        return page


def _make(form: AccountForm) -> tuple[Post, str]:
    org = db.session.get(Org, form.org_id.data)
    if org is None:
        raise NotFound
    return service.add_account(form.username.data, form.name.data, org, actor=g.actor)


def _grant(key: int, duty: Any) -> Post:
    return service.grant(key, duty, g.actor)
