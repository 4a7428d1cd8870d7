"""The life of a monthly list, of one line on it, and of one finding."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    SCHOOL_REVIEWER,
)
from app.kernel import clock
from app.kernel.actor import CLOCK_ROLE, Actor
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.scope import everyone
from app.kernel.workflow import Guard, Moved, Step, Workflow
from app.publicity.listed_cards import settle_listed
from app.publicity.models import AidLine, AidList, Finding
from app.publicity.seal import seal_lists

WORKDAYS_SHOWN = 5
school_reviewers = frozenset({SCHOOL_REVIEWER})
approvers = frozenset({BUREAU_APPROVER})
deciders = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})


def _no_open_block(_actor: Actor) -> ColumnElement[bool]:
    # Asked of each finding's line: as a join, a big press would read every line there is.
    state = select(AidLine.state).where(AidLine.id == Finding.line_id).scalar_subquery()
    return ~exists().where(
        Finding.list_id == AidList.id, Finding.state == "open", Finding.severity == "block",
        state != "removed",
    )  # fmt: skip


def _own_bureau(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role == CLOCK_ROLE else AidList.bureau_id == actor.org_id


def _says_something(_actor: Actor) -> ColumnElement[bool]:
    return or_(AidList.line_count > 0, AidList.zero_report)


def _window_over(_actor: Actor) -> ColumnElement[bool]:
    return AidList.closes_on < clock.today()


def _date_is_firm(_actor: Actor) -> ColumnElement[bool]:
    return AidList.provisional.is_(False)


no_open_block = Guard(
    _no_open_block, _l("还有必须处理的问题，请更正、剔除，或由主管部门说明理由后放行")
)
own_bureau = Guard(_own_bureau, _l("这份名单由学校的直接主管部门办理"))
says_something = Guard(_says_something, _l("名单是空的：请上传名单，或选择零报告"))
window_over = Guard(_window_over, _l("公示未满五个工作日"))
date_is_firm = Guard(
    _date_is_firm, _l("公示期跨入日历尚未确认的年份，请先由省级主管部门确认该年的节假日安排")
)


def _notice_dates(_actor: Actor) -> dict[str, Any]:
    """When a notice published now ends, whether that is provisional, and by which calendar."""
    calendar = load_calendar(db.session)
    day, provisional = calendar.add_workdays(clock.today(), WORKDAYS_SHOWN)
    return {"published_at": clock.now(), "closes_on": day, "provisional": provisional,
            "calendar_version": calendar.version}  # fmt: skip


def _settle_cards(moved: Moved, actor: Actor) -> None:
    t = AidLine.__table__
    settle_listed(and_(t.c.list_id.in_(moved), t.c.state == "normal"), actor)


def _settle_thawed(moved: Moved, actor: Actor) -> None:
    """A line thawed after its list was confirmed brings its card with it."""
    t, its = AidLine.__table__, AidList.__table__
    sure = select(its.c.id).where(its.c.state == "confirmed")
    settle_listed(and_(t.c.id.in_(moved), t.c.list_id.in_(sure)), actor)


PUBLICITY = Workflow(
    AidList,
    {"draft": _l("草稿"), "submitted": _l("待审核"), "published": _l("公示中"),
     "confirmed": _l("已确认"), "void": _l("作废")},
    [
        Step("submit", _l("上报"), ("draft",), "submitted", school_reviewers,
             (says_something, no_open_block), unlike=("upload", "zero_report"), icon="send",
             confirm=_l("上报后学校不能再改，由主管部门审核。")),
        Step("recall", _l("撤回"), ("submitted",), "draft", school_reviewers, note=True,
             icon="arrow-back-up", tone="secondary"),
        Step("send_back", _l("退回"), ("submitted",), "draft", deciders, (own_bureau,), note=True,
             icon="arrow-back-up", tone="warning", confirm=_l("退回学校修改。")),
        Step("publish", _l("审核并公示"), ("submitted",), "published", approvers,
             (own_bureau, no_open_block), unlike=("upload", "submit"), icon="speakerphone",
             stamps=_notice_dates,
             confirm=_l("名单将在网上公示五个工作日，只显示姓名、学校、年级、专业、班级。")),
        Step("withdraw", _l("撤下公示"), ("published",), "draft", approvers, (own_bureau,),
             note=True, icon="eye-off", tone="danger",
             stamps=lambda _actor: {"published_at": None, "closes_on": None},
             confirm=_l("名单立即从公示栏撤下并退回学校，改好后须重新公示五个工作日。")),
        Step("confirm", _l("确认名单"), ("published",), "confirmed",
             approvers | {CLOCK_ROLE}, (own_bureau, window_over, date_is_firm),
             then=(_settle_cards,), icon="circle-check",
             confirm=_l("无异议的学生成为最终受助名单；有异议的行继续冻结。")),
        Step("void", _l("作废"), ("draft", "submitted"), "void", deciders, (own_bureau,),
             note=True, icon="trash", tone="danger"),
    ],
    evidence={"count": AidList.line_count, "fen": AidList.total_fen, "digest": AidList.digest},
)  # fmt: skip


def _list_in(*states: str) -> Any:
    def holds(actor: Actor) -> ColumnElement[bool]:
        own = (AidList.bureau_id == actor.org_id) | (AidList.school_id == actor.org_id)
        return exists().where(AidList.id == AidLine.list_id, AidList.state.in_(states), own)

    return holds


def _in_their_hands(actor: Actor) -> ColumnElement[bool]:
    """A school's draft is the school's, but for what the bureau froze; from submitting on it is
    the bureau's."""
    at_school = and_(
        AidList.state == "draft", AidList.school_id == actor.org_id, AidLine.state == "normal"
    )
    at_bureau = and_(
        AidList.state.in_(("draft", "submitted", "published", "confirmed")),
        AidList.bureau_id == actor.org_id,
    )
    return exists().where(AidList.id == AidLine.list_id, or_(at_school, at_bureau))


