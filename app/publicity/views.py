"""名单公示: grids of lists, lines and findings, and the pages a file goes through."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from flask import abort, current_app, flash, g, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from markupsafe import Markup
from sqlalchemy import select

from app.accounts.models import BUREAUS, SCHOOL, SCHOOL_CLERK, SCHOOLS, STAFF, Org
from app.kernel import clock, files, jobs, uploads
from app.kernel.db import db
from app.kernel.grid import EXPORT, READ, Category, Grid, Lookup
from app.kernel.i18n import _, _l
from app.kernel.types import Month
from app.kernel.widgets import badge
from app.publicity import (  # noqa: F401  (the desk registers itself)
    desk,
    papers,
    queries,
    service,
)
from app.publicity.comparing import compare
from app.publicity.forms import TakeForm, UploadForm
from app.publicity.models import FOUND, AidLine, AidList, Finding, Upload
from app.publicity.previewing import changes, last_month
from app.publicity.rules import BY_CODE
from app.publicity.work import STAGE, TAKE
from app.publicity.workflow import FINDINGS, LINES, PUBLICITY
from app.registry import queries as registry
from app.registry.models import GRANT
from app.registry.views import REVEALERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PUBLICITY_MENU = Category("publicity", _l("名单公示"), "speakerphone")
TONES = {"draft": "mute", "submitted": "info", "published": "accent", "confirmed": "good",
         "void": "mute", "normal": "mute", "objected": "warn", "removed": "bad", "open": "warn",
         "overruled": "mute"}  # fmt: skip


class ListGrid(Grid):
    """Monthly lists, from the school's draft to the confirmed one."""

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
        "line_count": _l("人数"), "total_fen": _l("金额（元）"), "removed_count": _l("已剔除"),
        "zero_report": _l("零报告"), "published_at": _l("公示开始"), "closes_on": _l("公示截止"),
        "provisional": _l("截止日暂定"), "digest": _l("名单摘要"),
    }  # fmt: skip
    list_columns = ["month", "school", "programme", "kind", "line_count", "total_fen", "closes_on",
                    "state"]  # fmt: skip
    show_columns = ["school", "bureau", "programme", "month", "kind", "state", "line_count",
                    "total_fen", "removed_count", "zero_report", "published_at", "closes_on",
                    "provisional", "digest"]  # fmt: skip
    search_columns = ["month", "state", "school_id"]
    lookups = {"school_id": Lookup(Org, "name", where=lambda _actor: Org.level == SCHOOL)}
    base_order = ("month", "desc")
    show_template = "list_detail.html"

    def beside(self, row: AidList) -> dict[str, Any]:
        found = [
            {"code": code, "label": BY_CODE[code].label, "advice": BY_CODE[code].advice,
             "severity": severity, "state": state, "count": n}
            for code, severity, state, n in queries.findings_by_code(row.id)
        ]  # fmt: skip
        compared = compare(row)
        return {"aid_list": row, "steps": queries.steps_taken(row.id), "findings": found,
                "compared": compared, "last_month": compared.figures if compared else None,
                "may_upload": self._may_upload(row)}  # fmt: skip

    def _may_upload(self, row: AidList) -> bool:
        return bool(self.may("can_upload")) and row.state == "draft"

    @expose("/upload", methods=["GET", "POST"])
    @has_access
    def upload(self) -> ResponseReturnValue:
        """A file for one month comes in; nothing is written to the list yet."""
        form = UploadForm(month=request.args.get("month") or str(clock.this_month()))
        if request.method == "POST" and form.validate():
            sent = request.files.get("file")
            if sent and sent.filename:
                return self._stage(form, sent)
            form.file.errors = [_("请选择要上传的文件")]
        page = {"title": _l("上传名单"), "form": form, "accepts": ".xlsx,.xls,.csv",
                "template_url": url_for(".template"), "recent": queries.recent_uploads(),
                "hint": _l("一校一月一份名单；列名按模板，顺序不限。")}  # fmt: skip
        status = 400 if request.method == "POST" else 200
        return self.render_template("upload.html", **page), status

    def _stage(self, form: Any, sent: Any) -> ResponseReturnValue:
        month = Month.clean(form.month.data)
        first = Month.clean(form.first_month.data) if form.first_month.data else None
        kept = files.keep(sent.stream)
        target = service.draft_for(None, month, GRANT, g.actor, form.kind.data, first)
        if uploads.is_big(kept.size):
            row = jobs.enqueue(
                STAGE, actor=g.actor, title=_("读取名单 %(file)s", file=sent.filename),
                list_id=target.id, sha256=kept.sha256, file_name=sent.filename,
            )  # fmt: skip
            db.session.commit()
            return redirect(url_for("JobGrid.watch", pk=row.id), 303)
        staged = service.stage(kept.path, sent.filename, target, g.actor)
        db.session.commit()
        return redirect(url_for(".preview", pk=staged.id), 303)

    @expose("/uploads/<int:pk>")
    @has_access
    @permission_name("upload")
    def preview(self, pk: int) -> ResponseReturnValue:
        """What the file holds and what taking it would change."""
        staged = _upload(pk)
        figures = changes(staged) if staged.state == "staged" else None
        return self.render_template(
            "upload_preview.html", title=_l("核对上传"), upload=staged, form=TakeForm(),
            changes=figures, last=last_month(staged.aid_list), twin=service.earlier(staged),
            errors_url=url_for(".errors", pk=pk), take_url=url_for(".take", pk=pk),
            drop_url=url_for(".drop", pk=pk),
        )  # fmt: skip

    @expose("/uploads/<int:pk>/take", methods=["POST"])
    @has_access
    @permission_name("upload")
    def take(self, pk: int) -> ResponseReturnValue:
        staged, everything = _upload(pk), request.form.get("how") == "all"
        if staged.accepted > current_app.config.get("JOB_ROWS", 20_000):
            row = jobs.enqueue(
                TAKE, actor=g.actor, title=_("写入名单 %(file)s", file=staged.file_name),
                upload_id=pk, all_or_nothing=everything,
            )  # fmt: skip
            db.session.commit()
            return redirect(url_for("JobGrid.watch", pk=row.id), 303)
        target = service.take(staged, g.actor, everything)
        db.session.commit()
        flash(_("已写入%(n)s行，共%(yuan)s元", n=target.line_count,
                yuan=AidList.total_fen.type.show(target.total_fen)), "success")  # fmt: skip
        return redirect(url_for(".show", pk=target.id), 303)

    @expose("/uploads/<int:pk>/drop", methods=["POST"])
    @has_access
    @permission_name("upload")
    def drop(self, pk: int) -> ResponseReturnValue:
        service.drop(_upload(pk), g.actor)
        db.session.commit()
        flash(_("这份上传已放弃，名单没有改动"), "info")
        return redirect(url_for(".upload"), 303)

    @expose("/uploads/<int:pk>/errors")
    @has_access
    @permission_name("upload")
    def errors(self, pk: int) -> ResponseReturnValue:
        """The person's own file back, with what is wrong beside each row."""
        staged = _upload(pk)
        made = papers.errors_workbook(staged, files.kept_path(staged.sha256))
        name = _("错误说明-%(file)s", file=PurePath(staged.file_name).stem) + ".xlsx"
        return send_file(made, as_attachment=True, download_name=name)

    @expose("/template")
    @has_access
    @permission_name("upload")
    def template(self) -> ResponseReturnValue:
        return send_file(papers.template(), as_attachment=True,
                         download_name=_("受助学生名单模板") + ".xlsx")  # fmt: skip

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
    labels = {"line.name": _l("姓名"), "line.seq": _l("行号"), "line.id_mask": _l("证件号"),
              "aid_list": _l("名单"), "code": _l("问题"), "severity": _l("程度"),
              "state": _l("状态")}  # fmt: skip
    list_columns = ["aid_list", "line.seq", "line.name", "line.id_mask", "code", "severity",
                    "state"]  # fmt: skip
    search_columns = ["code", "severity", "state"]
    order_columns = ["code", "severity", "state"]
    eager = ("aid_list.school",)


ListGrid.related_views = [LineGrid]


def _upload(pk: int) -> Upload:
    """The upload, when it lies in the person's scope."""
    found = db.session.scalar(select(Upload).where(Upload.id == pk))
    if found is None:
        abort(404)
    return found
