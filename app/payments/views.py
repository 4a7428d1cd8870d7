"""发放: grids of runs, attempts, files and results, and the pages between us and the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, flash, g, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import select

from app.accounts.models import (
    BUREAU_CLERK,
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAUS,
    ROLES,
    STAFF,
)
from app.accounts.queries import deeds
from app.kernel import clock
from app.kernel.db import db
from app.kernel.grid import EXPORT, READ, Category, Receives
from app.kernel.i18n import _, _l, _n
from app.kernel.types import Month
from app.kernel.widgets import badge
from app.payments import (  # noqa: F401  (the desk registers itself)
    arriving,
    desk,
    exporting,
    first_hour,
    funds,
    layouts,
    opening,
    packing,
    posting,
    queries,
    renewing,
    tracing,
)
from app.payments.arriving import RESULTS
from app.payments.behind import STANDINGS, Behind, OfRun, Standing
from app.payments.forms import FORMS, RESULT_KINDS, ExportForm, OpenForm, ResultForm
from app.payments.hands import HANDLERS, UNCHECKED, may_open
from app.payments.models import FATES, OUTCOMES, Attempt, Payment, PayRun, ResultLine
from app.payments.packing_views import Packed, own
from app.payments.silence import why_unclear
from app.payments.waiting import unpaid_months
from app.payments.workflow import ANSWERS, RUNS
from app.registry import queries as registry
from app.registry.views import REVEALERS
from app.registry.workflow import CARD_CHANGES

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PAYMENTS_MENU = Category("payments", _l("资金发放"), "building-bank")
TONES = {"open": "info", "exported": "accent", "checked": "accent", "settled": "good",
         "void": "mute"}  # fmt: skip
ENDS = {"waiting": "mute", "sent": "info", "paid": "good", "failed": "bad", "unknown": "warn",
        "returned": "bad"}  # fmt: skip
HANDLED = {"posted": "good", "same": "mute", "aside": "bad", "explained": "mute", "": "mute"}


class RunGrid(Packed):
    """Payment runs, from the confirmed lists to the last arrival date."""

    model, workflow, menu, icon = PayRun, RUNS, (PAYMENTS_MENU, _l("支付批次")), "cash"
    access = {
        BUREAUS: READ | EXPORT,
        frozenset({BUREAU_CLERK, BUREAU_EXPORTER}): READ | {"can_begin", "can_again"},
        BUREAU_EXPORTER: READ | {"can_package", "can_file"},
        HANDLERS: READ | {"can_file"},
    }
    title = _l("支付批次")
    tones = TONES
    labels = {
        "id": _l("批次"), "bureau": _l("主管部门"), "programme": _l("项目"), "month": _l("月份"),
        "kind": _l("类型"), "line_count": _l("笔数"), "total_fen": _l("金额（元）"),
        "state": _l("状态"), "layout_name": _l("银行格式"), "created_by": _l("开立人"),
        "created_at": _l("开立时间"), "exported_at": _l("导出时间"), "digest": _l("批次摘要"),
    }  # fmt: skip
    list_columns = ["id", "month", "bureau", "programme", "kind", "line_count", "total_fen",
                    "layout_name", "state"]  # fmt: skip
    show_columns = ["id", "bureau", "programme", "month", "kind", "state", "line_count",
                    "total_fen", "layout_name", "created_by", "created_at", "exported_at",
                    "digest"]  # fmt: skip
    search_columns = ["month", "state", "kind"]
    show_template = "run_detail.html"

    def beside(self, row: PayRun) -> dict[str, Any]:
        files, seen = queries.files_of(row.id), queries.at_a_glance(row.id)
        results, aside, waiting = queries.answers_of(row.id)
        left = row.line_count - sum(f.row_count for f in files) if files else 0
        return {
            "run": row, "figures": seen.figures, "files": files,
            "left_out": left, "seen": seen,
            "results": results, "aside": aside, "aside_count": waiting,
            "steps": queries.steps_taken(row.id), "outcomes": OUTCOMES, "whys": posting.WHYS,
            "forms": FORMS,
            "export_form": _export_form(row) if self._may_package(row) else None,
            "result_form": ResultForm(run=row.id) if _may_post(row) else None,
            "funds": funds.of_run(row) if self._may_package(row) else None,
            "renewal": renewing.foretold(row).told() if row.state == "open" else "",
            "again": self._again(row), **self._to_carry(row),
            "next_step": _next_step(row, seen.figures, aside),
            "unclear": why_unclear(row, seen.figures.get("unknown", (0, 0))[0]),
        }  # fmt: skip

    def _again(self, row: PayRun) -> queries.ToRepeat | None:
        """How many payments, and what sum, may be paid again; None when there is no button."""
        if row.state not in ("checked", "settled") or not self.may("can_again"):
            return None
        waiting = queries.to_pay_again(row.id)
        return waiting if waiting.payments else None

    def _to_carry(self, row: PayRun) -> dict[str, Any]:
        """What may be taken away: the papers, the bank files, a sealed package."""
        papers = self.may("can_file") and _is_own(row)
        file = papers and may_open(row, g.actor)
        return {"may_papers": papers, "may_file": file, "unchecked": UNCHECKED,
                "may_seal": file and self.may("can_package")}  # fmt: skip

    def _may_package(self, row: PayRun) -> bool:
        return row.state == "open" and bool(self.may("can_package"))

    @expose("/begin", methods=["GET", "POST"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        """A run is opened for a month's confirmed lists."""
        form = OpenForm()
        waiting = _months_waiting()
        form.month.choices = waiting or [(str(clock.this_month()), _("没有待支付的名单"))]
        if not form.validate_on_submit():
            status = 400 if request.method == "POST" else 200
            page = {"title": _l("开立支付批次"), "form": form, "waiting": waiting}
            return self.render_template("run_begin.html", **page), status
        opened = opening.open_run(Month.clean(form.month.data), None, g.actor)
        db.session.commit()
        flash(_n("已开立，共%(n)s笔", opened.accepted), "success")
        if opened.refused:
            flash(_n("%(n)s笔所含月份已在其他批次支付，没有列入", opened.refused), "warning")
        _tell_held(opened)
        return redirect(url_for(".show", pk=opened.run.id), 303)

    @expose("/<int:pk>/package", methods=["POST"])
    @has_access
    def package(self, pk: int) -> ResponseReturnValue:
        """The bank files are made; the run waits for a second person."""
        run = _run(pk)
        profile = layouts.chosen(request.form.get("profile", ""), run.org_path)
        folder, decision = exporting.folder_of(run), request.form.get("decision", "")
        done = exporting.export(run, profile, folder, g.actor, decision[:500])
        db.session.commit()
        for sentence in queries.unable(pk, 5):
            flash(sentence, "warning")
        if renewal := done.renewed.told():
            flash(renewal, "warning")
        flash(_("银行文件已生成，请由另一人复核，复核之后才能下载"), "success")
        return redirect(url_for(".show", pk=pk), 303)

    @expose("/<int:pk>/file/<int:file_id>", methods=["POST"])
    @has_access
    def file(self, pk: int, file_id: int) -> ResponseReturnValue:
        """One file of the package, for the bureau whose run it is; taking it leaves a trace."""
        run = own(pk)
        found = next((f for f in queries.files_of(pk) if f.id == file_id), None) or abort(404)
        made = packing.carried(run, found, g.actor)
        db.session.commit()
        return send_file(made, as_attachment=True, download_name=found.name)

    @expose("/<int:pk>/again", methods=["POST"])
    @has_access
    def again(self, pk: int) -> ResponseReturnValue:
        """What failed is to be paid again, in a run of its own."""
        opened = opening.open_again(_run(pk), g.actor)
        db.session.commit()
        flash(_n("重发批次已开立，共%(n)s笔", opened.accepted), "success")
        _tell_held(opened)
        return redirect(url_for(".show", pk=opened.run.id), 303)


