"""数据核查: grids of rounds and cases, and the pages on which a case is answered or given away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from wtforms.validators import InputRequired

from app.accounts import queries as accounts
from app.accounts.models import BUREAUS, SCHOOL, STAFF, Org
from app.accounts.trail import SUBJECTS, VERBS
from app.kernel import clock
from app.kernel.fields import LookupField, form_of
from app.kernel.grid import EXPORT, READ, Category, Grid, Lookup, Receives
from app.kernel.i18n import _, _l
from app.registry.models import Programme
from app.registry.views import REVEALERS
from app.verification import (  # noqa: F401  (the desk registers itself)
    desk,
    intake,
    matters,
    progress,
    queries,
    service,
)
from app.verification.behind import Below, RightBelow
from app.verification.forms import SuspectsForm
from app.verification.models import Case, Round
from app.verification.rules import ANSWERS, MONEY, Answer
from app.verification.work import SUSPECT_FILES
from app.verification.workflow import ANSWERERS, CASES, ROUNDS, SPLITTERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

VERIFICATION_MENU = Category("verification", _l("数据核查"), "list-search")
VERBS["import_cases"] = _l("导入异常数据")
SUBJECTS["case_upload"] = _l("上传的异常数据")


class RoundGrid(Grid):
    """Rounds of verification, and whether each came to its end."""

    model, workflow, icon = Round, ROUNDS, "clipboard-check"
    menu = (VERIFICATION_MENU, _l("核查轮次"))
    access = {BUREAUS: READ | EXPORT, SPLITTERS: {"can_add", "can_edit"}}
    title = _l("核查轮次")
    tones = {"running": "info", "ended": "good"}
    labels = {
        "title": _l("轮次名称"), "bureau": _l("主管部门"), "programme": _l("项目"),
        "first_month": _l("起始月份"), "last_month": _l("截止月份"), "due_on": _l("反馈截止日"),
        "note": _l("备注"), "state": _l("状态"), "by": _l("设立人"), "created_at": _l("设立时间"),
        "ended_at": _l("结束时间"),
    }  # fmt: skip
    hints = {
        "title": _l("如“2026年秋季学籍查重”"), "first_month": _l("核查哪些月份的名单，可以不填"),
        "due_on": _l("学校反馈和主管部门审结的最后一天"),
    }  # fmt: skip
    list_columns = ["title", "bureau", "programme", "due_on", "state"]
    show_columns = ["title", "bureau", "programme", "first_month", "last_month", "due_on", "note",
                    "by", "created_at", "ended_at", "state"]  # fmt: skip
    add_columns = ["title", "programme", "first_month", "last_month", "due_on", "note"]
    edit_columns = ["title", "due_on", "note"]
    search_columns = ["title", "state", "due_on"]
    order_columns = ["due_on", "created_at"]
    lookups = {"programme": Lookup(Programme, "name")}
    editable_when = service.own_running
    show_template = "verification/round.html"
    add_row_message = _l("核查轮次已设立，请上传异常数据")

    def pre_add(self, row: Round) -> None:
        service.fill_in(row, g.actor)

    def pre_update(self, row: Round) -> None:
        service.fill_in(row, g.actor)
        service.carry_over(row)

    def beside(self, row: Round) -> dict[str, Any]:
        mine = row.bureau_id == g.actor.org_id and row.state == "running"
        return {"row": row, "books": queries.books(row.id), "may_upload": mine}


def _ending(grid: Any, where: Any, actor: Any, note: str, filter_text: str  # noqa: ARG001
            ) -> Any:  # fmt: skip
    return service.end_rounds(where, actor, note, filter_text)


RoundGrid.buttons["end_round"] = replace(RoundGrid.buttons["end_round"], run=_ending)


class CaseGrid(Receives, Grid):
    """Suspicious records: each at its school, until it is answered and closed."""

    receives, upload_hint = SUSPECT_FILES, _l("全国或上级下发的异常数据，一轮可以分几次上传。")
    upload_template = "verification/upload.html"
    preview_template = "verification/upload_preview.html"
    model, workflow, icon = Case, CASES, "list-search"
    menu = (VERIFICATION_MENU, _l("异常记录"))
    doors = {"progress": (_l("核查进度与汇总"), "chart-bar"),
             "upload": (_l("上传异常数据"), "upload")}  # fmt: skip
    access = {
        STAFF: READ | EXPORT, REVEALERS: {"can_reveal"}, BUREAUS: {"can_progress"},
        SPLITTERS: {"can_upload", "can_reassign"}, ANSWERERS: {"can_answer"},
    }  # fmt: skip
    reveals = frozenset({"id_mask"})
    title = _l("异常记录")
    tones = {"waiting": "warn", "answered": "info", "stray": "bad", "closed": "good"}
    labels = {
        "round": _l("核查轮次"), "round_title": _l("核查轮次"), "due_on": _l("反馈截止日"),
        "school": _l("学校"), "school_id": _l("学校"), "place": _l("所在机构"),
        "bureau": _l("直接主管部门"), "seq": _l("文件行号"), "kind": _l("异常类型"),
        "id_mask": _l("证件号"), "name": _l("姓名"), "clue": _l("异常说明"),
        "first_month": _l("起始年月"), "last_month": _l("截止年月"), "fen": _l("涉及金额（元）"),
        "state": _l("状态"), "finding": _l("核查结论"), "action": _l("处理方式"),
        "explanation": _l("核查说明"), "proof": _l("佐证材料"), "checked_by": _l("核查人"),
        "checked_on": _l("核查日期"), "back_fen": _l("追缴金额（元）"),
        "back_first": _l("追缴起始月份"), "back_last": _l("追缴截止月份"),
        "voucher_no": _l("缴款凭证号"), "repaid_on": _l("缴款日期"),
        "answered_by": _l("反馈人"), "answered_at": _l("反馈时间"), "closed_by": _l("审结人"),
        "closed_at": _l("审结时间"),
    }  # fmt: skip
    hints = {
        "explanation": _l("怎样核实的，为什么这样处理"),
        "proof": _l("材料的名称、文号或存放处；保留资助的必填"),
        "action": _l("这里登记处理结果；停发、更正、学籍异动仍在各自的页面办理"),
        "voucher_no": _l("款项收回后，凭证号和日期一起填写"),
    }  # fmt: skip
    list_columns = ["name", "id_mask", "school", "kind", "state", "due_on", "finding", "action",
                    "round_title"]  # fmt: skip
    show_fieldsets = [
        (_l("异常情况"), {"fields": ["round_title", "school", "name", "id_mask", "kind", "clue",
                                 "first_month", "last_month", "fen", "due_on", "seq", "state"]}),
        (_l("核查反馈"), {"fields": ["finding", "action", "explanation", "proof", "back_fen",
                                 "back_first", "back_last", "voucher_no", "repaid_on",
                                 "checked_by", "checked_on", "answered_by", "answered_at",
                                 "closed_by", "closed_at"]}),
    ]  # fmt: skip
    search_columns = ["round_title", "name", "state", "kind", "finding", "action", "school_id",
                      "place", "bureau", "due_on"]  # fmt: skip
    order_columns = ["name", "due_on", "seq"]
    lookups = {
        "school_id": Lookup(Org, "name", "code", lambda _actor: (Org.level == SCHOOL) & Org.active),
        "place": Lookup(Org, "name"),
        "bureau": Lookup(Org, "name", where=lambda _actor: Org.level != SCHOOL),
    }
    show_template = "verification/case.html"

    # Reading.

    def _init_properties(self) -> None:
        super()._init_properties()
        self.offered["place"] = [Below("place", self.datamodel)]
        self.offered["bureau"] = [RightBelow("bureau", self.datamodel)]
        self.label_columns |= {n: self.labels[n] for n in ("place", "bureau")}

    def _init_forms(self) -> None:
        super()._init_forms()
        self.answer_form = form_of(ANSWERS, self._fields(ANSWERS))
        school = LookupField(_l("分派给"), [InputRequired(message=_l("请选择学校"))],
                             lookup=Lookup.of(self.lookups["school_id"]),
                             endpoint="/casegrid/lookup/school_id")  # fmt: skip
        self.school_form = type("SchoolForm", (DynamicForm,), {"school": school})

    def revealed(self, row: Case, column: str) -> str:
        return row.id_no

    def update_redirect(self) -> None:
        """A form that was refused is no page to come back to."""
        if request.method == "GET":
            super().update_redirect()

    def beside(self, row: Case) -> dict[str, Any]:
        """The forms of whoever may fill them in; what was typed and refused stays in them."""
        waits = row.state == "waiting" and row.school_id == g.actor.org_id
        form = (g.get("refused_form") or self._begun(row)) if waits and self.may("can_answer") \
            else None  # fmt: skip
        stray = row.state == "stray" and self.may("can_reassign")
        deeds = accounts.deeds(Case.__tablename__, row.id)
        return {"row": row, "form": form, "money": MONEY, "deeds": deeds,
                "school_form": self.school_form() if stray else None}  # fmt: skip

    def _begun(self, row: Case) -> Any:
        """The answer as it stands, with today and the person's own name to begin with."""
        form = self.answer_form(obj=row)
        form.checked_on.data = form.checked_on.data or clock.today()
        form.checked_by.data = form.checked_by.data or g.actor.name
        return form

    @expose("/progress")
    @has_access
    def progress(self) -> ResponseReturnValue:
        """How far a round has come, and what came of it."""
        return self.render_template("verification/progress.html", title=_l("核查进度与汇总"),
                                    **progress.page())  # fmt: skip

    # Acting.

    @expose("/<int:pk>/answer", methods=["POST"])
    @has_access
    def answer(self, pk: int) -> ResponseReturnValue:
        """The school says what it found and what it did."""
        row, form = self._one(pk), self.answer_form()
        if form.validate():
            told = Answer.of({name: form[name].data for name in ANSWERS})
            if self._attempt("answer_case", partial(service.answer, row, told, g.actor), pk):
                flash(_("已反馈，等待主管部门审结"), "success")
                return redirect(url_for(".show", pk=pk), 303)
        g.refused_form = form
        return self.show(pk), 409

    @expose("/<int:pk>/reassign", methods=["POST"])
    @has_access
    def reassign(self, pk: int) -> ResponseReturnValue:
        """A case that is not the school's goes to the school whose it is."""
        row, form = self._one(pk), self.school_form()
        if not form.validate():
            flash(_("请选择学校"), "warning")
            return redirect(url_for(".show", pk=pk), 303)
        given = partial(service.reassign, row, form.school.data, g.actor)
        if self._attempt("reassign_case", given, pk):
            flash(_("已重新分派，等待学校核实"), "success")
        return redirect(url_for(".show", pk=pk), 303)

    def _one(self, pk: int) -> Case:
        found = self.datamodel.one(Case.id == pk)
        row: Case = found[0] if found else abort(404)
        return row

    # Files.

    def file_form(self) -> Any:
        form = SuspectsForm.over(intake.rounds_for(g.actor))
        form.round.data = request.form.get("round") or request.args.get("round")
        return form

    def file_place(self, form: Any) -> dict[str, Any]:
        return {"round_id": intake.round_for(int(form.round.data), g.actor).id}


for _step in ("answer_case", "disown_case", "reassign_case"):
    del CaseGrid.buttons[_step]  # taken only with what is filled in beside them
