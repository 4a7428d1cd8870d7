"""The other addresses of a grid: buttons, the count before a press, pickers, the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, has_access_api, permission_name
from sqlalchemy import and_
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized

from app.kernel import audit
from app.kernel.column_choice import choose
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.fields import offers
from app.kernel.files import opened
from app.kernel.grid import big_export
from app.kernel.grid.asked import asked_of, carried, unreadable, whole
from app.kernel.grid.declare import Action, Lookup, msgid
from app.kernel.grid.export import MIMES, export, handed_out
from app.kernel.grid.pages import Pages
from app.kernel.grid.press import key_of, press, run_method, summed_up, ticked
from app.kernel.grid.reasons import reason_of
from app.kernel.i18n import _

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome


class Presses(Pages):
    """Acting on rows, one or many."""

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> ResponseReturnValue:
        action, key = self.permitted(name), key_of(pk)
        back = url_for(".show", pk=key) if self.may("can_show") else url_for(".list")
        return self._press(action, self.model.id == key, 1, back)

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> ResponseReturnValue:
        action = self.permitted(request.form.get("action", ""))
        back = self._row_above() or self._as_filtered()
        if request.form.get("all_matching"):
            return self._press_matching(action, back)
        try:
            keys = ticked(request.form.getlist("rowid"))
        except Refused as error:
            flash(error.sentence, "warning")
            return redirect(back, 303)
        return self._press(action, self.model.id.in_(keys), len(keys), back)

    def _as_filtered(self) -> str:
        return f"{url_for('.list')}?{urlencode(carried(self, request.args))}".rstrip("?")

    def _row_above(self) -> str:
        """The page of the row on which the list hangs that was acted upon; else nothing."""
        for view in self.appbuilder.baseviews:
            if type(self) not in (getattr(view, "related_views", None) or ()):
                continue
            link = self.datamodel.get_related_fk(view.model)
            key = request.args.get(f"_flt_0_{link}", "")
            if key.isdecimal() and view.may("can_show"):
                return url_for(f"{view.endpoint}.show", pk=key) + f"#{type(self).__name__}"
        return ""

    def _press_matching(self, action: Action, back: str) -> ResponseReturnValue:
        """On all rows of the filter in the address, as many as the person was told."""
        asked = asked_of(self, request.args)
        expected = whole(request.form.get("expected"), -1, 10**9)
        if expected < 0:
            raise unreadable()
        words = asked.words(self.label_columns)
        return self._press(action, asked.where(self.label_columns), expected, back, words)

    def _press(self, action: Action, where: ColumnElement[bool], expected: int, back: str,
               words: str | None = None) -> ResponseReturnValue:  # fmt: skip
        """`words`: the filter in words; None when the rows were named one by one."""
        try:
            outcome = press(self, action, where, g.actor, expected=expected, named=words is None,
                            note=request.form.get("note", ""), filter_text=words or "")  # fmt: skip
        except Refused as error:
            flash(error.sentence, "danger")
        else:
            tone, text = summed_up(self, action, outcome)
            flash(text, tone)
        return redirect(back, 303)

    def permitted(self, name: str) -> Action:
        """The button of this name, if whoever is asking has it."""
        if g.get("actor") is None:
            raise Unauthorized
        if name not in self.buttons:
            raise NotFound
        if not self.may(name):
            raise Forbidden
        return self.buttons[name]

    def run_bulk(self, name: str, method: Any, where: ColumnElement[bool], actor: Actor,
                 note: str, filter_text: str) -> Outcome:  # fmt: skip
        return run_method(self, name, method, where, actor, note, filter_text)

    @expose("/matching")
    @has_access_api
    @permission_name("list")
    def matching(self) -> ResponseReturnValue:
        """How many rows the filter holds; with `action`, how many of them are ready for it."""
        where = asked_of(self, request.args).where(self.label_columns)
        found = {"count": self.datamodel.exactly(where)}
        step = self.workflow.steps.get(request.args.get("action", "")) if self.workflow else None
        if self.workflow and step:
            ready = self.workflow.ready(step, g.actor)
            found["ready"] = self.datamodel.exactly(and_(where, ready))
        return jsonify(found)

    @expose("/lookup/<string:column>")
    @has_access_api
    @permission_name("list")
    def lookup(self, column: str) -> ResponseReturnValue:
        """What a picker of this grid offers for the words typed so far."""
        if column not in self.lookups:
            raise NotFound
        return jsonify(offers(Lookup.of(self.lookups[column]), request.args.get("q", "")))

    @expose("/reveal/<pk>/<string:column>", methods=["POST"])
    @has_access_api
    def reveal(self, pk: str, column: str) -> ResponseReturnValue:
        """One whole number of one row; asking for it says why and leaves a trace, with no number
        in it."""
        found = self.datamodel.one(self.model.id == key_of(pk))
        if found is None or column not in self.reveals:
            raise NotFound
        row, why = found[0], reason_of(request.form)
        value = self.revealed(row, column)
        audit.record("reveal", actor=g.actor, org_path=row.org_path,
                     subject=self.model.__tablename__, subject_id=row.id,
                     note=f"{msgid(self.labels[column])}：{why}")  # fmt: skip
        db.session.commit()
        return jsonify({"value": value})

    @expose("/columns", methods=["POST"])
    @has_access
    @permission_name("list")
    def choose_columns(self) -> ResponseReturnValue:
        """The account's list has the ticked columns from now on; none is back to the usual."""
        wanted = request.form.getlist("columns")
        if set(wanted) - set(self.choosable):
            raise unreadable()
        usual = set(wanted) == set(self.list_columns) or "usual" in request.args
        choose(g.actor, type(self).__name__, () if usual else wanted)
        db.session.commit()
        return redirect(self._as_filtered(), 303)

    @expose("/export", methods=["GET", "POST"])
    @has_access
    @permission_name("export")
    def export(self) -> ResponseReturnValue:
        kind = request.args.get("format", "xlsx")
        if kind not in MIMES:
            raise unreadable()
        names = self.list_columns if "usual" in request.args else self.columns()
        asked = asked_of(self, request.args)
        if big_export.is_big(self, asked):
            return self._export_later(kind, names)
        return export(self, asked, g.actor, kind, names)

    def _export_later(self, kind: str, names: list[str]) -> ResponseReturnValue:
        """A job writes the file; meanwhile the person watches it, or goes on working."""
        asked = carried(self, request.args)
        db.session.rollback()
        with writing():
            job = big_export.later(self, asked, g.actor, kind, names)
            db.session.commit()
        return redirect(url_for("JobGrid.watch", pk=job.id), 303)

    @expose("/exported/<int:pk>")
    @has_access
    @permission_name("export")
    def exported(self, pk: int) -> ResponseReturnValue:
        """The file that a job has written for this very account, to be fetched."""
        made = big_export.find(self, pk, g.actor) or abort(404)
        return self.render_template(
            "exported.html", title=_("导出%(what)s", what=self.title), job=made,
            file_url=url_for(".exported_file", pk=pk) if big_export.file_of(made) else None,
            list_url=url_for(".list"),
        )  # fmt: skip

    @expose("/exported/<int:pk>/file")
    @has_access
    @permission_name("export")
    def exported_file(self, pk: int) -> ResponseReturnValue:
        made = big_export.find(self, pk, g.actor) or abort(404)
        if (path := big_export.file_of(made)) is None:
            raise Refused(_("这份文件只保留一天，已经删除；请重新导出"))
        out, name, count = opened(path), made.result["name"], made.result["count"]
        audit.record_apart("download", actor=g.actor, subject=self.model.__tablename__, count=count,
                           note=name)  # fmt: skip
        return handed_out(out, made.args["form"], name)
