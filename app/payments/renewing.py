"""Orders that have not gone to the bank yet follow their student's card.

Between the opening of a run and its export a card may be closed, or another come into use. No
money goes to a card that is closed; once an order is with the bank it keeps its card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, exists, func, select, update

from app.kernel import audit
from app.kernel.db import changed, db
from app.kernel.i18n import _l, _n, joined, remembering
from app.kernel.scope import everyone
from app.payments.models import NOT_CARRIED, Attempt, PayRun
from app.registry.models import Card

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from app.kernel.actor import Actor

T, ITS, NOW = Attempt.__table__, Card.__table__, Card.__table__.alias("today")
IN_USE = and_(NOW.c.person_id == ITS.c.person_id, NOW.c.state == "active")


class Renewed(NamedTuple):
    """What becomes of orders whose card is not in use any more: how many go to another card; how
    many, and what sum, have none to go to."""

    moved: int
    left: int
    left_fen: int

    def told(self) -> str:
        """In a sentence, "" when there is nothing to tell."""
        said = []
        if self.moved:
            said.append(_n("%(n)s笔的银行卡在开立批次后已更换，发到学生现在使用的卡", self.moved))
        if self.left:
            said.append(_n("%(n)s笔的银行卡已停用而没有在用的卡，不写入银行文件；办好换卡申请后再重发",
                          self.left))  # fmt: skip
        return joined(said)


NONE_RENEWED = Renewed(0, 0, 0)


def _waiting(run: PayRun) -> ColumnElement[bool]:
    return and_(T.c.run_id == run.id, T.c.state == "waiting")


def foretold(run: PayRun) -> Renewed:
    """What `renew_cards` would do now. One statement."""
    other = exists().where(IN_USE)
    found: Select[Any] = (
        select(func.count().filter(other), func.count().filter(~other),
               func.coalesce(func.sum(T.c.fen).filter(~other), 0))
        .join_from(T, ITS, ITS.c.id == T.c.card_id)
        .where(_waiting(run), ITS.c.state != "active", (ITS.c.state == "closed") | other)
    )  # fmt: skip
    with everyone("本批次各笔的银行卡，卡不只一个学校知道"):
        moved, left, fen = db.session.execute(found).one()
    return Renewed(int(moved), int(left), int(fen))


def renew_cards(run: PayRun, actor: Actor) -> Renewed:
    """The run's waiting orders go to the card their student has in use now; one whose card is
    closed without another is left out, failed with the reason. In the trail when there are any.
    """
    due = foretold(run)
    if not due.moved and not due.left:
        return due
    with everyone("本批次各笔的银行卡，卡不只一个学校知道"):
        its = and_(_waiting(run), ITS.c.id == T.c.card_id)
        to_now = update(T).where(its, ITS.c.state != "active", IN_USE)
        moved = changed(to_now.values(card_id=NOW.c.id, card_mask=NOW.c.card_mask))
        why = {"reason": NOT_CARRIED, "reason_text": _l("银行卡已停用，没有在用的卡")}
        out = update(T).where(its, ITS.c.state == "closed").values(state="failed", **why)
        left = changed(out)
    done = Renewed(moved, left, due.left_fen)
    with remembering():
        note = done.told()
    audit.record("renew_cards", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, count=moved + left, note=note)  # fmt: skip
    return done
