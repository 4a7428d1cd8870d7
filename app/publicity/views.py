"""名单公示: grids of lists, lines and findings, and the pages a file goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, g, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from markupsafe import Markup

from app.accounts.models import (
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAUS,
    SCHOOL,
    SCHOOL_CLERK,
    SCHOOLS,
    STAFF,
    Org,
)
from app.kernel import clock
from app.kernel.db import db
from app.kernel.grid import EXPORT, READ, Category, Grid, Lookup, Receives
from app.kernel.i18n import _, _l
from app.kernel.types import Month
from app.kernel.widgets import badge
from app.publicity import (  # noqa: F401  (the desk registers itself)
    desk,
    first_hour,
    queries,
    service,
)
from app.publicity.comparing import compare
from app.publicity.forms import UploadForm
from app.publicity.models import FOUND, AidLine, AidList, Finding, Upload
from app.publicity.previewing import last_month
from app.publicity.rules import BY_CODE
from app.publicity.unlisted import Unlisted, unlisted
from app.publicity.work import LISTS
from app.publicity.workflow import FINDINGS, LINES, PUBLICITY
from app.registry import queries as registry
from app.registry.models import GRADES, GRANT
from app.registry.views import REVEALERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PAYERS = frozenset({BUREAU_EXPORTER, BUREAU_POSTER})
PUBLICITY_MENU = Category("publicity", _l("名单公示"), "speakerphone")
TONES = {"draft": "mute", "submitted": "info", "published": "accent", "confirmed": "good",
         "void": "mute", "normal": "mute", "objected": "warn", "removed": "bad", "open": "warn",
         "overruled": "mute"}  # fmt: skip


class ListGrid(Receives, Grid):
    """Monthly lists, from the school's draft to the confirmed one."""

    receives, upload_hint = LISTS, _l("一校一月一份名单；列名按模板，顺序不限。")
    model, workflow, menu, icon = AidList, PUBLICITY, (PUBLICITY_MENU, _l("月度名单")), "list-check"
    doors = {"upload": (_l("上传名单"), "upload")}
    access = {
        SCHOOL_CLERK: READ | EXPORT | {"can_upload"},
        SCHOOLS | BUREAUS: READ | EXPORT,
    }
    title = _l("月度名单")
    tones = TONES
    labels = {
        "school": _l("学校"), "school_id": _l("学校"), "bureau": _l("主管部门"),
        "programme": _l("项目"), "month": _l("月份"), "kind": _l("类型"), "state": _l("状态"),
        "first_month": _l("起始月份"), "line_count": _l("人数"), "total_fen": _l("金额（元）"),
        "removed_count": _l("已剔除"),
        "zero_report": _l("零报告"), "published_at": _l("公示开始"), "closes_on": _l("公示截止"),
        "provisional": _l("截止日暂定"), "digest": _l("名单摘要"),
    }  # fmt: skip
    list_columns = ["month", "school", "programme", "kind", "line_count", "total_fen", "closes_on",
                    "state"]  # fmt: skip
    show_columns = ["school", "bureau", "programme", "month", "first_month", "kind", "state",
                    "line_count", "total_fen", "removed_count", "zero_report", "published_at",
                    "closes_on", "provisional", "digest"]  # fmt: skip
    search_columns = ["month", "state", "school_id"]
    lookups = {"school_id": Lookup(Org, "name", where=lambda _actor: Org.level == SCHOOL)}
    base_order = ("month", "desc")
    show_template = "list_detail.html"

    def beside(self, row: AidList) -> dict[str, Any]:
        found = [
            {"code": code, "label": BY_CODE[code].label, "advice": BY_CODE[code].advice,
             "severity": severity, "state": state, "count": n,
             "url": url_for("FindingGrid.list", _flt_0_list_id=row.id, _flt_0_code=code)}
            for code, severity, state, n in queries.findings_by_code(row.id)
        ]  # fmt: skip
        compared = compare(row)
        return {"aid_list": row, "steps": queries.steps_taken(row.id), "findings": found,
                "unlisted": self._unlisted(row), "grades": GRADES, "compared": compared,
                "last_month": compared.figures if compared else None,
                "may_upload": self._may_upload(row)}  # fmt: skip

    def _unlisted(self, row: AidList) -> Unlisted:
        """Whose work is the payment does not learn who suffers a hardship."""
        return Unlisted(0, []) if g.actor.role in PAYERS else unlisted(row)

    def _may_upload(self, row: AidList) -> bool:
        return bool(self.may("can_upload")) and row.state == "draft"

    def file_form(self) -> Any:
        return UploadForm(month=request.args.get("month") or str(clock.this_month()))

    def file_place(self, form: Any) -> dict[str, Any]:
        month = Month.clean(form.month.data)
        first = Month.clean(form.first_month.data) if form.first_month.data else None
        target = service.draft_for(None, month, GRANT, g.actor, form.kind.data, first)
        return {"list_id": target.id}

    def beside_upload(self, upload: Upload) -> dict[str, Any]:
        return {"last": last_month(upload.aid_list)}

    @expose("/<int:pk>/sheet", methods=["POST"])
    @has_access
    @permission_name("upload")
    def sheet(self, pk: int) -> ResponseReturnValue:
        """The draft as a file to edit and send back; with `whole`, its numbers in full."""
        row = self.changeable(pk, g.actor)
        whole = request.args.get("whole") == "1"
        made = service.hand_out(row, g.actor, whole, request.form.get("note", ""))
        db.session.commit()
        name = _("%(list)s-修改-%(n)s行", list=row, n=row.line_count) + ".xlsx"
        return send_file(made, as_attachment=True, download_name=name)

    @expose("/<int:pk>/recheck", methods=["POST"])
    @has_access
    @permission_name("upload")
    def recheck(self, pk: int) -> ResponseReturnValue:
        row = self.changeable(pk, g.actor, lock=True)
        service.recheck(row, g.actor)
        db.session.commit()
        flash(_("已重新核对"), "success")
        return redirect(url_for(".show", pk=pk), 303)

    @expose("/zero", methods=["POST"])
    @has_access
    @permission_name("upload")
    def zero(self) -> ResponseReturnValue:
        """本月无受助学生: the empty list says so."""
        month = Month.clean(request.form.get("month", ""))
        target = service.draft_for(None, month, GRANT, g.actor)
        service.report_nobody(target, g.actor)
        db.session.commit()
        flash(_("已登记零报告，请由复核人上报"), "success")
        return redirect(url_for(".show", pk=target.id), 303)


