"""Every row of a result file beside the order it answers, and its fate, as SQL.

The rows lie in a staged table. One statement compares them with the orders of the run and writes
them down with their fate: a row of the big table is written once and never again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app.kernel import clock
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db
from app.kernel.types import BlindIndex
from app.payments.models import NOT_CARRIED, Attempt, Recovery, ResultLine
from app.payments.placing import carried
from app.registry.models import Card

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement

    from app.payments.models import PayRun, ResultFile

T, R, C = Attempt.__table__, ResultLine.__table__, Card.__table__
OPEN = ("sent", "unknown")
WORDS = ("ref", "card_tail", "name", "outcome", "reason", "reason_text", "bank_ref")
TOLD = ("row", "seq", "fen", "arrived_on", *WORDS)
"""What a row of the bank says, as it is kept."""
STAGED = ("n", "ours", "why", "card_index", *TOLD)
S = Table(
    "staged_answer", MetaData(),
    Column("n", Integer), Column("row", Integer), Column("seq", Integer),
    Column("fen", BigInteger), Column("arrived_on", Date), Column("card_index", BlindIndex),
    *(Column(name, String) for name in (*WORDS, "ours", "why")),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""`n`: the order of the rows; `ours`: our reference; `why`: why it cannot be read, or nothing;
`card_index`: the fingerprint of the card, where it has to say which order is answered."""


def place(taken: ResultFile, *, by_card: bool) -> None:
    """Rows without our reference know it by row number, amount and card tail together within
    the run, never by less; where the bank gives no row numbers, by the whole card number and the
    amount of one single order."""
    if by_card:
        _place_by_card(taken)
        return
    by_place = (
        select(T.c.ref)
        .where(T.c.run_id == taken.run_id, T.c.seq == S.c.seq, T.c.fen == S.c.fen,
               S.c.card_tail != "", tail(T.c.card_mask) == S.c.card_tail)
        .correlate(S).scalar_subquery()
    )  # fmt: skip
    found = func.coalesce(by_place, "")
    db.session.execute(update(S).where(S.c.ref == "", S.c.why == "").values(ours=found))


def _place_by_card(taken: ResultFile) -> None:
    single = (
        select(C.c.card_index, T.c.fen, func.min(T.c.ref).label("ref"))
        .join_from(T, C, C.c.id == T.c.card_id)
        .where(T.c.run_id == taken.run_id, carried(T))
        .group_by(C.c.card_index, T.c.fen).having(func.count() == 1).subquery("single")
    )  # fmt: skip
    known = and_(S.c.card_index == single.c.card_index, S.c.fen == single.c.fen, S.c.why == "")
    db.session.execute(update(S).where(known).values(ours=single.c.ref))


class Days(NamedTuple):
    """The days on which money of a run may have moved."""

    first: dt.date
    last: dt.date


def possible_days(run: PayRun) -> Days:
    """From the day the run was exported to the next working day, under which banks book what they
    pay after the close of their own day."""
    sent = clock.moment_of(run.exported_at or run.created_at).date()
    last, _provisional = load_calendar(db.session).add_workdays(clock.today(), 1)
    return Days(sent, last)


def judge(taken: ResultFile, days: Days, *, distinct: bool) -> None:
    """Every row stands in the table of results, beside its order and with its fate. `distinct`: no
    two rows answer the same order, which is not asked again then."""
    once = _beside(taken, days, distinct=distinct).offset(0)  # no part is worked out twice
    judged = once.subquery("judged")
    fate = case((judged.c.why != "", "aside"), (judged.c.settled, "same"), else_="posted")
    fixed = {"file_id": taken.id, "run_id": taken.run_id, "org_path": taken.org_path}
    cells = [literal(value, R.c[name].type) for name, value in fixed.items()]
    kept = [judged.c[name] for name in (*TOLD, "attempt_id", "why")]
    source = select(*cells, *kept, fate)
    names = [*fixed, *TOLD, "attempt_id", "why", "fate"]
    db.session.execute(insert(R).from_select(names, source))