class AttemptGrid(Behind):
    """Every order to the bank; a school sees its own students'."""

    model, menu, icon = Attempt, (PAYMENTS_MENU, _l("发放明细")), "receipt"
    access = {STAFF: READ | EXPORT, REVEALERS: {"can_reveal"}}
    reveals = frozenset({"card_mask"})
    title = _l("发放明细")
    labels = {
        "ref": _l("流水号"), "name": _l("姓名"), "card_mask": _l("银行卡"), "no": _l("第几次"),
        "fen": _l("金额（元）"), "state": _l("结果"), "reason_text": _l("银行说明"),
        "arrived_on": _l("到账日期"), "returned_on": _l("退汇日期"), "run_name": _l("批次"),
        "run_id": _l("批次"), "bank_ref": _l("银行流水"), "arrival": _l("到账日期"),
    }  # fmt: skip
    list_columns = ["ref", "name", "card_mask", "fen", "no", "state", "arrived_on", "returned_on",
                    "reason_text"]  # fmt: skip
    show_columns = ["run_name", *list_columns[:-3], "arrival", "returned_on", "reason_text",
                    "bank_ref"]  # fmt: skip
    formatters = {"state": lambda state: badge(OUTCOMES[state], ENDS[state])}
    standing_by = {"standing": (Standing, _l("口径"), STANDINGS)}
    search_columns = ["name", "ref", "state", "arrived_on", "returned_on", "run_id", "month",
                      "school", "bureau", "programme", "standing"]  # fmt: skip
    order_columns = ["name", "fen", "state", "arrived_on", "returned_on"]
    eager = ("run.bureau",)
    show_template = "attempt_detail.html"

    def beside(self, row: Attempt) -> dict[str, Any]:
        found = tracing.trace(Payment.id == row.payment_id)
        return {"trace": found, "shown": row.id, "whys_aside": posting.WHYS,
                "card_changes": CARD_CHANGES.states, "advice": tracing.advice(found)}  # fmt: skip

    def revealed(self, row: Attempt, column: str) -> str:
        return registry.card_no_of(row.card_id)


