"""Every row of a result file beside the order it answers, and its fate, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, or_, select, update

from app.kernel.db import db
from app.payments.models import Attempt, ResultLine

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.payments.models import ResultFile

T, R = Attempt.__table__, ResultLine.__table__
OPEN = ("sent", "unknown")


def open_rows(taken: ResultFile) -> Any:
    return and_(R.c.file_id == taken.id, R.c.fate == "")


def resolve(taken: ResultFile) -> None:
    """Rows know the order they answer; an order that is answered again is set aside.

    By our own reference; where a bank's layout carries none, by row number, amount and card tail
    together within the run, never by less.
    """
    by_ref = select(T.c.id).where(T.c.ref == R.c.ref).correlate(R).scalar_subquery()
    by_place = (
        select(T.c.id)
        .where(R.c.ref == "", T.c.run_id == R.c.run_id, T.c.seq == R.c.seq, T.c.fen == R.c.fen,
               R.c.card_tail != "", tail(T.c.card_mask) == R.c.card_tail)
        .correlate(R).scalar_subquery()
    )  # fmt: skip
    ours = func.coalesce(by_ref, by_place)
    db.session.execute(update(R).where(open_rows(taken)).values(attempt_id=ours))
    other = R.alias()
    earlier = exists().where(other.c.file_id == taken.id, other.c.attempt_id == R.c.attempt_id,
                             other.c.id < R.c.id, other.c.fate == "")  # fmt: skip
    repeated = update(R).where(open_rows(taken), R.c.attempt_id.is_not(None), earlier)
    db.session.execute(repeated.values(fate="aside", why="repeated"))


def judge(taken: ResultFile) -> None:
    """Every row has a fate."""
    lost = update(R).where(open_rows(taken), R.c.attempt_id.is_(None))
    db.session.execute(lost.values(fate="aside", why="unknown_ref"))
    fate, why = _verdict()
    judged = update(R).where(open_rows(taken), T.c.id == R.c.attempt_id)
    db.session.execute(judged.values(fate=fate, why=why))


def _verdict() -> tuple[Any, Any]:
    """Fate and reason of a row beside its order, as SQL, the first thing wrong first."""
    known = and_(T.c.state == R.c.outcome, T.c.state.not_in(("sent", "waiting")),
                 func.coalesce(T.c.bank_ref, "") == R.c.bank_ref,
                 or_(T.c.arrived_on == R.c.arrived_on,
                     and_(T.c.arrived_on.is_(None), R.c.arrived_on.is_(None))))  # fmt: skip
    movable = or_(T.c.state.in_(OPEN), and_(T.c.state == "paid", R.c.outcome == "returned"))
    wrong = (
        (T.c.run_id != R.c.run_id, "foreign_run"),
        (T.c.state == "waiting", "not_sent"),
        (R.c.fen.is_not(None) & (R.c.fen != T.c.fen), "amount"),
        (and_(R.c.card_tail != "", tail(T.c.card_mask) != R.c.card_tail), "card"),
        (and_(~known, ~movable), "conflict"),
    )
    fate = case(*((test, "aside") for test, _why in wrong), (known, "same"), else_="posted")
    why = case(*wrong, else_="")
    return fate, why


def tail(mask: ColumnElement[str]) -> ColumnElement[str]:
    """The last four characters; PostgreSQL's substr does not count from the end."""
    return func.substr(mask, func.length(mask) - 3)
