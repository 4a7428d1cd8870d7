"""Whom the rows of a file are about: each row's person and card, worked out once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    Table,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)

from app.kernel.bulk import temporary
from app.kernel.db import db
from app.publicity.models import StagedLine
from app.registry.models import Card, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement

S, P, C = (m.__table__ for m in (StagedLine, Person, Card))
R = Table(
    "resolved_line", MetaData(),
    *(Column(name, BigInteger) for name in ("staged_id", "person_id", "card_id")),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""A staged row, its person and its card; NULL as long as they are not known."""


@contextmanager
def resolved(mine: ColumnElement[bool], register: Callable[[ColumnElement[bool]], None]
             ) -> Iterator[Any]:  # fmt: skip
    """The staged rows under `mine` with their `person_id` and `card_id`, while the block runs.

    Nearly all mean the card in use, which is found by its person. Only the others are sought among
    all cards, once `register` has seen to it that what they say is registered.
    """
    with temporary(R):
        _find_in_use(mine)
        left = R.c.card_id.is_(None)
        if db.session.scalar(select(exists().where(left))):
            register(and_(mine, S.c.id.in_(select(R.c.staged_id).where(left))))
            its = and_(left, R.c.staged_id == S.c.id, P.c.id_index == S.c.id_index)
            found = update(R).where(its).values(person_id=P.c.id, card_id=meant_card())
            db.session.execute(found)
        yield (
            select(S, R.c.person_id, R.c.card_id)
            .join_from(R, S, S.c.id == R.c.staged_id).where(mine).subquery("r")
        )  # fmt: skip


def _find_in_use(mine: ColumnElement[bool]) -> None:
    used = C.alias("used")
    whose = S.outerjoin(P, P.c.id_index == S.c.id_index).outerjoin(
        used, and_(used.c.state == "active", same_card(used, P.c.id))
    )
    rows = select(S.c.id, P.c.id, used.c.id).select_from(whose).where(mine)
    db.session.execute(insert(R).from_select(list(R.c.keys()), rows))


def same_card(card: Any, person: Any) -> Any:
    """The card is the one a staged row means; a bank left blank is whatever is known."""
    return and_(
        card.c.person_id == person, card.c.card_index == S.c.card_index,
        card.c.holder_name == S.c.holder_name,
        or_(S.c.bank_name == "", card.c.bank_name == S.c.bank_name),
        or_(S.c.cnaps == "", card.c.cnaps == S.c.cnaps),
    )  # fmt: skip


def meant_card() -> Any:
    """The id of the card a staged row means: of several that fit the one in use, else the latest;
    NULL when it is a new one."""
    return (
        select(C.c.id).where(same_card(C, P.c.id)).correlate(S, P)
        .order_by((C.c.state == "active").desc(), C.c.id.desc()).limit(1).scalar_subquery()
    )  # fmt: skip