class ResultLineGrid(Receives, Behind):
    """Rows of the bank's files, and what became of each; the files come in here."""

    receives, accepts = RESULTS, ".txt,.csv,.dat,.xls,.xlsx,.xml,.sta,.940"
    upload_template = "result_upload.html"
    preview_template = "result_preview.html"
    doors = {"upload": (_l("导入回盘"), "upload")}
    model, workflow, icon = ResultLine, ANSWERS, "file-search"
    menu = (PAYMENTS_MENU, _l("回盘明细"))
    access = {BUREAUS: READ | EXPORT, BUREAU_POSTER: {"can_upload"}}
    title = _l("回盘明细")
    labels = {"row": _l("行号"), "ref": _l("流水号"), "name": _l("姓名"), "fen": _l("金额（元）"),
              "outcome": _l("结果"), "fate": _l("处理"), "why": _l("搁置原因"),
              "reason_text": _l("银行说明"), "arrived_on": _l("到账或退汇日期"),
              "card_tail": _l("卡尾号"), "bank_ref": _l("银行流水"), "run_id": _l("批次"),
              "file_id": _l("回盘文件号")}  # fmt: skip
    list_columns = ["run_id", "row", "ref", "name", "fen", "outcome", "fate", "why", "arrived_on"]
    show_columns = ["row", "ref", "name", "card_tail", "fen", "outcome", "reason_text", "bank_ref",
                    "arrived_on", "fate", "why"]  # fmt: skip
    of_list, of_what = {"bureau": _l("主管部门")}, OfRun
    search_columns = ["ref", "fate", "run_id", "bureau", "file_id"]
    order_columns = ["row", "fate"]
    formatters = {
        "why": lambda w: posting.WHYS.get(w, w),
        "outcome": lambda state: badge(OUTCOMES[state], ENDS[state]),
        "fate": lambda fate: badge(FATES[fate], HANDLED[fate]),
    }  # fmt: skip
    show_template = "result_row.html"

    def beside(self, row: ResultLine) -> dict[str, Any]:
        file, run, order = queries.about_row(row)
        return {"row": row, "file": file, "run": run, "order": order, "outcomes": OUTCOMES,
                "ends": ENDS, "whys": posting.WHYS,
                "steps": deeds(ResultLine.__tablename__, row.id)}  # fmt: skip

    def file_form(self) -> ResultForm:
        form = ResultForm(run=request.args.get("run", type=int))
        form.run.choices = [(run.id, f"{run} · {run.layout_name}")
                            for run in arriving.runs_for(g.actor)]  # fmt: skip
        return form

    def file_place(self, form: Any) -> dict[str, Any]:
        kind = form.kind.data
        return {"run_id": form.run.data, "message": kind if kind in RESULT_KINDS else ""}

    def beside_upload(self, upload: Any) -> dict[str, Any]:
        return {"run": upload.run, "outcomes": OUTCOMES, "whys": posting.WHYS, "forms": FORMS}


