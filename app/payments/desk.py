"""What payments put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
)
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _, _l
from app.payments.models import AGAIN, FundArrival, PayRun, Recovery, ResultLine, ResultUpload
from app.payments.waiting import (
    came_to_nothing,
    runs_to_repeat,
    unpaid_leavers,
    unpaid_months,
)
from app.publicity.workflow import deciders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor

    Tended = type[PayRun] | type[FundArrival] | type[Recovery]
    Work = tuple[Tended, str, Any, Any, str]

CHECK_FILES = (PayRun, "exported", _l("待复核的银行文件"), _l("核对笔数、金额和文件摘要"), "cash")
CHECK_RECOVERIES = (
    Recovery, "submitted", _l("待审核的追缴"), _l("核对金额、月份和理由"), "receipt-refund",
)  # fmt: skip
CHECK_FUNDS = (
    FundArrival, "recorded", _l("待核对的到位资金"), _l("与财政拨款文件和银行到账通知核对"), "coin",
)  # fmt: skip
CHECKS = (CHECK_FILES, CHECK_FUNDS, CHECK_RECOVERIES)
WORK: dict[str, tuple[Work, ...]] = {
    BUREAU_EXPORTER: (
        (PayRun, "open", _l("待导出的批次"), _l("选择银行格式，生成银行文件"), "cash"),
        (PayRun, "checked", _l("已复核的批次"), _l("下载银行文件送银行，等银行回盘"), "send"),
    ),
    BUREAU_REVIEWER: CHECKS,
    BUREAU_APPROVER: CHECKS,
    BUREAU_POSTER: (
        (PayRun, "checked", _l("待导入回盘的批次"), _l("导入银行结果，直到每一笔都有着落"), "cash"),
        (Recovery, "agreed", _l("待收回的追缴"), _l("收到缴款凭证后登记收回"), "receipt-refund"),
    ),
}  # fmt: skip
"""Duty -> what of its own bureau waits for it: table, state, title, what to do, icon."""
_CLOSE = _l("向银行查明后，写明结果销号")
ASIDE = {BUREAU_POSTER: _l("向银行查明，再由复核或审批人员销号"),
         BUREAU_REVIEWER: _CLOSE, BUREAU_APPROVER: _CLOSE}  # fmt: skip
"""Duty -> what it does about a row of an answer that was set aside."""
GRIDS = {PayRun: "rungrid", FundArrival: "fundgrid", Recovery: "recoverygrid"}


@waits
def of_my_bureau(actor: Actor) -> Iterator[Waiting]:
    for model, state, title, sentence, icon in WORK.get(actor.role, ()):
        yield Waiting(title, _how_many(model, state, actor), sentence,
                      f"/{GRIDS[model]}/list/?_flt_0_state={state}", icon)  # fmt: skip


def _how_many(model: Tended, state: str, actor: Actor) -> int:
    found = select(func.count()).select_from(model).where(
        model.bureau_id == actor.org_id, model.state == state)  # fmt: skip
    return db.session.scalar(found) or 0


@waits
def _unpaid(actor: Actor) -> Iterator[Waiting]:
    """Confirmed lists with lines that can be put into a run."""
    if actor.role not in (BUREAU_CLERK, BUREAU_EXPORTER):
        return
    lists = sum(n for _month, n in unpaid_months(actor.org_id or 0))
    yield Waiting(_l("已确认待支付的名单"), lists, _l("开立支付批次"),
                  "/rungrid/begin", "building-bank", "warn")  # fmt: skip


@waits
def _left_since(actor: Actor) -> Iterator[Waiting]:
    """Confirmed lines that no run will pay, and that stay in the books until they are removed."""
    if actor.role not in deciders:
        return
    yield Waiting(_l("公示后离校的学生"), unpaid_leavers(actor.org_id or 0),
                  _l("在名单中剔除，离校前应发的月份由学校另报“补发”名单；"
                     "没有离校的，请学校更正学籍"),
                  "/duegrid/list/?_flt_0_part=gone", "user-minus", "warn")  # fmt: skip


@waits
def left_unposted(actor: Actor) -> Iterator[Waiting]:
    """A bank's answer that was compared and shown, and then left."""
    if actor.role != BUREAU_POSTER:
        return
    found = select(func.count(), func.max(ResultUpload.id)).join(ResultUpload.run).where(
        ResultUpload.state == "staged", PayRun.bureau_id == actor.org_id)  # fmt: skip
    n, latest = db.session.execute(found).one()
    yield Waiting(_l("已上传、还没有登记的回盘"), n, _l("核对后登记，或放弃重新上传"),
                  f"/resultlinegrid/uploads/{latest}", "upload", "warn")  # fmt: skip


@waits
def _aside(actor: Actor) -> Iterator[Waiting]:
    """Rows of answers that do not agree: the poster asks the bank, a checker closes them."""
    if actor.role not in ASIDE:
        return
    found = select(func.count()).select_from(ResultLine).join(
        PayRun, PayRun.id == ResultLine.run_id
    ).where(ResultLine.fate == "aside", PayRun.bureau_id == actor.org_id)  # fmt: skip
    yield Waiting(_l("搁置的回盘行"), found, ASIDE[actor.role],
                  f"/resultlinegrid/list/?_flt_0_fate=aside&_flt_0_bureau={actor.org_id}", "help",
                  "bad")  # fmt: skip


@waits
def _to_repeat(actor: Actor) -> Iterator[Waiting]:
    """Runs of which something failed or came back, each where it can be paid again."""
    if actor.role not in (BUREAU_CLERK, BUREAU_EXPORTER):
        return
    for run, month, n in runs_to_repeat(actor.org_id or 0):
        said = _("批次%(run)s，%(month)s：换好银行卡后开立重发批次", run=run, month=month)
        url = f"/rungrid/show/{run}"
        yield Waiting(_l("失败或退汇，还没有重发"), n, said, url, "repeat", "bad")


@waits
def _came_to_nothing(actor: Actor) -> Iterator[Waiting]:
    """A school's own students whom the bank did not pay."""
    if actor.role != SCHOOL_CLERK:
        return
    states = "".join(f"&_flt_0_state={state}" for state in AGAIN)
    yield Waiting(_l("没有领到钱的学生"), came_to_nothing(), _l("按银行的说明办理或换卡"),
                  f"/attemptgrid/list/?_flt_0_standing=now{states}", "credit-card-off",
                  "bad")  # fmt: skip