in_their_hands = Guard(_in_their_hands, _l("草稿由学校处理，上报之后由直接主管部门处理"))
shown = Guard(
    _list_in("submitted", "published", "confirmed"),
    _l("只有已上报的名单才能登记异议，并且由直接主管部门办理"),
)


def _seal(moved: Moved, _actor: Actor) -> None:
    t = AidLine.__table__
    with everyone("封存的是刚在本人管辖内办理的行所在的名单"):
        seal_lists(select(t.c.list_id).where(t.c.id.in_(moved)))


LINES = Workflow(
    AidLine,
    {"normal": _l("正常"), "objected": _l("异议冻结"), "removed": _l("已剔除")},
    [
        Step("object", _l("登记异议"), ("normal",), "objected", deciders, (shown,), note=True,
             then=(_seal,), icon="flag", tone="warning",
             confirm=_l("该生暂停确认和发放，名单其余学生照常。")),
        Step("dismiss", _l("异议不成立"), ("objected",), "normal", deciders, (shown,), note=True,
             then=(_seal, _settle_thawed), icon="flag-off"),
        Step("remove", _l("剔除"), ("normal", "objected"), "removed",
             deciders | {SCHOOL_CLERK, SCHOOL_REVIEWER}, (in_their_hands,), note=True,
             then=(_seal,), icon="user-minus", tone="danger",
             confirm=_l("剔除后不发放；记录保留。")),
    ],
    evidence={"fen": AidLine.amount_fen},
)  # fmt: skip


def _draft_of_theirs(actor: Actor) -> ColumnElement[bool]:
    return exists().where(AidList.id == Finding.list_id, AidList.bureau_id == actor.org_id,
                          AidList.state.in_(("draft", "submitted")))  # fmt: skip


FINDINGS = Workflow(
    Finding,
    {"open": _l("待处理"), "overruled": _l("已放行")},
    [
        Step("overrule", _l("说明理由放行"), ("open",), "overruled", deciders,
             (Guard(_draft_of_theirs, _l("只有直接主管部门能放行，并且名单尚未公示")),), note=True,
             icon="gavel", tone="warning"),
        Step("reopen", _l("收回放行"), ("overruled",), "open", deciders,
             (Guard(_draft_of_theirs, _l("只有直接主管部门能收回，并且名单尚未公示")),), note=True,
             icon="rotate"),
    ],
)  # fmt: skip
