"""`flask funds …`: arrivals of funds from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.accounts.commands import acts
from app.accounts.looking import newest, numbered, sifting
from app.accounts.models import BUREAUS
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.types import Fen
from app.payments import funds as arriving
from app.payments.funds import ARRIVALS
from app.payments.kinds import SOURCES
from app.payments.models import FundArrival
from app.registry.service import programme as programme_of

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome

TYPES: Any = FundArrival.__table__.c


@click.group("funds")
def funds() -> None:
    """资金到位：登记、核对、撤销，查看余额。"""


@funds.command("list")
@sifting(ARRIVALS)
@acts
def list_(actor: Actor, **wanted: Any) -> dict[str, Any]:
    """列出辖区内的到位资金，新的在前：编号、日期、文号、金额（元）、状态。"""
    _check_bureau(actor)
    return {str(f.id): f"{f.arrived_on} {f} {ARRIVALS.states[f.state]}"
            for f in newest(ARRIVALS, **wanted)}  # fmt: skip


@funds.command("left")
@click.option("--programme", default="GRANT", show_default=True, help="资助项目代码")
@acts
def left(actor: Actor, programme: str) -> dict[str, Any]:
    """本部门的到位资金、已用资金和余额（分）；没有登记过到位的不受限制。"""
    _check_bureau(actor)
    found = arriving.at_hand(actor.org_id or 0, programme_of(programme).id)
    if found is None:
        return {"tracked": False}
    return {"tracked": True, "since": str(found.since), "arrived": found.arrived,
            "spent": found.spent, "left": found.left}  # fmt: skip


@funds.command("record")
@click.option("--programme", default="GRANT", show_default=True, help="资助项目代码")
@click.option("--source", type=click.Choice(list(SOURCES)), required=True, help="资金来源")
@click.option("--yuan", required=True, help="到位金额（元）")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="到位日期")
@click.option("--document", required=True, help="拨款文号")
@click.option("--note", default="", help="备注")
@acts
def record(actor: Actor, programme: str, source: str, yuan: str, day: dt.datetime, document: str,
           note: str) -> dict[str, Any]:  # fmt: skip
    """登记一笔到位资金，由另一人核对后计入可用资金。"""
    made = arriving.arrive(FundArrival(
        programme_id=programme_of(programme).id, source=source, fen=Fen.clean(yuan),
        arrived_on=day.date(), document_no=TYPES.document_no.type.clean(document),
        note=TYPES.note.type.clean(note),
    ), actor)  # fmt: skip
    return {"arrival": made.id, "fen": made.fen}


@funds.command("take")
@click.argument("step")
@click.argument("arrival", type=int)
@click.option("--note", default="", help="理由")
@acts
def take(actor: Actor, step: str, arrival: int, note: str) -> Outcome:
    """对一笔到位资金办理一步：confirm_funds、strike_funds。"""
    found = numbered(FundArrival, arrival, _("没有编号为%(n)s的到位资金", n=arrival))
    return ARRIVALS.take(step, FundArrival.id == found.id, actor, note)


def _check_bureau(actor: Actor) -> None:
    if actor.role not in BUREAUS:
        raise Refused(_("到位资金由主管部门查阅"))
