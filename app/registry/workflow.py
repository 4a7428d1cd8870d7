"""The life of a hold, and of a request to change a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, or_, true

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    SCHOOL_REVIEWER,
    Org,
)
from app.kernel import clock
from app.kernel.i18n import _l
from app.kernel.workflow import Guard, Step, Workflow
from app.registry.cards import put_into_use
from app.registry.models import Card, CardChange, Hold

if TYPE_CHECKING:
    from app.kernel.actor import Actor

deciders = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})

HOLDS = Workflow(
    Hold,
    {"on": _l("停发中"), "lifted": _l("已解除")},
    [
        Step("lift", _l("解除停发"), ("on",), "lifted", deciders, note=True, icon="hand-finger",
             confirm=_l("从本月起可以重新列入名单；停发期间已确认而没有列入批次的，再开立批次发放。")),
    ],
)  # fmt: skip


def _near(actor: Actor) -> ColumnElement[bool]:
    """The school's own people, or those of the bureau right above it."""
    right_above = exists().where(Org.id == CardChange.school_id, Org.parent_id == actor.org_id)
    return or_(CardChange.school_id == actor.org_id, right_above)


def _own_school(actor: Actor) -> ColumnElement[bool]:
    return CardChange.school_id == actor.org_id


def _holder_is_the_student(actor: Actor) -> ColumnElement[bool]:
    """Money on somebody else's card needs eyes outside the school."""
    return CardChange.holder_name == CardChange.name if actor.role == SCHOOL_REVIEWER else true()


def _free(_actor: Actor) -> ColumnElement[bool]:
    c = Card.__table__
    return ~exists().where(c.c.card_index == CardChange.card_index, c.c.state == "active",
                           c.c.person_id != CardChange.person_id)  # fmt: skip


card_deciders = frozenset({SCHOOL_REVIEWER, BUREAU_REVIEWER, BUREAU_APPROVER})
near = Guard(_near, _l("换卡由学校复核人或学校的直接主管部门核对"))
own_school = Guard(_own_school, _l("换卡申请由本校经办人撤回"))
holder_is_the_student = Guard(
    _holder_is_the_student, _l("户名不是学生本人：须由主管部门核对并说明理由")
)
free = Guard(_free, _l("新卡号已登记在另一名学生名下：一人一卡，请退回申请并核对卡号"))


def _decided(actor: Actor) -> dict[str, object]:
    return {"decided_at": clock.now(), "decided_by": actor.username}


CARD_CHANGES = Workflow(
    CardChange,
    {"asked": _l("待核对"), "changed": _l("已换卡"), "declined": _l("不予变更"),
     "withdrawn": _l("已撤回")},
    [
        Step("accept_card", _l("核对无误，启用新卡"), ("asked",), "changed", card_deciders,
             (near, holder_is_the_student, free), unlike=("add",), then=(put_into_use,),
             stamps=_decided, icon="credit-card",
             confirm=_l("请先与银行卡原件或开户证明核对卡号和户名。启用后原卡停用，以后的发放打入新卡；"
                        "已导出的批次不受影响。")),
        Step("decline_card", _l("退回换卡申请"), ("asked",), "declined", card_deciders, (near,),
             unlike=("add",), note=True, stamps=_decided, icon="arrow-back-up", tone="warning"),
        Step("withdraw_card", _l("撤回换卡申请"), ("asked",), "withdrawn",
             frozenset({SCHOOL_CLERK}), (own_school,), note=True, stamps=_decided,
             icon="arrow-back-up", tone="secondary"),
    ],
)  # fmt: skip
