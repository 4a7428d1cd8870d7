"""学籍与标准: grids of enrolments, holds, standards and the working-day calendar."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from flask import g, request

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_POSTER,
    BUREAU_REVIEWER,
    BUREAUS,
    SCHOOL_CLERK,
    SCHOOLS,
    STAFF,
    SYSADMIN,
    Org,
)
from app.accounts.queries import deeds
from app.kernel.calendar_models import CalendarYear, SpecialDay
from app.kernel.grid import EXPORT, READ, WRITE, Category, Grid, Lookup, MonthAsked, Receives, bulk
from app.kernel.i18n import _, _l
from app.kernel.types import Month
from app.kernel.workflow import Outcome
from app.registry import (  # noqa: F401  (the desk registers itself)
    desk,
    intake,
    queries,
    service,
)
from app.registry.forms import RegistryForm
from app.registry.models import CARD_STATES, ENROLMENT_STATES, GRANT, Enrolment, Hold, Standard
from app.registry.work import ROLLS
from app.registry.workflow import HOLDS, deciders

if TYPE_CHECKING:
    from app.kernel.actor import Actor

REVEALERS = SCHOOLS | {BUREAU_CLERK, BUREAU_REVIEWER, BUREAU_APPROVER, BUREAU_POSTER}
"""Whose work needs a whole number now and then: to compare it with the paper or with the bank."""
UPLOADERS = frozenset({SCHOOL_CLERK, BUREAU_CLERK})
CARD_TONES = {"active": "good", "claimed": "wait", "closed": "mute"}
TOLD = 20
"""Of so many that were not held the page says why."""
REGISTRY_MENU = Category("registry", _l("学籍与标准"), "school")


def cards_shown(person_id: int) -> dict[str, Any]:
    """What a page needs that lists the cards of a person; the caller has checked the row."""
    return {"cards": queries.cards_of(person_id), "card_states": CARD_STATES,
            "card_tones": CARD_TONES}  # fmt: skip


class EnrolmentGrid(Receives, Grid):
    """Who studies where, as the student registry has it."""

    receives = ROLLS
    upload_template, preview_template = "registry/upload.html", "registry/upload_preview.html"

    model, menu, icon = Enrolment, (REGISTRY_MENU, _l("学籍")), "id"
    doors = {"upload": (_l("上传学籍"), "upload")}
    access = {STAFF: READ | EXPORT, REVEALERS: {"can_reveal"}, UPLOADERS: {"can_upload"}}
    reveals = frozenset({"id_mask"})
    title = _l("学籍")
    labels = {
        "school": _l("学校"), "school_id": _l("学校"), "name": _l("姓名"), "id_mask": _l("证件号"),
        "grade": _l("年级"), "major": _l("专业"),
        "major_code": _l("专业代码"), "class_name": _l("班级"), "state": _l("学籍状态"),
        "enrolled_in": _l("入学年月"),
        "left_in": _l("离校年月"),
    }  # fmt: skip
    list_columns = ["name", "id_mask", "school", "grade", "major", "class_name", "state"]
    show_template = "registry/enrolment.html"
    show_columns = ["name", "id_mask", "school", "grade", "major", "major_code",
                    "class_name", "state", "enrolled_in", "left_in"]  # fmt: skip
    search_columns = ["name", "state", "school_id"]
    order_columns = ["name"]
    lookups = {"school_id": Lookup(Org, "name", where=lambda _actor: Org.level == "school")}

    def revealed(self, row: Any, column: str) -> str:
        return queries.id_no_of(row.person_id)

    def beside(self, row: Any) -> dict[str, Any]:
        own = g.actor.role == SCHOOL_CLERK and row.school_id == g.actor.org_id
        away = {"absences": queries.absences_of(row.id), "states": ENROLMENT_STATES}
        return cards_shown(row.person_id) | away | {"may_change": own}

    @bulk("hold", _l("停发助学金"), by=deciders, note=True, icon="hand-stop", tone="danger",
          month=MonthAsked(_l("从哪个月起停发"), service.months_of_hold),
          confirm=_l("从所选月份起不能列入助学金名单，已列入、还没有发放的不再发放。更早月份还没有发放的照常发放："
                     "不该发的，请在名单中剔除该生，或登记异议。"))  # fmt: skip
    def hold(self, where: Any, actor: Actor, note: str) -> Outcome:
        asked = request.form.get("month")
        first = Month.clean(asked) if asked else None
        held = service.held_already(where, GRANT, first)
        told = {pk: _("从%(month)s起已经停发；要改起始月的，先解除再登记", month=month)
                for pk, month in islice(held.items(), TOLD)}  # fmt: skip
        return Outcome(service.hold(where, GRANT, actor, note, first), told, len(held))

    def file_form(self) -> Any:
        return RegistryForm.over(intake.schools_for(g.actor))

    def file_place(self, form: Any) -> dict[str, Any]:
        return {"school": intake.school_for(form.school.data, g.actor).code}


class HoldGrid(Grid):
    """停发: whose payment is stopped, from when, and why."""

    model, workflow, icon = Hold, HOLDS, "hand-stop"
    menu = (REGISTRY_MENU, _l("停发登记"))
    access = {BUREAUS | SCHOOLS: READ | EXPORT}
    title = _l("停发登记")
    labels = {"name": _l("姓名"), "id_mask": _l("证件号"), "reason": _l("原因"),
              "first_month": _l("停发起始月"), "last_month": _l("停发截止月"),
              "state": _l("状态")}  # fmt: skip
    list_columns = ["name", "id_mask", "first_month", "last_month", "reason", "state"]
    search_columns = ["name", "state"]
    order_columns = ["first_month"]
    tones = {"on": "bad", "lifted": "mute"}
    show_template = "registry/hold.html"

    def beside(self, row: Hold) -> dict[str, Any]:
        return {"steps": deeds(Hold.__tablename__, row.id)}


class StandardGrid(Grid):
    """What a programme pays from which month on."""

    model, menu, icon = Standard, (REGISTRY_MENU, _l("资助标准")), "coin"
    access = {STAFF: READ | EXPORT}
    title = _l("资助标准")
    labels = {"programme": _l("项目"), "valid_from": _l("起始年月"), "valid_to": _l("截止年月"),
              "yearly_fen": _l("每生每年（元）"), "grades": _l("年级"),
              "paid_months": _l("发放月份"), "source": _l("文件依据")}  # fmt: skip
    list_columns = ["programme", "valid_from", "valid_to", "yearly_fen", "grades", "paid_months",
                    "source"]  # fmt: skip
    order_columns = ["valid_from"]


class CalendarYearGrid(Grid):
    """Whether a year's holidays are those of the official notice."""

    model, menu, icon = CalendarYear, (REGISTRY_MENU, _l("日历年份")), "calendar-check"
    access = {STAFF: READ | EXPORT, SYSADMIN: READ | EXPORT | {"can_add", "can_edit"}}
    title = _l("日历年份")
    labels = {"year": _l("年份"), "confirmed": _l("已确认"), "source": _l("文件依据")}
    list_columns = ["year", "confirmed", "source"]
    add_columns = edit_columns = ["year", "confirmed", "source"]
    base_order = ("year", "desc")


class SpecialDayGrid(Grid):
    """Holidays and make-up working days."""

    model, menu, icon = SpecialDay, (REGISTRY_MENU, _l("节假日与调休")), "calendar"
    access = {STAFF: READ | EXPORT, SYSADMIN: WRITE | EXPORT}
    title = _l("节假日与调休")
    labels = {"day": _l("日期"), "is_workday": _l("上班"), "name": _l("名称"),
              "source": _l("文件依据")}  # fmt: skip
    list_columns = ["day", "is_workday", "name", "source"]
    search_columns = ["day", "name", "is_workday"]
    add_columns = edit_columns = list_columns
    base_order = ("day", "desc")


from app.registry import changing  # noqa: E402, F401  (stands last in the menu)