def _open_ones(findings: list[Finding]) -> Markup | str:
    """What is still questionable about a line."""
    tones = {"block": "bad", "warn": "warn"}
    marks = [badge(FOUND[f.code], tones[f.severity]) for f in findings if f.state == "open"]
    return Markup(" ").join(marks) or ""


class LineGrid(Grid):
    """The students on lists; a school sees its own, a bureau those below it."""

    model, workflow, menu, icon = AidLine, LINES, (PUBLICITY_MENU, _l("受助学生")), "users"
    access = {STAFF: READ | EXPORT, REVEALERS: {"can_reveal"}}
    reveals = frozenset({"id_mask", "card_mask"})
    title = _l("受助学生")
    tones = TONES
    labels = {
        "aid_list": _l("名单"), "aid_list.school": _l("学校"), "name": _l("姓名"),
        "id_mask": _l("证件号"), "grade": _l("年级"), "major": _l("专业"), "class_name": _l("班级"),
        "first_month": _l("起始月份"), "last_month": _l("截止月份"), "amount_fen": _l("金额（元）"),
        "card_mask": _l("银行卡"), "state": _l("状态"), "seq": _l("行号"), "remark": _l("备注"),
        "aid_list.month": _l("月份"), "findings": _l("问题"),
    }  # fmt: skip
    formatters = {"findings": _open_ones}
    list_columns = ["seq", "name", "id_mask", "aid_list.school", "aid_list.month", "grade",
                    "class_name", "amount_fen", "findings", "state"]  # fmt: skip
    show_columns = ["aid_list", "seq", "name", "id_mask", "grade", "major",
                    "class_name", "first_month", "last_month", "amount_fen", "card_mask",
                    "findings", "state", "remark"]  # fmt: skip
    search_columns = ["name", "state", "last_month"]
    order_columns = ["seq", "name", "amount_fen", "state"]
    eager = ("aid_list.school",)

    def ordering(self, asked: Any) -> list[Any]:
        """As in the school's file, the latest list first."""
        if asked.order:
            return super().ordering(asked)
        return [AidLine.list_id.desc(), AidLine.seq, AidLine.id]

    def revealed(self, row: AidLine, column: str) -> str:
        if column == "card_mask":
            return registry.card_no_of(row.card_id)
        return registry.id_no_of(row.person_id)


class FindingGrid(Grid):
    """What is questionable about lines, and what the bureau let pass."""

    model, workflow, icon = Finding, FINDINGS, "alert-triangle"
    menu = (PUBLICITY_MENU, _l("核对问题"))
    access = {STAFF: READ | EXPORT}
    title = _l("核对问题")
    tones = TONES
    labels = {"list_id": _l("名单编号"), "line.name": _l("姓名"), "line.seq": _l("行号"),
              "line.id_mask": _l("证件号"), "aid_list": _l("名单"), "code": _l("问题"),
              "severity": _l("程度"), "state": _l("状态")}  # fmt: skip
    list_columns = ["aid_list", "line.seq", "line.name", "line.id_mask", "code", "severity",
                    "state"]  # fmt: skip
    search_columns = ["code", "severity", "state", "list_id"]
    show_template = "finding_detail.html"
    order_columns = ["code", "severity", "state"]
    eager = ("aid_list.school",)

    def beside(self, row: Finding) -> dict[str, Any]:
        """What to do about it, and where the student stands."""
        return {"advice": BY_CODE[row.code].advice,
                "line_url": url_for("LineGrid.show", pk=row.line_id)}  # fmt: skip


ListGrid.related_views = [LineGrid]
