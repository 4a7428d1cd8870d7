"""追缴: taking back what was paid and should not have been. Its life, and what one may say.

A bureau's clerk draws it up, a second person agrees, and once the money is back the poster writes
down the voucher and its day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, func, select

from app.accounts.models import BUREAU_APPROVER, BUREAU_CLERK, BUREAU_POSTER, BUREAU_REVIEWER
from app.kernel import audit, clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types import Fen
from app.kernel.workflow import Guard, Step, Workflow
from app.payments.models import Attempt, Payment, PayRun, Recovery
from app.publicity.models import AidLine

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth

WRITERS = frozenset({BUREAU_CLERK})
CHECKERS = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})
LIVE = Recovery.state != "void"


def _own(actor: Actor) -> ColumnElement[bool]:
    return Recovery.bureau_id == actor.org_id


def _own_draft(actor: Actor) -> ColumnElement[bool]:
    return (Recovery.bureau_id == actor.org_id) & (Recovery.state == "draft")


def _still_paid(_actor: Actor) -> ColumnElement[bool]:
    return exists().where(Attempt.payment_id == Recovery.payment_id, Attempt.state == "paid")


def _has_voucher(_actor: Actor) -> ColumnElement[bool]:
    return (Recovery.voucher_no != "") & Recovery.repaid_on.is_not(None)


own = Guard(_own, _l("追缴由发放这笔资金的主管部门办理"))
own_draft = Guard(_own_draft, _l("只有草稿可以修改，并且由发放这笔资金的主管部门办理"))
still_paid = Guard(_still_paid, _l("这笔资金已被银行退汇，不需要追缴，请作废"))
has_voucher = Guard(_has_voucher, _l("请先填写缴款凭证号和收回日期"))

RECOVERIES = Workflow(
    Recovery,
    {"draft": _l("草稿"), "submitted": _l("待审核"), "agreed": _l("追缴中"),
     "repaid": _l("已收回"), "void": _l("作废")},
    [
        Step("submit_recovery", _l("提交审核"), ("draft",), "submitted", WRITERS,
             (own, still_paid), icon="send"),
        Step("agree_recovery", _l("同意追缴"), ("submitted",), "agreed", CHECKERS,
             (own, still_paid), unlike=("add", "submit_recovery"), icon="shield-check",
             confirm=_l("核对金额、月份和理由后同意；随后向学生或学校收回。")),
        Step("return_recovery", _l("退回修改"), ("submitted",), "draft", CHECKERS, (own,),
             note=True, icon="arrow-back-up", tone="warning"),
        Step("repay", _l("登记收回"), ("agreed",), "repaid", frozenset({BUREAU_POSTER}),
             (own, has_voucher), unlike=("add", "agree_recovery"), icon="receipt-refund"),
        Step("void", _l("作废"), ("draft", "submitted", "agreed"), "void", CHECKERS, (own,),
             note=True, icon="trash", tone="danger"),
    ],
    evidence={"fen": Recovery.fen},
)  # fmt: skip


def begin(order: Attempt, fen: int, first: YearMonth, last: YearMonth, why: str, reason: str,
          actor: Actor) -> Recovery:  # fmt: skip
    """A draft stands; refused as `fill_in` refuses."""
    made = Recovery(attempt=order, org_path=order.org_path, fen=fen, first_month=first,
                    last_month=last, why=why, reason=reason)  # fmt: skip
    fill_in(made, actor)
    db.session.add(made)
    db.session.flush()
    audit.record("add", actor=actor, org_path=made.org_path, subject=Recovery.__tablename__,
                 subject_id=made.id, fen=made.fen)  # fmt: skip
    return made


def fill_in(row: Recovery, actor: Actor) -> None:
    """What follows from the order is filled in; the rest fits it.

    Refused unless the order arrived and was this bureau's, the months are some of its own, and
    all its recoveries together are no more than it was.
    """
    with db.session.no_autoflush:  # what is typed is judged here, before the database refuses it
        _fill_in(row, row.attempt, actor)


def _fill_in(row: Recovery, order: Attempt, actor: Actor) -> None:
    run = db.session.scalar(select(PayRun).where(PayRun.id == order.run_id))
    if actor.role not in WRITERS or run is None or run.bureau_id != actor.org_id:
        raise Refused(_("追缴由发放这笔资金的主管部门的经办人登记"))
    held = select(Payment).where(Payment.id == order.payment_id).with_for_update(of=Payment)
    db.session.execute(held)  # two drafts at once see each other, and a return meanwhile
    db.session.refresh(order, ["state"])
    if order.state != "paid":
        raise Refused(_("这笔资金没有到账，不需要追缴：未发放的请登记停发，失败的不再重发即可"))
    row.payment_id, row.bureau_id = order.payment_id, run.bureau_id
    row.name, row.by = order.name, row.by or actor.username
    _check_months(row, order)
    _check_sum(row, order)


def _check_months(row: Recovery, order: Attempt) -> None:
    line = db.session.scalars(
        select(AidLine).join(Payment, Payment.line_id == AidLine.id)
        .where(Payment.id == order.payment_id)
    ).one()  # fmt: skip
    if row.first_month > row.last_month:
        raise Refused(_("起始月份晚于截止月份"))
    if row.first_month < line.first_month or row.last_month > line.last_month:
        raise Refused(_("这笔资金发放的是%(a)s至%(b)s，追缴的月份须在其中",
                        a=line.first_month, b=line.last_month))  # fmt: skip


def _check_sum(row: Recovery, order: Attempt) -> None:
    others = select(func.coalesce(func.sum(Recovery.fen), 0)).where(
        Recovery.payment_id == order.payment_id, LIVE, Recovery.id != (row.id or 0)
    )  # fmt: skip
    left = order.fen - int(db.session.scalar(others) or 0)
    if row.fen < 1:
        raise Refused(_("金额须大于0"))
    if row.fen > left:
        raise Refused(_("这笔资金最多还能追缴%(yuan)s元", yuan=Fen.show(left)))


def receive(row: Recovery, voucher_no: str, day: dt.date, actor: Actor) -> Recovery:
    """The money is back: voucher and day stand on the recovery, and it is done with."""
    locked = db.session.scalar(
        select(Recovery).where(Recovery.id == row.id).with_for_update(of=Recovery)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if locked is None or locked.bureau_id != actor.org_id or actor.role != BUREAU_POSTER:
        raise Refused(_("收回的资金由发放它的主管部门的导入回盘岗位登记"))
    if locked.state != "agreed":
        raise Refused(_("只有审核同意、尚未收回的追缴可以登记收回"))
    check_day(locked, day)
    if not voucher_no.strip():
        raise Refused(_("请填写缴款凭证号"))
    locked.voucher_no, locked.repaid_on = voucher_no.strip(), day
    db.session.flush()
    out = RECOVERIES.take("repay", Recovery.id == locked.id, actor, voucher_no.strip())
    if not out.moved:
        raise Refused("；".join(out.refused.values()))
    return locked


def check_day(row: Recovery, day: dt.date) -> None:
    """Refused unless the money can have come back on this day."""
    paid_on = _paid_on(row.attempt)
    if not paid_on <= day <= clock.today():
        raise Refused(_("收回日期须在%(a)s至%(b)s之间：不早于这笔资金发放，不晚于今天",
                        a=paid_on, b=clock.today()))  # fmt: skip


def _paid_on(order: Attempt) -> dt.date:
    """When the money arrived; where the bank named no day, when it was handed to the bank."""
    run = db.session.scalars(select(PayRun).where(PayRun.id == order.run_id)).one()
    return order.arrived_on or clock.moment_of(run.exported_at or run.created_at).date()
