"""`flask recoveries …`: money taken back, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from app.accounts.commands import acts
from app.accounts.looking import newest, numbered, sifting
from app.accounts.models import STAFF
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.types import Fen, Month
from app.payments import recovering, tracing
from app.payments.kinds import RECOVERY_WHYS
from app.payments.models import Attempt, Payment, Recovery
from app.payments.recovering import RECOVERIES

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome

TYPES: Any = Recovery.__table__.c


@click.group("recoveries")
def recoveries() -> None:
    """追缴：登记、审核、登记收回。"""


@recoveries.command("list")
@sifting(RECOVERIES)
@acts
def list_(actor: Actor, **wanted: Any) -> dict[str, Any]:
    """列出辖区内的追缴，新的在前：编号、姓名、金额（元）、月份、状态。"""
    if actor.role not in STAFF:
        raise Refused(_("追缴由学校和主管部门查阅"))
    return {str(r.id): _line(r) for r in newest(RECOVERIES, **wanted)}


def _line(r: Recovery) -> str:
    return f"{r} {r.first_month}~{r.last_month} {RECOVERIES.states[r.state]}"


@recoveries.command("begin")
@click.argument("ref")
@click.option("--yuan", required=True, help="追缴金额（元）")
@click.option("--first", help="起始月份，YYYY-MM；不写即发放的起始月份")
@click.option("--last", help="截止月份，YYYY-MM；不写即发放的截止月份")
@click.option("--why", type=click.Choice(list(RECOVERY_WHYS)), required=True, help="追缴原因")
@click.option("--reason", required=True, help="情况说明")
@acts
def begin(actor: Actor, ref: str, yuan: str, first: str | None, last: str | None, why: str,
          reason: str) -> dict[str, Any]:  # fmt: skip
    """为流水号 REF 的到账发放登记一份追缴草稿。"""
    order = db.session.scalar(select(Attempt).where(Attempt.ref == ref))
    if order is None:
        raise Refused(_("没有流水号为「%(ref)s」的发放", ref=ref))
    line = tracing.trace(Payment.id == order.payment_id).line
    months = (Month.clean(first) if first else line.first_month,
              Month.clean(last) if last else line.last_month)  # fmt: skip
    said = TYPES.reason.type.clean(reason)
    made = recovering.begin(order, Fen.clean(yuan), *months, why, said, actor)
    return {"recovery": made.id, "name": made.name, "fen": made.fen}


@recoveries.command("take")
@click.argument("step")
@click.argument("recovery", type=int)
@click.option("--note", default="", help="理由")
@acts
def take(actor: Actor, step: str, recovery: int, note: str) -> Outcome:
    """对一份追缴办理一步：submit_recovery、agree_recovery、return_recovery、void。"""
    return RECOVERIES.take(step, Recovery.id == _found(recovery).id, actor, note)


@recoveries.command("receive")
@click.argument("recovery", type=int)
@click.option("--voucher", required=True, help="缴款凭证号")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="收回日期")
@acts
def receive(actor: Actor, recovery: int, voucher: str, day: dt.datetime) -> dict[str, Any]:
    """登记追缴的资金已经收回。"""
    row = _found(recovery)
    recovering.receive(row, TYPES.voucher_no.type.clean(voucher), day.date(), actor)
    return {"moved": 1, "refused": 0, "fen": row.fen}


def _found(pk: int) -> Recovery:
    """The recovery, when it lies in the actor's scope."""
    found: Recovery = numbered(Recovery, pk, _("没有编号为%(n)s的追缴", n=pk))
    return found