def _beside(taken: ResultFile, days: Days, *, distinct: bool) -> Any:
    """The staged rows, the order each answers, why it is set aside, whether it says nothing new."""
    several, foreign = _several(distinct=distinct), T.alias("foreign")
    own = and_(T.c.run_id == taken.run_id, T.c.ref == S.c.ours)
    elsewhere = select(foreign.c.id).where(foreign.c.ref == S.c.ours).scalar_subquery()
    order = func.coalesce(T.c.id, case((S.c.ours != "", elsewhere)))
    known, movable = _as_it_stands(), _movable()
    repeated = or_(S.c.n > several.c.first, several.c.least != several.c.most)
    why = case(
        (S.c.why != "", S.c.why),
        (order.is_(None), "unknown_ref"),
        (repeated, "repeated"),
        *_wrong(),
        (and_(~known, S.c.arrived_on < days.first), "early"),
        (and_(~known, S.c.arrived_on > days.last), "late"),
        (and_(~known, S.c.outcome == "returned", T.c.state == "paid", _recovered()), "recovered"),
        (and_(~known, ~movable, ~_recognised(taken)), "conflict"),
        else_="",
    )
    told = [S.c[name] for name in ("n", *TOLD)]
    return (
        select(*told, order.label("attempt_id"), why.label("why"),
               or_(known, ~movable).label("settled"))
        .join_from(S, T, own, isouter=True)
        .join(several, several.c.ours == S.c.ours, isouter=True)
    )  # fmt: skip


def _several(*, distinct: bool) -> Any:
    """Orders that several rows answer. The first row stands, unless they contradict each other:
    then none does, for nobody can tell which is true."""
    return (
        select(S.c.ours, func.min(S.c.n).label("first"), func.min(S.c.outcome).label("least"),
               func.max(S.c.outcome).label("most"))
        .where(false() if distinct else S.c.ours != "")
        .group_by(S.c.ours).having(func.count() > 1).subquery("several")
    )  # fmt: skip


class Wrong(NamedTuple):
    """What is wrong with a row, and its name."""

    holds: ColumnElement[bool]
    why: str


def _wrong() -> tuple[Wrong, ...]:
    """What makes a row differ from its order, the first thing wrong first."""
    return (
        Wrong(T.c.id.is_(None), "foreign_run"),
        Wrong(or_(T.c.state == "waiting", T.c.reason == NOT_CARRIED), "not_sent"),
        Wrong(S.c.fen.is_not(None) & (S.c.fen != T.c.fen), "amount"),
        Wrong(and_(S.c.card_tail != "", tail(T.c.card_mask) != S.c.card_tail), "card"),
    )


def _movable() -> ColumnElement[bool]:
    """The order may still become what the row says."""
    return or_(T.c.state.in_(OPEN), and_(T.c.state == "paid", S.c.outcome == "returned"),
               _tells_more())  # fmt: skip


def _recovered() -> ColumnElement[bool]:
    """Somebody is taking back, or has, what the bank now says came back by itself."""
    r = Recovery.__table__
    return exists().where(r.c.payment_id == T.c.payment_id, r.c.state != "void")


def _as_it_stands() -> ColumnElement[bool]:
    """The row says what its order says already."""
    day = case((T.c.state == "returned", T.c.returned_on), else_=T.c.arrived_on)
    return and_(T.c.state == S.c.outcome, T.c.bank_ref == S.c.bank_ref,
                day.is_not_distinct_from(S.c.arrived_on))  # fmt: skip


def _tells_more() -> ColumnElement[bool]:
    """A payment known by the bank's silence only, now with its number and day."""
    return and_(T.c.state == "paid", S.c.outcome == "paid", T.c.bank_ref == "",
                T.c.arrived_on.is_(None))  # fmt: skip


def _recognised(taken: ResultFile) -> ColumnElement[bool]:
    """A row that was posted once, word for word, is no contradiction when it comes again, even
    though its order has moved on since: a success that was sent back, a doubt that was cleared."""
    old = R.alias("old")
    return exists().where(
        old.c.attempt_id == T.c.id, old.c.fate == "posted", old.c.file_id < taken.id,
        old.c.outcome == S.c.outcome, old.c.bank_ref == S.c.bank_ref,
        old.c.arrived_on.is_not_distinct_from(S.c.arrived_on),
    )  # fmt: skip


def tail(mask: ColumnElement[str]) -> ColumnElement[str]:
    """The last four characters; PostgreSQL's substr does not count from the end."""
    return func.substr(mask, func.length(mask) - 3)
