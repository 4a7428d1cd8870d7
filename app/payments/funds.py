"""资金到位: what treasuries have put at a bureau's disposal, and what of it is left.

Funds are tracked per bureau and programme from the day of the first confirmed arrival on; a bureau
that has confirmed none is not held to any (docs/decisions/0043).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select

from app.accounts.models import BUREAU_APPROVER, BUREAU_CLERK, BUREAU_REVIEWER, Org
from app.kernel import audit, clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types import Fen
from app.kernel.workflow import Guard, Step, Workflow
from app.payments.models import Attempt, FundArrival, PayRun

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.actor import Actor

WRITERS = frozenset({BUREAU_CLERK})
CHECKERS = frozenset({BUREAU_REVIEWER, BUREAU_APPROVER})
SPENT = ("sent", "unknown", "paid")
"""Outcomes of orders whose money is with the bank or arrived; what failed or came back is here."""


def _own(actor: Actor) -> ColumnElement[bool]:
    return FundArrival.bureau_id == actor.org_id


def _own_record(actor: Actor) -> ColumnElement[bool]:
    return (FundArrival.bureau_id == actor.org_id) & (FundArrival.state == "recorded")


own = Guard(_own, _l("到位资金由收到它的主管部门办理"))
own_record = Guard(_own_record, _l("只有尚未核对的登记可以修改，并且由登记它的主管部门办理"))

ARRIVALS = Workflow(
    FundArrival,
    {"recorded": _l("已登记"), "arrived": _l("已到位"), "struck": _l("已撤销")},
    [
        Step("confirm_funds", _l("核对到位"), ("recorded",), "arrived", CHECKERS, (own,),
             unlike=("add", "edit"), icon="building-bank",
             confirm=_l("请与财政拨款文件和银行到账通知核对。核对后计入可用资金。")),
        Step("strike_funds", _l("撤销到位登记"), ("recorded", "arrived"), "struck", CHECKERS,
             (own,), note=True, icon="trash", tone="danger",
             confirm=_l("撤销后不再计入可用资金：已经用掉的，余额成为负数，以后的批次要写明理由才能发放。")),
    ],
    evidence={"fen": FundArrival.fen},
)  # fmt: skip


@dataclass(frozen=True)
class Funds:
    """What has arrived since funds are tracked, what was given to the bank since, what is left."""

    since: dt.date
    arrived: int
    spent: int

    @property
    def left(self) -> int:
        return self.arrived - self.spent

    def short_of(self, fen: int) -> int:
        """How much is missing to pay this sum; 0 when there is enough."""
        return max(fen - self.left, 0)


def at_hand(bureau_id: int, programme_id: int) -> Funds | None:
    """The bureau's funds for the programme; None when it does not track them. Two statements."""
    here = (FundArrival.bureau_id == bureau_id, FundArrival.programme_id == programme_id,
            FundArrival.state == "arrived")  # fmt: skip
    found = select(func.min(FundArrival.arrived_on), func.sum(FundArrival.fen)).where(*here)
    since, arrived = db.session.execute(found).one()
    if since is None:
        return None
    runs = select(PayRun.id).where(
        PayRun.bureau_id == bureau_id, PayRun.programme_id == programme_id,
        PayRun.exported_at >= clock.moment_of(since),
    )  # fmt: skip
    spent = select(func.coalesce(func.sum(Attempt.fen), 0)).where(
        Attempt.run_id.in_(runs), Attempt.state.in_(SPENT)
    )
    return Funds(since, int(arrived), int(db.session.scalar(spent) or 0))


def of_run(run: PayRun) -> Funds | None:
    return at_hand(run.bureau_id, run.programme_id)


def decide(run: PayRun, decision: str, actor: Actor) -> None:
    """The run may go to the bank: the funds suffice, or somebody has said why it goes all the
    same, which stands in the trail with what is missing. Refused otherwise."""
    held = select(Org.id).where(Org.id == run.bureau_id).with_for_update(of=Org, key_share=True)
    db.session.execute(held)  # two exports of one bureau do not spend the same money
    funds = of_run(run)
    missing = funds.short_of(run.total_fen) if funds else 0
    if not funds or not missing:
        return
    if not decision.strip():
        raise Refused(_(
            "到位资金余额%(left)s元，本批次应发%(total)s元，还缺%(gap)s元：请等资金到位，"
            "或写明理由后再生成银行文件", left=Fen.show(funds.left),
            total=Fen.show(run.total_fen), gap=Fen.show(missing),
        ))  # fmt: skip
    audit.record("overdraw", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, fen=missing, note=decision.strip())  # fmt: skip


def record(row: FundArrival, actor: Actor) -> None:
    """What follows from who records it is filled in; refused when the day lies ahead."""
    if actor.role not in WRITERS or row.bureau_id not in (None, actor.org_id):
        raise Refused(_("到位资金由主管部门的经办人登记"))
    if row.arrived_on > clock.today():
        raise Refused(_("到位日期不能晚于今天"))
    if row.fen < 1:
        raise Refused(_("金额须大于0"))
    row.bureau_id, row.by = actor.org_id or 0, row.by or actor.username


def arrive(row: FundArrival, actor: Actor) -> FundArrival:
    """A record stands and waits for a second person."""
    record(row, actor)
    row.org_path = actor.org_path
    db.session.add(row)
    db.session.flush()
    audit.record("add", actor=actor, org_path=row.org_path, subject=FundArrival.__tablename__,
                 subject_id=row.id, fen=row.fen)  # fmt: skip
    return row
