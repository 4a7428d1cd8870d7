"""困难学生名册: grids of rolls and their entries, a roll's files, and how far schools are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import ColumnElement, exists, true

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_REVIEWER,
    SCHOOL,
    SCHOOLS,
    STAFF,
    Org,
)
from app.kernel.grid import EXPORT, READ, Category, Grid, Lookup, Receives, bulk
from app.kernel.grid.asked import whole
from app.kernel.i18n import _l
from app.kernel.scope import within
from app.kernel.workflow import Guard, Outcome
from app.registry.models import Difficulty
from app.rolls import desk, first_hour, intake, queries  # noqa: F401  (the desk registers itself)
from app.rolls.forms import RollForm
from app.rolls.models import Roll, RollEntry
from app.rolls.previewing import compared
from app.rolls.queries import PARTS
from app.rolls.work import FILES
from app.rolls.workflow import ENTRIES, ROLLS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.kernel.actor import Actor
    from app.rolls.models import RollUpload

ROLLS_MENU = Category("rolls", _l("困难学生名册"), "clipboard-list")
DECIDERS = frozenset({BUREAU_CLERK, BUREAU_REVIEWER, BUREAU_APPROVER})
READERS = SCHOOLS | DECIDERS
"""Whose work needs to know which hardship a student suffers; who pays does not."""
TONES = {"open": "info", "final": "good", "unmatched": "mute", "pending": "wait",
         "verified": "info", "struck": "bad"}  # fmt: skip
MATCH_TONES = {"one": "good", "none": "mute", "": "mute"}


def _empty(_actor: Actor) -> ColumnElement[bool]:
    n = RollEntry.__table__
    return ~exists().where(n.c.roll_id == Roll.id)


class RollGrid(Receives, Grid):
    """Rolls of other departments, as a bureau received them."""

    receives = FILES
    upload_template, preview_template = "rolls/upload.html", "rolls/upload_preview.html"
    model, workflow, menu, icon = Roll, ROLLS, (ROLLS_MENU, _l("部门名册")), "clipboard-list"
    doors = {"upload": (_l("上传名册"), "upload")}
    access = {DECIDERS: READ | EXPORT, BUREAU_CLERK: {"can_add", "can_edit", "can_upload"}}
    title = _l("部门名册")
    tones = TONES
    labels = {
        "title": _l("名册名称"), "department": _l("提供部门"), "difficulty": _l("困难类型"),
        "difficulty_id": _l("困难类型"), "school_year": _l("学年（起始年）"), "term": _l("学期"),
        "first_month": _l("资助起始月"), "last_month": _l("资助截止月"), "bureau": _l("接收机构"),
        "state": _l("状态"), "by": _l("登记人"), "created_at": _l("登记时间"),
    }  # fmt: skip
    hints = {
        "title": _l("如：2026年秋季低保家庭学生名册"), "school_year": _l("如2026，即2026—2027学年"),
        "difficulty": _l("一份名册只列一种困难类型；一人可在几份名册上"),
    }  # fmt: skip
    list_columns = ["title", "department", "difficulty", "first_month", "last_month", "bureau",
                    "state"]  # fmt: skip
    show_columns = ["title", "department", "difficulty", "school_year", "term", "first_month",
                    "last_month", "bureau", "by", "created_at", "state"]  # fmt: skip
    add_columns = edit_columns = ["title", "department", "difficulty", "school_year", "term"]
    search_columns = ["title", "state", "department", "difficulty_id"]
    order_columns = ["title", "first_month", "state"]
    lookups = {"difficulty": Lookup(Difficulty, "name", "source"),
               "difficulty_id": Lookup(Difficulty, "name", "source")}  # fmt: skip
    editable_when = Guard(
        _empty, _l("名册已有人员，名称、类型和学期不能再改；写错的，剔除后另立一份")
    )
    show_template = "rolls/roll.html"
    add_row_message = _l("名册已登记，请上传部门提供的文件")

    def place(self, row: Roll, actor: Actor) -> str:
        return actor.org_path

    def pre_add(self, row: Roll) -> None:
        intake.fill_in(row, g.actor)

    def pre_update(self, row: Roll) -> None:
        intake.roll_for(row.id, g.actor)
        intake.fill_in(row, g.actor)

    def beside(self, row: Roll) -> dict[str, Any]:
        counts, unknown = queries.counts_of(row)
        mine = bool(self.may("can_upload")) and row.bureau_id == g.actor.org_id
        return {"roll": row, "counts": counts, "unknown": unknown, "parts": PARTS,
                "entries_url": _entries(roll_id=row.id), "may_upload": mine and row.state == "open",
                "steps": queries.steps_of_roll(row.id)}  # fmt: skip

    @bulk("compare_anew", _l("重新比对学籍"), by={BUREAU_CLERK}, icon="refresh", source=("open",),
          confirm=_l("未匹配的人与此刻的学籍再比一次；学校已经在办的不变。"))  # fmt: skip
    def compare_anew(self, where: Any, actor: Actor, note: str) -> Outcome:
        return Outcome(intake.compare_anew(where, actor), {}, 0)

    def file_form(self) -> Any:
        return RollForm.over(intake.open_rolls(g.actor), request.args.get("roll_id", ""))

    def file_place(self, form: Any) -> dict[str, Any]:
        key = whole(form.roll_id.data, 0, 2**31 - 1)
        return {"roll_id": intake.roll_for(key, g.actor).id}

    def beside_upload(self, upload: RollUpload) -> dict[str, Any]:
        waits = upload.state == "staged"
        return {"compared": compared(upload) if waits else None}


def _entries(**narrow: Any) -> Any:
    """The list of entries behind a figure of `PARTS`, narrowed."""
    where = {f"_flt_0_{name}": value for name, value in narrow.items() if value is not None}

    def url(part: str = "", **more: Any) -> str:
        _label, state, verdict = PARTS.get(part, ("", "", ""))
        named = {"state": state, "verdict": verdict, **more}
        return url_for("RollEntryGrid.list", **where,
                       **{f"_flt_0_{k}": v for k, v in named.items() if v})  # fmt: skip

    return url


class RollEntryGrid(Grid):
    """People on rolls: a school sees those who study there, a bureau all below it."""

    model, workflow, icon = RollEntry, ENTRIES, "user-heart"
    menu = (ROLLS_MENU, _l("名册人员"))
    doors = {"progress": (_l("核实进度"), "chart-bar")}
    access = {READERS: READ | EXPORT | {"can_reveal"}, DECIDERS: {"can_progress"}}
    reveals = frozenset({"id_mask"})
    title = _l("名册人员")
    tones = TONES | MATCH_TONES
    labels = {
        "roll_id": _l("名册"), "title": _l("名册"), "seq": _l("行号"), "name": _l("姓名"),
        "id_mask": _l("证件号"), "difficulty": _l("困难类型"), "difficulty_id": _l("困难类型"),
        "first_month": _l("资助起始月"), "last_month": _l("资助截止月"), "county": _l("户籍所在县"),
        "village": _l("乡镇和村（社区）"), "household_no": _l("户编号"),
        "householder": _l("户主姓名"), "match": _l("比对结果"), "school": _l("学校"),
        "school_id": _l("学校"), "bureau": _l("办理机构"), "bureau_id": _l("办理机构"),
        "state": _l("状态"), "verdict": _l("核实结论"), "note": _l("说明"),
        "verified_by": _l("核实人"), "verified_at": _l("核实时间"),
        "enrolment.name": _l("学籍姓名"), "enrolment.class_name": _l("班级"),
    }  # fmt: skip
    list_columns = ["name", "id_mask", "school", "difficulty", "match", "verdict", "state"]
    show_columns = ["title", "seq", "name", "id_mask", "enrolment.name", "difficulty",
                    "first_month", "last_month", "county", "village", "household_no",
                    "householder", "match", "school", "enrolment.class_name", "bureau",
                    "state", "verdict", "note", "verified_by", "verified_at"]  # fmt: skip
    search_columns = ["name", "state", "match", "verdict", "difficulty_id", "school_id",
                      "bureau_id", "roll_id"]  # fmt: skip
    order_columns = ["name", "seq", "state"]
    lookups = {
        "school_id": Lookup(Org, "name", where=lambda _actor: Org.level == SCHOOL),
        "bureau_id": Lookup(Org, "name", where=lambda _actor: Org.level != SCHOOL),
        "difficulty_id": Lookup(Difficulty, "name", "source"), "roll_id": Lookup(Roll, "title"),
    }  # fmt: skip
    show_template = "rolls/entry.html"

    def revealed(self, row: RollEntry, column: str) -> str:
        return queries.id_no_of(row.id)

    def beside(self, row: RollEntry) -> dict[str, Any]:
        return {"entry": row, "steps": queries.steps_taken(row.id)}

    @expose("/progress")
    @has_access
    def progress(self) -> ResponseReturnValue:
        """How far the schools are, by place and by hardship; every number leads to its rows."""
        bureau = whole(request.args.get("bureau_id"), 0, 2**31 - 1) or None
        roll = whole(request.args.get("roll_id"), 0, 2**31 - 1) or None
        of_roll = RollEntry.roll_id == roll if roll else true()
        here = within(RollEntry) & of_roll
        places = queries.by_place(g.actor, bureau, here)
        kinds = queries.by_difficulty(here & (RollEntry.bureau_id == bureau) if bureau else here)
        return self.render_template(
            "rolls/progress.html", title=_l("核实进度"), places=places, kinds=kinds, parts=PARTS,
            entries_url=_entries, roll_id=roll, bureau_id=bureau,
        )  # fmt: skip


class DifficultyGrid(Grid):
    """The kinds of hardship, in the official order."""

    model, menu, icon = Difficulty, (ROLLS_MENU, _l("困难类型")), "list-details"
    access = {STAFF: READ | EXPORT}
    title = _l("困难类型")
    labels = {"place": _l("顺序"), "name": _l("困难类型"), "code": _l("代码"),
              "retired_on": _l("停用日期"), "source": _l("文件依据")}  # fmt: skip
    list_columns = ["place", "name", "code", "retired_on", "source"]
    base_order = ("place", "asc")
