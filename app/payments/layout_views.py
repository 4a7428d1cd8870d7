"""银行格式: the grid of editions, and the page on which one is drawn up before one's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access

from app.accounts.models import BUREAU_EXPORTER, BUREAUS
from app.accounts.trail import VERBS
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.grid import EXPORT, READ, Grid
from app.kernel.grid.press import refused
from app.kernel.i18n import _, _l
from app.payments import layout_desk, layouts  # noqa: F401  (the desk registers itself)
from app.payments.banks import Profile, Specimen, WrongField, specimen
from app.payments.layout_fields import in_words, named
from app.payments.layout_form import Page, data_of
from app.payments.layout_rows import BankProfile
from app.payments.layout_workflow import DRAFTED, LAYOUTS, own
from app.payments.views import PAYMENTS_MENU

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

VERBS[DRAFTED] = _l("起草银行格式")
BEGIN: dict[str, Any] = {
    "name": "", "title": "", "container": "txt", "encoding": "gbk", "separator": "|",
    "file_name": "{run_no}_{date}_{file_no:03d}.txt",
    "columns": [{"source": "seq", "title": "序号"}, {"source": "holder_name", "title": "户名"},
                {"source": "card_no", "title": "账号"}, {"source": "fen", "title": "金额"},
                {"source": "ref", "title": "备注"}],
}  # fmt: skip
"""What somebody finds who starts from nothing."""


class LayoutGrid(Grid):
    """Every edition of every bank format of one's own bureau and those below; beside them, what
    is in use here from above."""

    model, workflow, icon = BankProfile, LAYOUTS, "building-bank"
    menu = (PAYMENTS_MENU, _l("银行格式"))
    access = {BUREAUS: READ | EXPORT, BUREAU_EXPORTER: READ | {"can_draft", "can_specimen"}}
    doors = {"draft": (_l("起草银行格式"), "pencil")}
    title = _l("银行格式")
    tones = {"draft": "wait", "active": "good", "retired": "mute"}
    labels = {
        "code": _l("格式代码"), "name": _l("名称"), "edition": _l("第几版"), "state": _l("状态"),
        "why": _l("改动说明"), "made_by": _l("起草人"), "made_at": _l("起草时间"),
        "approved_by": _l("启用人"), "approved_at": _l("启用时间"), "digest": _l("内容摘要"),
    }  # fmt: skip
    list_columns = ["name", "code", "edition", "state", "why", "made_by", "made_at", "approved_by"]
    show_columns = [*list_columns, "approved_at", "digest"]
    search_columns = ["code", "name", "state"]
    order_columns = ["name", "code", "edition", "made_at"]
    base_order = ("made_at", "desc")
    list_template, show_template = "layout_list.html", "layout_detail.html"

    def beside_list(self) -> dict[str, Any]:
        return {"above": layouts.from_above(g.actor.org_path)}

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> ResponseReturnValue:
        """One edition; of those from above, one in use, to be looked at."""
        rows = {str(row.id): row for row in layouts.from_above(g.actor.org_path)}
        if pk not in rows:
            return super().show(pk)
        row, theirs = rows[pk], {s.name: str(own.otherwise) for s in self._steps()}
        page: str = self.render_template(
            self.show_template, pk=row.id, title=self.show_title, hindered=theirs,
            widgets={"show": self._card(row.id, row, False, theirs)}, related_views=[],
            **self.beside(row),
        )  # fmt: skip
        return page

    def beside(self, row: BankProfile) -> dict[str, Any]:
        before = layouts.in_use_before(row)
        changes = layouts.changes(before.data, row.data) if before else []
        profile = Profile.parse(row.data)
        return {"row": row, "before": before, "named": named, "changes": changes,
                "settled": Page(row.data).settled(),
                "made": _attempted(lambda: specimen(profile))[0], "profile": profile,
                "may_draft": self.may("can_draft")}  # fmt: skip

    @expose("/draft", methods=["GET", "POST"])
    @has_access
    def draft(self) -> ResponseReturnValue:
        """A new edition is drawn up; another person puts it to use."""
        if request.method == "GET":
            data = _base_data()
            return self._form(data, "", _said_of(data) if data["name"] else (None, ""))
        data, why = data_of(request.form), request.form.get("why", "").strip()
        made, trouble = _attempted(lambda: layouts.draft(data, why, g.actor))
        if made is None:
            refused(self, DRAFTED, g.actor, trouble)
            return self._form(data, trouble, _said_of(data)), 409
        db.session.commit()
        flash(_("第%(n)s版草稿已保存，请由另一人核对后启用", n=made.edition), "success")
        return redirect(url_for(".show", pk=made.id), 303)

    @expose("/specimen", methods=["POST"])
    @has_access
    def specimen(self) -> ResponseReturnValue:
        """The first lines as the form stands now, or the sentence that says what is wrong."""
        made, trouble = _said_of(data_of(request.form))
        if made is None:
            return jsonify(problem=trouble)
        return jsonify(problem="", file=made.file_name, files=made.files,
                       lines=list(made.lines), unable=list(made.unable))  # fmt: skip

    def _form(self, data: dict[str, Any], trouble: str, shown: tuple[Specimen | None, str]) -> str:
        page: str = self.render_template(
            "layout_form.html", title=_l("起草银行格式"), layout=Page(data), trouble=trouble,
            made=shown[0], problem=shown[1], bases=layouts.usable(g.actor.org_path),
            base_id=request.values.get("base", ""), why=request.form.get("why", ""),
        )  # fmt: skip
        return page


def _base_data() -> dict[str, Any]:
    """What the new edition starts from: the edition asked for, or a plain text."""
    asked = request.args.get("base", "")
    if not asked:
        return BEGIN
    found = layouts.base(int(asked), g.actor) if asked.isdecimal() and len(asked) < 10 else None
    if found is None:
        abort(404)
    return found.data


def _said_of(data: dict[str, Any]) -> tuple[Specimen | None, str]:
    return _attempted(lambda: specimen(Profile.parse(data)))


def _attempted(work: Callable[[], T]) -> tuple[T | None, str]:
    """What `work` made, or the sentence why not, in the words of the page."""
    try:
        return work(), ""
    except WrongField as error:
        return None, f"{named(error.path)}{in_words(error.should)}"
    except Refused as error:
        return None, error.sentence
