"""The life of one person's entry on a roll, and of the roll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, or_

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    SCHOOL_REVIEWER,
)
from app.kernel import clock
from app.kernel.actor import CLOCK_ROLE
from app.kernel.i18n import _l
from app.kernel.workflow import Guard, Step, Workflow
from app.rolls.handing import disentitle, entitle, keep_words, to_school
from app.rolls.models import Roll, RollEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.kernel.actor import Actor

verifiers = frozenset({SCHOOL_CLERK, SCHOOL_REVIEWER})
deciders = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})
MATCHED = ("pending", "verified")
"""An entry that somebody still has to do something about."""
R, N = Roll.__table__, RollEntry.__table__


def _found(_actor: Actor) -> ColumnElement[bool]:
    return RollEntry.match == "one"


def _same_but_for_the_name(_actor: Actor) -> ColumnElement[bool]:
    return RollEntry.match == "name"


def _own_school(actor: Actor) -> ColumnElement[bool]:
    return RollEntry.school_id == actor.org_id


def _own_bureau(actor: Actor) -> ColumnElement[bool]:
    return RollEntry.bureau_id == actor.org_id


def _own_bureau_or_roll(actor: Actor) -> ColumnElement[bool]:
    of_roll = exists().where(R.c.id == RollEntry.roll_id, R.c.bureau_id == actor.org_id)
    return or_(_own_bureau(actor), of_roll)


def _open(_actor: Actor) -> ColumnElement[bool]:
    return exists().where(R.c.id == RollEntry.roll_id, R.c.state == "open")


found = Guard(_found, _l("与学籍比对没有得到唯一、同名的在读学生"))
same_but_for_the_name = Guard(
    _same_but_for_the_name, _l("只有比对结果为“姓名不符”的，才能确认为同一人")
)
own_school = Guard(_own_school, _l("由学生所在学校核实"))
own_bureau = Guard(_own_bureau, _l("由学校的直接主管部门办理"))
own_bureau_or_roll = Guard(_own_bureau_or_roll, _l("由学校的直接主管部门，或收到名册的机构办理"))
open_roll = Guard(_open, _l("名册已定稿，不能再改"))


def _verified(verdict: str) -> Callable[[Actor], dict[str, Any]]:
    def stamps(actor: Actor) -> dict[str, Any]:
        return {"verdict": verdict, "verified_by": actor.username, "verified_at": clock.now()}

    return stamps


def _unverified(_actor: Actor) -> dict[str, Any]:
    return {"verdict": "", "verified_by": "", "verified_at": None}


ENTRIES = Workflow(
    RollEntry,
    {"unmatched": _l("未匹配"), "pending": _l("待学校核实"), "verified": _l("学校已核实"),
     "final": _l("已定稿"), "struck": _l("已剔除")},
    [
        Step("match", _l("比对学籍"), ("unmatched",), "pending", frozenset({CLOCK_ROLE}), (found,),
             then=(to_school,), icon="arrows-join"),
        Step("same_person", _l("确认为同一人"), ("unmatched",), "pending",
             frozenset({BUREAU_CLERK}), (same_but_for_the_name, own_bureau, open_roll), note=True,
             then=(keep_words, to_school), icon="user-check",
             confirm=_l("身份证号与学籍一致、姓名不同。确认后交学生所在学校核实。")),
        Step("agree", _l("核实符合"), ("pending",), "verified", verifiers,
             (own_school, open_roll), stamps=_verified("yes"), then=(keep_words,), icon="check",
             confirm=_l("学生在本校就读，身份和家庭情况与名册一致。由主管部门定稿。")),
        Step("disagree", _l("核实不符合"), ("pending",), "verified", verifiers,
             (own_school, open_roll), stamps=_verified("no"), then=(keep_words,), note=True,
             icon="x", tone="warning",
             confirm=_l("请写明不符合的原因，如已不在校、身份有误。由主管部门定稿。")),
        Step("return_entry", _l("退回重核"), ("verified",), "pending", deciders,
             (own_bureau, open_roll), note=True, stamps=_unverified, then=(keep_words,),
             icon="arrow-back-up", tone="warning"),
        Step("finalise", _l("定稿"), ("verified",), "final", deciders, (own_bureau, open_roll),
             unlike=("agree", "disagree", "same_person"), then=(entitle,), icon="circle-check",
             confirm=_l("核实符合的学生，在名册的资助月份内无需申请即应列入受助名单。")),
        Step("strike", _l("剔除条目"), ("unmatched", "pending", "verified", "final"), "struck",
             deciders, (own_bureau_or_roll,), note=True, then=(keep_words, disentitle),
             icon="user-minus", tone="danger",
             confirm=_l("剔除后不再核实，已定稿的不再作为应资助学生；记录保留。")),
    ],
)  # fmt: skip


def _receiver(actor: Actor) -> ColumnElement[bool]:
    return Roll.bureau_id == actor.org_id


def _has_entries(_actor: Actor) -> ColumnElement[bool]:
    return exists().where(N.c.roll_id == Roll.id)


def _none_in(state: str) -> Callable[[Actor], ColumnElement[bool]]:
    return lambda _actor: ~exists().where(N.c.roll_id == Roll.id, N.c.state == state)


ROLLS = Workflow(
    Roll,
    {"open": _l("核实中"), "final": _l("名册已定稿")},
    [
        Step("close_roll", _l("名册定稿"), ("open",), "final", deciders, (
            Guard(_receiver, _l("由收到名册的机构办理")),
            Guard(_has_entries, _l("名册还是空的：请先由经办人上传部门提供的文件")),
            Guard(_none_in("pending"), _l("还有待学校核实的学生：请催学校核实，或说明理由剔除")),
            Guard(_none_in("verified"), _l("还有学校已核实、主管部门未定稿的学生：请先定稿或退回")),
        ), unlike=("add", "take_roll"), icon="lock",
             confirm=_l("定稿后不能再上传和核实；未匹配的人保留在名册中备查。")),
    ],
)  # fmt: skip
