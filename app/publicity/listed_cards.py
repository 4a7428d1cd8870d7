"""The cards that lists bring into use, and the history of those that take another's place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from app.kernel import audit
from app.kernel.audit import Event
from app.publicity.models import AidLine, AidList
from app.registry.card_changes import note_listed
from app.registry.cards import settle_cards
from app.registry.models import NEXT, Card

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect

    from app.kernel.actor import Actor

L, A, C, V = (m.__table__ for m in (AidLine, AidList, Card, Event))


def settle_listed(lines: ColumnElement[bool], actor: Actor) -> None:
    """The cards of these lines of confirmed lists are in use, and every change is written down.

    A fixed number of statements.
    """
    settle_cards(select(L.c.card_id).where(lines), partial(_note, lines, actor))


def _note(lines: ColumnElement[bool], actor: Actor) -> None:
    """Of several lines with one new card the latest tells of it."""
    new = C.alias("coming")
    # By the person too, for there is an index; nobody has a line with somebody else's card.
    its = and_(new.c.person_id == L.c.person_id, new.c.id == L.c.card_id, new.c.state == NEXT)
    turn = func.row_number().over(partition_by=L.c.card_id, order_by=L.c.id.desc()).label("turn")
    said = ("card_id", "list_id", "org_path", "name", "id_mask")
    found = select(*(L.c[k] for k in said), turn).join_from(L, new, its).where(lines).subquery()
    hands = (_last("submit", V.c.actor).label("asked_by"),
             _last("submit", V.c.at).label("asked_at"),
             _last("publish", V.c.actor).label("decided_by"))  # fmt: skip
    told = select(*(found.c[k] for k in said), A.c.school_id, *hands)
    note_listed(told.join_from(found, A, A.c.id == found.c.list_id).where(found.c.turn == 1), actor)


def _last(step: str, column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Of the last time the list took the step."""
    taken = select(column).where(
        V.c.subject == A.name, V.c.subject_id == A.c.id, V.c.verb == step, V.c.outcome == audit.OK
    )
    return taken.order_by(V.c.id.desc()).limit(1).correlate(A).scalar_subquery()
