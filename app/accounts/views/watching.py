"""后台任务: what runs for me, how far it is, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, g, jsonify, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name

from app.accounts.models import ROLES
from app.kernel import jobs
from app.kernel.grid import READ, Grid
from app.kernel.i18n import _, _l
from app.kernel.job_models import STATES, Job

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class JobGrid(Grid):
    """The background work of one's place; a person watches and stops only his own."""

    model, icon, api = Job, "loader", ""
    access = {frozenset(ROLES): READ | {"can_watch"}}
    title = _l("后台任务")
    labels = {"title": _l("任务"), "username": _l("账号"), "state": _l("状态"),
              "sentence": _l("进展"), "created_at": _l("提交时间"), "finished_at": _l("结束时间"),
              "error": _l("说明")}  # fmt: skip
    list_columns = ["title", "username", "state", "sentence", "created_at", "finished_at"]
    show_columns = [*list_columns, "error"]
    formatters = {"state": lambda state: STATES[state]}

    @expose("/watch/<int:pk>")
    @has_access
    def watch(self, pk: int) -> ResponseReturnValue:
        row = jobs.find(pk, g.actor) or abort(404)
        return self.render_template(
            "job.html", title=row.title, job=row, status=jobs.status(row),
            status_url=url_for(".status", pk=pk), cancel_url=url_for(".cancel", pk=pk),
        )  # fmt: skip

    @expose("/watch/<int:pk>/status")
    @has_access
    @permission_name("watch")
    def status(self, pk: int) -> ResponseReturnValue:
        row = jobs.find(pk, g.actor) or abort(404)
        return jsonify(jobs.status(row))

    @expose("/watch/<int:pk>/cancel", methods=["POST"])
    @has_access
    @permission_name("watch")
    def cancel(self, pk: int) -> ResponseReturnValue:
        row = jobs.find(pk, g.actor) or abort(404)
        jobs.cancel(row, actor=g.actor)
        flash(_("任务已取消，数据没有写入"), "info")
        return redirect(url_for(".list"), 303)
