"""`flask cards …`: requests for another card from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.accounts.commands import acts
from app.accounts.looking import newest, numbered, sifting
from app.accounts.models import STAFF
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.registry import card_changes
from app.registry.models import CARD_WHYS, CardChange, Enrolment
from app.registry.workflow import CARD_CHANGES

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome

TYPES: Any = CardChange.__table__.c


@click.group("cards")
def cards() -> None:
    """换卡：提出、核对、退回和撤回换卡申请。"""


@cards.command("list")
@sifting(CARD_CHANGES)
@acts
def list_(actor: Actor, **wanted: Any) -> dict[str, Any]:
    """列出辖区内的换卡记录，新的在前：编号、姓名、原卡、新卡、状态。"""
    if actor.role not in STAFF:
        raise Refused(_("换卡记录由学校和主管部门查阅"))
    return {str(c.id): _line(c) for c in newest(CARD_CHANGES, **wanted)}


def _line(c: CardChange) -> str:
    cells = (c.name, c.old_card_mask or "-", c.card_mask, str(CARD_CHANGES.states[c.state]))
    return " ".join(cells)


def _typed(_context: click.Context, _option: click.Parameter, number: str | None) -> str:
    """The number, asked for beside the answer and before anything is locked."""
    return number or str(click.prompt("新卡号", err=True))


@cards.command("ask")
@click.argument("enrolment", type=int)
@click.option("--card-no", callback=_typed, help="新卡号；不写则提示输入，以免留在命令历史里")
@click.option("--why", type=click.Choice(list(CARD_WHYS)), required=True, help="换卡原因")
@click.option("--holder", default="", help="户名；不写即为学生本人")
@click.option("--bank", default="", help="开户行")
@click.option("--cnaps", default="", help="联行号")
@click.option("--note", default="", help="说明；户名不是学生本人的必填")
@click.option("--ref", default="", help="由某一笔失败的发放引起时，它的流水号")
@acts
def ask(actor: Actor, enrolment: int, card_no: str, why: str, holder: str, bank: str, cnaps: str,
        note: str, ref: str) -> dict[str, Any]:  # fmt: skip
    """为本校学生提出换卡申请；ENROLMENT 是学籍页面网址末尾的编号。"""
    student = numbered(Enrolment, enrolment, _("没有编号为%(n)s的学籍", n=enrolment))
    said = {"holder_name": holder, "bank_name": bank, "cnaps": cnaps, "note": note, "ref": ref}
    clean = {k: TYPES[k].type.clean(v) if v else "" for k, v in said.items()}
    asked = card_changes.ask(student, card_no, why, actor, **clean)
    return {"request": asked.id, "name": asked.name, "card": asked.card_mask}


@cards.command("take")
@click.argument("step")
@click.argument("request", type=int)
@click.option("--note", default="", help="理由")
@acts
def take(actor: Actor, step: str, request: int, note: str) -> Outcome:
    """对一份换卡申请办理一步：accept_card、decline_card、withdraw_card。"""
    found = numbered(CardChange, request, _("没有编号为%(n)s的换卡申请", n=request))
    return CARD_CHANGES.take(step, CardChange.id == found.id, actor, note)
