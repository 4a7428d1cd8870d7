"""What payments put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAU_REVIEWER,
)
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l
from app.payments.models import PayRun, Recovery, ResultLine
from app.payments.queries import unpaid_months

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor

RUNS = "/rungrid/list/?_flt_0_state="
WORK = {
    BUREAU_EXPORTER: ("open", _l("待导出的批次"), _l("选择银行格式，生成银行文件")),
    BUREAU_REVIEWER: ("exported", _l("待复核的银行文件"), _l("核对笔数、金额和文件摘要")),
    BUREAU_APPROVER: ("exported", _l("待复核的银行文件"), _l("核对笔数、金额和文件摘要")),
    BUREAU_POSTER: ("checked", _l("待导入回盘的批次"), _l("导入银行结果，直到每一笔都有着落")),
}  # fmt: skip


@waits
def _runs(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in WORK:
        return
    state, title, sentence = WORK[actor.role]
    found = select(func.count()).select_from(PayRun).where(
        PayRun.bureau_id == actor.org_id, PayRun.state == state)  # fmt: skip
    yield Waiting(title, db.session.scalar(found) or 0, sentence, RUNS + state, "cash")


@waits
def _unpaid(actor: Actor) -> Iterator[Waiting]:
    """Confirmed lists with lines nobody has put into a run yet."""
    if actor.role not in (BUREAU_CLERK, BUREAU_EXPORTER):
        return
    lists = sum(n for _month, n in unpaid_months(actor.org_id or 0))
    yield Waiting(_l("已确认待支付的名单"), lists, _l("开立支付批次"),
                  "/rungrid/begin", "building-bank", "warn")  # fmt: skip


@waits
def _aside(actor: Actor) -> Iterator[Waiting]:
    if actor.role != BUREAU_POSTER:
        return
    found = select(func.count()).select_from(ResultLine).where(ResultLine.fate == "aside")
    yield Waiting(_l("搁置的回盘行"), db.session.scalar(found) or 0, _l("逐行查明原因"),
                  "/resultlinegrid/list/?_flt_0_fate=aside", "help", "bad")  # fmt: skip


TO_RECOVER = {
    BUREAU_REVIEWER: ("submitted", _l("待审核的追缴"), _l("核对金额、月份和理由")),
    BUREAU_APPROVER: ("submitted", _l("待审核的追缴"), _l("核对金额、月份和理由")),
    BUREAU_POSTER: ("agreed", _l("待收回的追缴"), _l("收到缴款凭证后登记收回")),
}  # fmt: skip


@waits
def _recoveries(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in TO_RECOVER:
        return
    state, title, sentence = TO_RECOVER[actor.role]
    found = select(func.count()).select_from(Recovery).where(
        Recovery.bureau_id == actor.org_id, Recovery.state == state)  # fmt: skip
    yield Waiting(title, db.session.scalar(found) or 0, sentence,
                  f"/recoverygrid/list/?_flt_0_state={state}", "receipt-refund")  # fmt: skip
