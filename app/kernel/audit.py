"""The trail: one row for every act, in the transaction of the act, never changed afterwards."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, DateTime, Index, String, exists, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock, scope
from app.kernel.db import Base, BigId, Scoped, changed, db, writing
from app.kernel.types import Fen, Sentence

if TYPE_CHECKING:
    from app.kernel.actor import Actor

OK, REFUSED = "ok", "refused"


class Event(Scoped, Base):
    """Who did what to which row, when, from where, and what came of it.

    `org_path` is the place the act concerns (the subject's, else the actor's), so that each
    bureau reads the trail of its own tree. `bulk` joins the rows of one press. Append-only:
    triggers in the database refuse UPDATE and DELETE.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject", "subject", "subject_id"),)
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
    bulk: Mapped[str] = mapped_column(String(32), index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(32))
    actor_org: Mapped[int | None]
    ip: Mapped[str] = mapped_column(String(45), default="")
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40), default="")
    subject_id: Mapped[int | None] = mapped_column(BigId)
    old: Mapped[str] = mapped_column(String(20), default="")
    new: Mapped[str] = mapped_column(String(20), default="")
    outcome: Mapped[str] = mapped_column(String(10), default=OK)
    count: Mapped[int | None]
    fen: Mapped[int | None] = mapped_column(Fen())
    digest: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Sentence(2000), default="")
    filter_text: Mapped[str] = mapped_column(String(2000), default="")


def new_bulk() -> str:
    return uuid.uuid4().hex


def who(actor: Actor) -> dict[str, Any]:
    """The columns of an event that say who acted, when and from where."""
    return {"at": clock.now(), "actor_id": actor.id, "actor": actor.username, "role": actor.role,
            "actor_org": actor.org_id, "ip": actor.ip}  # fmt: skip


BLANK: dict[str, Any] = {
    "subject": "", "subject_id": None, "old": "", "new": "", "outcome": OK, "count": None,
    "fen": None, "digest": "", "note": "", "filter_text": "",
}  # fmt: skip


def taken(model: type[Any], row: Any, verbs: tuple[str, ...], actor: Actor) -> ColumnElement[bool]:
    """This account has done one of these to the row of that number (a column or a value), as SQL,
    whatever its duty was then."""
    t = Event.__table__.alias()
    return exists().where(
        t.c.subject == model.__tablename__, t.c.subject_id == row, t.c.verb.in_(verbs),
        t.c.outcome == OK, t.c.actor_id == actor.id,
    )  # fmt: skip


def record_each(what: dict[str, Any], *where: ColumnElement[bool]) -> int:
    """One event stands for each row under `where`, all of one press; how many. One statement.

    `what`: values, or expressions on the rows, for columns of events; `subject_id` and `org_path`
    among them.
    """
    t, row = Event.__table__, BLANK | {"bulk": new_bulk()} | what
    cells = [v if isinstance(v, ColumnElement) or hasattr(v, "__clause_element__")
             else literal(v, t.c[k].type) for k, v in row.items()]  # fmt: skip
    source = select(*cells).where(*where).order_by(row["subject_id"])
    go = insert(t).from_select(list(row), source)
    return changed(go.execution_options(**scope.placed()))


def record(verb: str, *, actor: Actor, org_path: str = "", **what: Any) -> None:
    """One event stands in the caller's transaction.

    `what`: any of `BLANK`'s columns; longer texts are cut to their column's width.
    """
    row = BLANK | {"bulk": new_bulk(), "verb": verb, "org_path": org_path or actor.org_path}
    row |= who(actor) | what
    row["filter_text"] = row["filter_text"][:2000]
    db.session.execute(insert(Event.__table__), row, execution_options=scope.placed())


def record_apart(verb: str, *, actor: Actor, **what: Any) -> None:
    """One event, in a transaction of its own: who reads must not hold SQLite's one write lock."""
    db.session.rollback()
    with writing():
        record(verb, actor=actor, **what)
        db.session.commit()
