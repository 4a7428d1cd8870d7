"""Every row of a result file beside the order it answers, and its fate, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, or_, select, update

from app.kernel.db import db
from app.payments.models import NOT_CARRIED, Attempt, ResultLine

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
    _set_aside_repeated(taken)


def _set_aside_repeated(taken: ResultFile) -> None:
    """Of rows for one order the first stands, unless they contradict each other: then none does,
    for nobody can tell which is true."""
    other = R.alias()
    several = (
        select(other.c.attempt_id, func.min(other.c.id).label("first"),
               func.count(func.distinct(other.c.outcome)).label("outcomes"))
        .where(other.c.file_id == taken.id, other.c.fate == "", other.c.attempt_id.is_not(None))
        .group_by(other.c.attempt_id)
        .having(func.count() > 1)
        .subquery("several")
    )  # fmt: skip
    repeated = update(R).where(
        open_rows(taken), R.c.attempt_id == several.c.attempt_id,
        or_(R.c.id > several.c.first, several.c.outcomes > 1),
    )  # fmt: skip
    db.session.execute(repeated.values(fate="aside", why="repeated"))


def judge(taken: ResultFile) -> None:
    """Every row has a fate."""
    lost = update(R).where(open_rows(taken), R.c.attempt_id.is_(None))
    db.session.execute(lost.values(fate="aside", why="unknown_ref"))
    fate, why = _verdict()
    judged = update(R).where(open_rows(taken), T.c.id == R.c.attempt_id)
    db.session.execute(judged.values(fate=fate, why=why))
    _recognise(taken)


def _verdict() -> tuple[Any, Any]:
    """Fate and reason of a row beside its order, as SQL, the first thing wrong first."""
    known = _as_it_stands()
    movable = or_(T.c.state.in_(OPEN), and_(T.c.state == "paid", R.c.outcome == "returned"),
                  _tells_more())  # fmt: skip
    wrong = (
        (T.c.run_id != R.c.run_id, "foreign_run"),
        (or_(T.c.state == "waiting", T.c.reason == NOT_CARRIED), "not_sent"),
        (R.c.fen.is_not(None) & (R.c.fen != T.c.fen), "amount"),
        (and_(R.c.card_tail != "", tail(T.c.card_mask) != R.c.card_tail), "card"),
        (and_(~known, ~movable), "conflict"),
    )
    fate = case(*((test, "aside") for test, _why in wrong), (known, "same"), else_="posted")
    return fate, case(*wrong, else_="")


def _as_it_stands() -> ColumnElement[bool]:
    """The row says what its order says already."""
    return and_(T.c.state == R.c.outcome, T.c.bank_ref == R.c.bank_ref,
                T.c.arrived_on.is_not_distinct_from(R.c.arrived_on))  # fmt: skip


def _tells_more() -> ColumnElement[bool]:
    """A payment known by the bank's silence only, now with its number and day."""
    return and_(T.c.state == "paid", R.c.outcome == "paid", T.c.bank_ref == "",
                T.c.arrived_on.is_(None))  # fmt: skip


def _recognise(taken: ResultFile) -> None:
    """A row that was posted once, word for word, is no contradiction when it comes again, even
    though its order has moved on since: a success that was sent back, a doubt that was cleared."""
    old = R.alias()
    posted = exists().where(
        old.c.attempt_id == R.c.attempt_id, old.c.fate == "posted", old.c.file_id < taken.id,
        old.c.outcome == R.c.outcome, old.c.bank_ref == R.c.bank_ref,
        old.c.arrived_on.is_not_distinct_from(R.c.arrived_on),
    )  # fmt: skip
    back = update(R).where(R.c.file_id == taken.id, R.c.why == "conflict", posted)
    db.session.execute(back.values(fate="same", why=""))


def tail(mask: ColumnElement[str]) -> ColumnElement[str]:
    """The last four characters; PostgreSQL's substr does not count from the end."""
    return func.substr(mask, func.length(mask) - 3)
