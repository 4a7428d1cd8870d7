"""The life of a payment run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, true

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_EXPORTER,
    BUREAU_POSTER,
    BUREAU_REVIEWER,
)
from app.kernel import audit, clock
from app.kernel.actor import CLOCK_ROLE
from app.kernel.i18n import _l
from app.kernel.scope import everyone
from app.kernel.workflow import Guard, Moved, Step, Workflow
from app.payments.funds import ARRIVALS  # noqa: F401  (known with the others)
from app.payments.models import FATES, Attempt, PayFile, Payment, PayRun, ResultLine
from app.payments.recovering import RECOVERIES  # noqa: F401  (known with the others)
from app.payments.releasing import give_up, release_runs
from app.publicity.models import AidLine
from app.publicity.workflow import LINES

if TYPE_CHECKING:
    from app.kernel.actor import Actor

openers = frozenset({BUREAU_CLERK, BUREAU_EXPORTER})
checkers = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})


def _own(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role == CLOCK_ROLE else PayRun.bureau_id == actor.org_id


def _own_answer(actor: Actor) -> ColumnElement[bool]:
    return exists().where(PayRun.id == ResultLine.run_id, PayRun.bureau_id == actor.org_id)


def _packaged(_actor: Actor) -> ColumnElement[bool]:
    return exists().where(PayFile.run_id == PayRun.id)


def _all_answered(_actor: Actor) -> ColumnElement[bool]:
    return ~exists().where(
        Attempt.run_id == PayRun.id, Attempt.state.in_(("waiting", "sent", "unknown"))
    )


def _nothing_aside(_actor: Actor) -> ColumnElement[bool]:
    return ~exists().where(ResultLine.run_id == PayRun.id, ResultLine.fate == "aside")


def _others_import(actor: Actor) -> ColumnElement[bool]:
    return ~audit.taken(PayRun, ResultLine.run_id, ("results",), actor)


def _release(moved: Moved, _actor: Actor) -> None:
    with everyone("退回的是刚在本人管辖内作废的批次"):
        release_runs(moved)


def _in_no_run(_actor: Actor) -> ColumnElement[bool]:
    return ~exists().where(Payment.line_id == AidLine.id)


def _no_money_out(_actor: Actor) -> ColumnElement[bool]:
    """No order for the line waits, is with the bank, in doubt or paid."""
    mine = (Payment.line_id == AidLine.id, Attempt.payment_id == Payment.id)
    return ~exists().where(*mine, Attempt.live.is_not(None))


def _give_up(moved: Moved, _actor: Actor) -> None:
    with everyone("剔除的是刚在本人管辖内办理的行"):
        give_up(moved)


in_no_run = Guard(
    _in_no_run,
    _l("该生已列入支付批次：未导出的先作废批次；已提交银行的，登记停发或追缴"),
)
no_money_out = Guard(
    _no_money_out,
    _l(
        "该生已列入支付批次，正在支付或已到账：未导出的先作废批次；已提交银行的，等银行结果，"
        "失败后可以剔除；已到账的，登记追缴"
    ),
)
# A line that is being paid must not look frozen or removed; what failed may be given up.
_object, _remove = LINES.steps["object"], LINES.steps["remove"]
LINES.steps["object"] = replace(_object, guards=(*_object.guards, in_no_run))
LINES.steps["remove"] = replace(
    _remove, guards=(*_remove.guards, no_money_out), then=(*_remove.then, _give_up)
)

own_run = Guard(_own, _l("支付批次由开立它的主管部门办理"))
own_answer = Guard(_own_answer, own_run.otherwise)
others_import = Guard(
    _others_import, _l("导入回盘与说明销号须由不同的人办理：您导入过这个批次的回盘，请由另一人说明")
)
packaged = Guard(_packaged, _l("还没有生成银行文件：请选择银行格式后导出"))
all_answered = Guard(_all_answered, _l("还有笔数没有银行结果或待查明"))
nothing_aside = Guard(_nothing_aside, _l("回盘文件中还有搁置的行没有查明"))

RUNS = Workflow(
    PayRun,
    {"open": _l("待导出"), "exported": _l("待复核"), "checked": _l("已复核"),
     "settled": _l("已结清"), "void": _l("作废")},
    [
        Step("export", _l("导出银行文件"), ("open",), "exported", frozenset({BUREAU_EXPORTER}),
             (own_run, packaged), icon="file-export",
             stamps=lambda _actor: {"exported_at": clock.now()}),
        Step("check", _l("复核银行文件"), ("exported",), "checked", checkers, (own_run,),
             unlike=("open", "export", "results"), icon="shield-check",
             confirm=_l("核对笔数、金额与文件校验值后复核。")),
        Step("settle", _l("结清"), ("checked",), "settled", frozenset({BUREAU_POSTER}),
             (own_run, all_answered, nothing_aside), unlike=("export", "check"), icon="lock",
             confirm=_l("所有笔数都有银行结果后结清；失败的另开重发批次。")),
        Step("void", _l("作废"), ("open",), "void", openers, (own_run,), note=True,
             then=(_release,), icon="trash", tone="danger",
             confirm=_l("作废后名单回到待支付，可重新开立批次。")),
    ],
    evidence={"count": PayRun.line_count, "fen": PayRun.total_fen, "digest": PayRun.digest},
)  # fmt: skip

ANSWERS = Workflow(
    ResultLine,
    FATES,
    [
        Step("explain", _l("说明后销号"), ("aside",), "explained", checkers,
             (own_answer, others_import),
             note=True, icon="message",
             confirm=_l("写明向银行核实的结果。销号不改变任何一笔的状态。")),
    ],
    evidence={"fen": ResultLine.fen},
)  # fmt: skip
