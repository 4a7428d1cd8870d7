"""The life of a case, between the school and the bureau right above it, and of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, or_

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    Org,
)
from app.kernel import clock
from app.kernel.i18n import _l
from app.kernel.workflow import Guard, Step, Workflow
from app.verification.models import NOT_OURS, RECOVER, Case, Round

if TYPE_CHECKING:
    from app.kernel.actor import Actor

ANSWERERS = frozenset({SCHOOL_CLERK})
SPLITTERS = frozenset({BUREAU_CLERK})
JUDGES = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})


def own_school(actor: Actor) -> ColumnElement[bool]:
    return Case.school_id == actor.org_id


def right_above(actor: Actor) -> ColumnElement[bool]:
    """At the schools of this very bureau."""
    return exists().where(Org.id == Case.school_id, Org.parent_id == actor.org_id)


def own_round(actor: Actor) -> ColumnElement[bool]:
    return exists().where(Round.id == Case.round_id, Round.bureau_id == actor.org_id)


def concerned(actor: Actor) -> ColumnElement[bool]:
    """The bureau whose round it is, or the one right above the school."""
    return or_(own_round(actor), right_above(actor))


def _told(_actor: Actor) -> ColumnElement[bool]:
    return Case.finding.is_not(None) & Case.action.is_not(None) & (Case.explanation != "")


def _ours(_actor: Actor) -> ColumnElement[bool]:
    return Case.finding != NOT_OURS


def _astray(_actor: Actor) -> ColumnElement[bool]:
    return Case.finding == NOT_OURS


def _money_is_back(_actor: Actor) -> ColumnElement[bool]:
    back = (Case.voucher_no != "") & Case.repaid_on.is_not(None)
    return or_(Case.action.is_(None), Case.action != RECOVER, back)


def _own(actor: Actor) -> ColumnElement[bool]:
    return Round.bureau_id == actor.org_id


def _all_closed(_actor: Actor) -> ColumnElement[bool]:
    return ~exists().where(Case.round_id == Round.id, Case.state != "closed")


by_school = Guard(own_school, _l("异常记录由所在学校的经办人核实反馈"))
by_bureau = Guard(right_above, _l("学校的反馈由它的直接主管部门审核"))
by_concerned = Guard(concerned, _l("由设立这一轮核查的主管部门或学校的直接主管部门分派"))
by_maker = Guard(own_round, _l("无法分派的记录由设立这一轮核查的主管部门审结"))
whole = Guard(_told, _l("请先填写核查结论、处理方式和核查说明"))
ours = Guard(_ours, _l("不属于本校的记录须退回重新分派"))
astray = Guard(_astray, _l("学校的结论不是“不属于本校”"))
money_is_back = Guard(
    _money_is_back, _l("追缴的款项还没有缴款凭证：请退回学校，收回后补填凭证号和日期")
)
own = Guard(_own, _l("由设立这一轮核查的主管部门办理"))
all_closed = Guard(_all_closed, _l("还有记录没有审结，全部审结后才能结束"))


def _answered(actor: Actor) -> dict[str, object]:
    return {"answered_by": actor.username, "answered_at": clock.now()}


def _closed(actor: Actor) -> dict[str, object]:
    return {"closed_by": actor.username, "closed_at": clock.now()}


def _ended(_actor: Actor) -> dict[str, object]:
    return {"ended_at": clock.now()}


GAVE = ("answer_case", "disown_case", "reassign_case")

CASES = Workflow(
    Case,
    {"waiting": _l("待学校核实"), "answered": _l("已反馈"), "stray": _l("待重新分派"),
     "closed": _l("已审结")},
    [
        Step("answer_case", _l("反馈核查结果"), ("waiting",), "answered", ANSWERERS,
             (by_school, whole, ours), stamps=_answered, icon="send"),
        Step("disown_case", _l("不属于本校"), ("waiting",), "stray", ANSWERERS,
             (by_school, whole, astray), stamps=_answered, icon="git-branch"),
        Step("close_case", _l("审结"), ("answered",), "closed", JUDGES,
             (by_bureau, money_is_back), unlike=GAVE, stamps=_closed, icon="circle-check",
             confirm=_l("核对结论、处理方式和佐证后审结；审结后不能再改。")),
        Step("return_case", _l("退回重核"), ("answered", "stray"), "waiting", JUDGES,
             (by_bureau,), note=True, icon="arrow-back-up", tone="warning"),
        Step("reassign_case", _l("重新分派"), ("stray",), "waiting", SPLITTERS,
             (by_concerned,), icon="git-branch"),
        Step("close_stray", _l("无法分派，审结"), ("stray",), "closed", JUDGES,
             (by_maker, whole), unlike=GAVE, note=True, stamps=_closed, icon="circle-check",
             tone="secondary",
             confirm=_l("确认不属于本辖区任何学校的，写明理由后审结，仍计入本轮核查。")),
    ],
    evidence={"fen": Case.back_fen},
)  # fmt: skip

ROUNDS = Workflow(
    Round,
    {"running": _l("核查中"), "ended": _l("核查结束")},
    [
        Step("end_round", _l("结束本轮核查"), ("running",), "ended", JUDGES, (own, all_closed),
             unlike=("add",), stamps=_ended, icon="lock",
             confirm=_l("全部记录审结后结束；结束后不能再上传和反馈。")),
    ],
)  # fmt: skip
