"""The life of an edition of a bank format: one person draws it up, another puts it to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select, update

from app.accounts.models import BUREAU_APPROVER, BUREAU_EXPORTER, BUREAU_REVIEWER
from app.kernel import clock
from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.scope import placed
from app.kernel.workflow import Guard, Moved, Step, Workflow
from app.payments.layout_rows import BankProfile

if TYPE_CHECKING:
    from app.kernel.actor import Actor

DRAFTED = "draft_layout"
"""The verb of the trail by which an edition came about."""
checkers = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})


def _own(actor: Actor) -> ColumnElement[bool]:
    return BankProfile.org_path == actor.org_path


own = Guard(_own, _l("银行格式由起草它的单位启用和停用"))


def _retire_others(moved: Moved, _actor: Actor) -> None:
    """Of each code only the edition just put to use is in use."""
    old = BankProfile.__table__
    new = old.alias()
    codes = select(new.c.code).where(new.c.id.in_(moved))
    in_use = update(old).where(old.c.state == "active")
    others = in_use.where(old.c.code.in_(codes), old.c.id.not_in(moved))
    db.session.execute(others.values(state="retired").execution_options(**placed()))


LAYOUTS = Workflow(
    BankProfile,
    {"draft": _l("草稿"), "active": _l("使用中"), "retired": _l("已停用")},
    [
        Step("activate", _l("启用"), ("draft",), "active", checkers, (own,), unlike=(DRAFTED,),
             then=(_retire_others,), icon="shield-check",
             stamps=lambda actor: {"approved_by": actor.username, "approved_at": clock.now()},
             confirm=_l("核对与上一版的差别和预览后启用；此后导出的银行文件按这一版生成。")),
        Step("withdraw", _l("撤回草稿"), ("draft",), "retired", frozenset({BUREAU_EXPORTER}),
             (own,), icon="trash", tone="danger"),
        Step("retire", _l("停用"), ("active",), "retired", checkers, (own,), note=True, icon="ban",
             tone="danger", confirm=_l("停用后不能再用它导出；已导出的批次不受影响。")),
    ],
    evidence={"digest": BankProfile.digest},
)  # fmt: skip
