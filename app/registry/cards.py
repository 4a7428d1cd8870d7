"""Which card of a person is in use: by confirmed lists, or by a request that was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, literal, select, true, update
from sqlalchemy.exc import IntegrityError

from app.kernel import clock
from app.kernel.bulk import add_missing
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.registry.models import NEXT, Card, CardChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Select

    from app.kernel.actor import Actor
    from app.kernel.workflow import Moved

C, Q = Card.__table__, CardChange.__table__
SAME = ("person_id", "card_index", "holder_name", "bank_name", "cnaps")
"""What makes two cards one."""


def settle_cards(cards: Select[tuple[int]], noting: Callable[[], None] = lambda: None) -> None:
    """The claimed cards among these ids are in use; what each person used before is closed.

    Stays claimed: a number in another person's use, the second of two that claim one number, a
    card that was stated before the one in use, and any but the one in use of whoever waits for an
    answer to a request. The database would refuse the first two. `noting` is called in between:
    the chosen cards are NEXT, and the ones before them still in use.
    """
    c, other = Card.__table__.alias(), Card.__table__.alias()
    taken = exists().where(other.c.card_index == c.c.card_index, other.c.state == "active",
                           other.c.person_id != c.c.person_id)  # fmt: skip
    outdated = exists().where(other.c.person_id == c.c.person_id, other.c.state == "active",
                              other.c.since > c.c.since)  # fmt: skip
    latest = (
        select(func.max(c.c.id))
        .where(c.c.id.in_(cards), c.c.state == "claimed", ~taken, ~outdated, ~asked_about(c))
        .group_by(c.c.person_id)
    )
    chosen = select(func.min(c.c.id)).where(c.c.id.in_(latest)).group_by(c.c.card_index)
    renewed = select(other.c.person_id).where(other.c.state == NEXT)
    with everyone("一个人的卡不只一个学校知道"):
        # Marked first: closing a card may free its number, and the choice must not change by that.
        _set_state(Card.id.in_(chosen), "claimed", NEXT)
        noting()
        _set_state(Card.person_id.in_(renewed), "active", "closed")
        _set_state(true(), NEXT, "active")


def asked_about(card: Any) -> ColumnElement[bool]:
    """The card's person has one in use, and a request to change it that nobody has decided."""
    used = C.alias()
    asked = exists().where(Q.c.person_id == card.c.person_id, Q.c.state == "asked")
    return and_(asked, exists().where(used.c.person_id == card.c.person_id,
                                      used.c.state == "active"))  # fmt: skip


def _set_state(which: ColumnElement[bool], old: str, new: str) -> None:
    change = update(Card).where(which, Card.state == old).values(state=new)
    db.session.execute(change.execution_options(synchronize_session=False))


def put_into_use(moved: Moved, _actor: Actor) -> None:
    """The cards of these requests are in use, the ones before them closed; or Refused, when one
    of the numbers has come into somebody else's use. A fixed number of statements."""
    with everyone("核对过的换卡申请，卡不只一个学校知道"):
        try:
            _claim(Q.c.id.in_(moved))
            settle_cards(select(Q.c.new_card_id).where(Q.c.id.in_(moved)))
        except IntegrityError:
            raise _in_others_use() from None
        if db.session.scalar(_not_in_use(Q.c.id.in_(moved))):
            raise _in_others_use()


def _claim(asked: ColumnElement[bool]) -> None:
    """Each request knows its card, stated now."""
    same = and_(*(C.c[k] == Q.c[k] for k in SAME))
    names = (*SAME, "card_no", "card_mask")
    now = literal(clock.now(), C.c.since.type)
    new = select(*(Q.c[k] for k in names), literal("claimed"), now).where(
        asked, ~exists().where(same)
    )
    add_missing(C, (*names, "state", "since"), new.order_by(Q.c.id))
    its = select(C.c.id).where(same).correlate(Q).scalar_subquery()
    db.session.execute(update(Q).where(asked).values(new_card_id=its))
    stated = C.c.id.in_(select(Q.c.new_card_id).where(asked))
    back = update(C).where(stated, C.c.state != "active").values(state="claimed", since=now)
    db.session.execute(back)


def _not_in_use(asked: ColumnElement[bool]) -> Select[Any]:
    left = select(func.count()).join_from(Q, C, C.c.id == Q.c.new_card_id)
    return left.where(asked, C.c.state != "active")


def _in_others_use() -> Refused:
    return Refused(_("新卡号已登记在另一名学生名下：一人一卡，请退回申请并核对卡号"))


def given_up(card: Any) -> ColumnElement[bool]:
    """The number was given up by an accepted request after this card was last stated: a list
    that still carries it does not bring it back."""
    old = C.alias()
    return exists().where(
        Q.c.person_id == card.c.person_id, Q.c.state == "changed", Q.c.origin == "request",
        Q.c.decided_at >= card.c.since, old.c.id == Q.c.old_card_id,
        old.c.card_index == card.c.card_index,
    )  # fmt: skip