RunGrid.related_views = [AttemptGrid]
del RunGrid.buttons["export"]  # pressed only together with a bank's layout: `package`


def _tell_held(opened: opening.Opened) -> None:
    if opened.held:
        flash(_n("%(n)s笔的学生处于停发状态，没有列入", opened.held), "warning")
    if opened.away:
        said = _n("%(n)s笔的学生在名单公示后已休学或离校，没有列入：请在名单中剔除，"
                 "离校前应发的月份由学校另报“补发”名单；没有离校的，请学校更正学籍",
                 opened.away)  # fmt: skip
        flash(said, "warning")


def _months_waiting() -> list[tuple[str, str]]:
    return [(str(month), _("%(month)s（%(n)s份名单待支付）", month=month, n=n))
            for month, n in unpaid_months(g.actor.org_id)]  # fmt: skip


def _may_post(run: PayRun) -> bool:
    return run.state in arriving.ANSWERABLE and g.actor.role == BUREAU_POSTER and _is_own(run)


def _next_step(run: PayRun, figures: dict[str, Any], aside: list[ResultLine]) -> str:
    """What the run waits for and from whom; "" when it is the reader's own, or nobody's."""
    step = RUNS.steps.get({"open": "export", "exported": "check", "checked": "settle"}
                          .get(run.state, ""))  # fmt: skip
    unanswered = figures.keys() & {"sent", "unknown"}
    if step and step.name == "settle" and aside and not unanswered:
        step = ANSWERS.steps["explain"]
    if step is None or (g.actor.role in step.by and _is_own(run)):
        return ""
    what = _("导入银行回盘") if step.name == "settle" and unanswered else step.label
    who = _("或").join(str(ROLES[role]) for role in ROLES if role in step.by)
    return _("下一步：由%(bureau)s的%(who)s办理「%(what)s」。", bureau=run.bureau, who=who,
             what=what)  # fmt: skip


def _is_own(run: PayRun) -> bool:
    """Whole card numbers stand in a bank file: those above see figures, not files."""
    return bool(run.bureau_id == g.actor.org_id)


def _export_form(run: PayRun) -> ExportForm:
    form = ExportForm(profile=queries.usual_profile(run.bureau_id))
    form.profile.choices = [(r.code, str(r)) for r in layouts.usable(run.org_path)]
    return form


def _run(pk: int) -> PayRun:
    return db.session.scalar(select(PayRun).where(PayRun.id == pk)) or abort(404)


from app.payments import (  # noqa: E402, F401  (stand last in the menu)
    arrivals,
    layout_views,
    reconciling,
    recoveries,
)
