"""Which columns an account wants to see in a list, and so in the file of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g
from sqlalchemy import JSON, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, db

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kernel.actor import Actor


class ColumnChoice(Base):
    """One account's columns of one grid; without a row they are those the grid declares."""

    __tablename__ = "column_choice"
    __table_args__ = (UniqueConstraint("user_id", "grid"),)
    user_id: Mapped[int]
    grid: Mapped[str] = mapped_column(String(60))
    columns: Mapped[list[str]] = mapped_column(JSON)


def choices_of(actor: Actor) -> dict[str, list[str]]:
    """Grid -> columns, as the account chose them; read once a request."""
    if "column_choices" not in g:
        found = select(ColumnChoice.grid, ColumnChoice.columns)
        rows = db.session.execute(found.where(ColumnChoice.user_id == actor.id))
        g.column_choices = {row.grid: row.columns for row in rows}
    kept: dict[str, list[str]] = g.column_choices
    return kept


def choose(actor: Actor, grid: str, columns: Sequence[str]) -> None:
    """From here on the account sees these columns; none of them is the grid's own choice."""
    mine = (ColumnChoice.user_id == actor.id) & (ColumnChoice.grid == grid)
    db.session.execute(delete(ColumnChoice).where(mine))
    if columns:
        db.session.add(ColumnChoice(user_id=actor.id, grid=grid, columns=list(columns)))
    db.session.flush()
