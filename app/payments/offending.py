"""Which rows contradict an equation of the books, one by one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.kernel.db import db
from app.kernel.scope import placed
from app.payments.sums import (
    ATTEMPTS,
    CARRIED,
    IN_THE_BOOKS,
    LINES,
    LIVE,
    LOCKED,
    PAID_LINES,
    PAYABLE,
    REPAID,
    SPAN,
    STANDING,
    TAKEN_BACK,
    TOLD,
    TRIED_LINES,
    A,
    B,
    E,
    F,
    L,
    M,
    P,
    R,
    T,
    loose_locks,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement, FromClause, Select

    from app.payments.sums import Chosen

FIRST = 20
"""So many offenders of an equation are named."""
OF_RUNS = ("runs", "files")
"""Equations of whole runs, which belong to a bureau and to no school."""


class Wrong(NamedTuple):
    """Rows that contradict: where to find them, whose month they have, how they are named."""

    source: FromClause
    where: ColumnElement[bool]
    table: Any
    named: dict[str, Any]


@dataclass(frozen=True)
class Offender:
    """One row that contradicts, by the keys of what it stands on."""

    list_id: int | None = None
    line_id: int | None = None
    payment_id: int | None = None
    run_id: int | None = None

    def keys(self) -> dict[str, int]:
        return {name: key for name, key in asdict(self).items() if key is not None}


NAMES = tuple(f.name for f in fields(Offender))


LISTED = {"list_id": A.c.id}
PAID = {"list_id": A.c.id, "line_id": L.c.id, "payment_id": P.c.id}
IN_RUN = {"run_id": R.c.id}
OTHER, ANY = T.alias("other"), B.alias("any_of_it")


def wrong(chosen: Chosen, runs: bool) -> Iterator[tuple[str, Wrong]]:
    """(equation, the rows that contradict it); whole runs only when asked for."""
    here = chosen.lists()
    yield "payable", _lists(here)
    yield "due", Wrong(PAID_LINES, and_(here, _unlike_its_line()), A, PAID)
    yield "standing", _without_one_result(here)
    yield "months", Wrong(PAID_LINES, and_(here, P.c.id.in_(_short_of_months(here))), A, PAID)
    locks = M.join(TRIED_LINES, P.c.id == M.c.payment_id)
    yield "stray", Wrong(locks, and_(here, ~LOCKED), A, PAID)
    source, loose = loose_locks(here)
    named = {"list_id": A.c.id, "line_id": L.c.id, "payment_id": M.c.payment_id}
    yield "stray", Wrong(source, loose, A, named)
    yield "once", Wrong(ATTEMPTS, and_(here, _paid_beside_another()), A, PAID)
    yield "recovered", Wrong(TAKEN_BACK, and_(here, _taken_back_wrongly()), A, PAID)
    if runs:
        yield "runs", _runs(chosen.runs())
        yield "files", _files(chosen.runs())


def first(chosen: Chosen, equations: Collection[str], runs: bool) -> dict[str, list[Offender]]:
    """Equation -> the first of the rows that contradict it; one statement for all of them."""
    rows = [_named(name, found) for name, found in wrong(chosen, runs) if name in equations]
    told: dict[str, list[Offender]] = {}
    if rows:
        every = db.session.execute(union_all(*rows), execution_options=placed())
        for name, *keys in every:
            told.setdefault(name, []).append(Offender(*keys))
    return {name: offenders[:FIRST] for name, offenders in told.items()}


def _named(equation: str, found: Wrong) -> Select[Any]:
    """The keys of its first rows; what a row does not stand on is NULL."""
    keys = [cast(found.named.get(name, null()), BigInteger).label(name) for name in NAMES]
    rows = select(literal(equation).label("equation"), *keys).select_from(found.source)
    chosen = [found.named[name] for name in NAMES if name in found.named]
    some = rows.where(found.where).distinct().order_by(*chosen).limit(FIRST).subquery()
    return select(*some.c)


def _lists(here: ColumnElement[bool]) -> Wrong:
    """Lists whose own figures are not those of their lines."""
    kept = L.c.state != "removed"
    shown = and_(here, A.c.state.in_(IN_THE_BOOKS))
    found = (
        select(L.c.list_id, func.sum(case((kept, 1), else_=0)).label("n"),
               func.sum(case((kept, L.c.amount_fen), else_=0)).label("fen"),
               func.sum(case((kept, 0), else_=1)).label("removed"))
        .select_from(LINES).where(shown).group_by(L.c.list_id).subquery("own_lines")
    )  # fmt: skip
    differ = or_(A.c.line_count != func.coalesce(found.c.n, 0),
                 A.c.total_fen != func.coalesce(found.c.fen, 0),
                 A.c.removed_count != func.coalesce(found.c.removed, 0))  # fmt: skip
    source = A.outerjoin(found, found.c.list_id == A.c.id)
    return Wrong(source, and_(shown, differ), A, LISTED)


def _unlike_its_line() -> ColumnElement[bool]:
    """The payment is for a line that is not to be paid, or for another sum or person."""
    return or_(~PAYABLE, P.c.fen != L.c.amount_fen, P.c.person_id != L.c.person_id,
               P.c.programme_id != A.c.programme_id)  # fmt: skip


def _without_one_result(here: ColumnElement[bool]) -> Wrong:
    """Payments whose latest order is missing, is not the last one, or is for another sum."""
    source = PAID_LINES.outerjoin(T, and_(T.c.payment_id == P.c.id, STANDING))
    later = exists().where(OTHER.c.payment_id == P.c.id, OTHER.c.no > P.c.attempt_no)
    broken = or_(T.c.id.is_(None), T.c.fen != P.c.fen, later)
    return Wrong(source, and_(here, broken), A, PAID)


def _short_of_months(here: ColumnElement[bool]) -> Any:
    """Payments that have not locked each of their months."""
    locked = PAID_LINES.outerjoin(M, LOCKED)
    return (
        select(P.c.id).select_from(locked).where(here)
        .group_by(P.c.id, L.c.first_month, L.c.last_month).having(func.count(M.c.id) != SPAN)
    )  # fmt: skip


def _paid_beside_another() -> ColumnElement[bool]:
    """An order arrived although another one of the payment did, or is the latest."""
    twice = exists().where(
        OTHER.c.payment_id == T.c.payment_id, OTHER.c.id != T.c.id, OTHER.c.state == "paid"
    )
    return and_(T.c.state == "paid", or_(~STANDING, twice))


def _taken_back_wrongly() -> ColumnElement[bool]:
    """The trail does not know that it is back, or knows another sum; or more is taken back of the
    payment than arrived."""
    unlike = ~exists().where(TOLD, E.c.fen == B.c.fen)
    arrived = func.coalesce(func.sum(OTHER.c.fen), 0)
    taken = func.coalesce(func.sum(ANY.c.fen), 0)
    much = (
        select(taken).where(ANY.c.payment_id == B.c.payment_id, ANY.c.state != "void")
        .correlate(B).scalar_subquery()
    )  # fmt: skip
    all_of_it = (
        select(arrived).where(OTHER.c.payment_id == B.c.payment_id, OTHER.c.state == "paid")
        .correlate(B).scalar_subquery()
    )  # fmt: skip
    return or_(and_(REPAID, unlike), and_(B.c.state != "void", much > all_of_it))


def _runs(here: ColumnElement[bool]) -> Wrong:
    """Runs whose own figures are not those of their orders."""
    orders = _by_run(T, func.count(), func.sum(T.c.fen), here)
    differ = or_(LIVE * R.c.line_count != func.coalesce(orders.c.n, 0),
                 LIVE * R.c.total_fen != func.coalesce(orders.c.fen, 0))  # fmt: skip
    source = R.outerjoin(orders, orders.c.run_id == R.c.id)
    return Wrong(source, and_(here, differ), R, IN_RUN)


def _files(here: ColumnElement[bool]) -> Wrong:
    """Runs whose files do not hold just the orders that were carried."""
    orders = _by_run(T, func.count(), func.sum(T.c.fen), and_(here, CARRIED))
    files = _by_run(F, func.sum(F.c.row_count), func.sum(F.c.fen), here)
    differ = or_(*(func.coalesce(files.c[name], 0) != func.coalesce(orders.c[name], 0)
                   for name in ("n", "fen")))  # fmt: skip
    source = R.outerjoin(orders, orders.c.run_id == R.c.id)
    source = source.outerjoin(files, files.c.run_id == R.c.id)
    return Wrong(source, and_(here, differ), R, IN_RUN)


def _by_run(table: Any, n: Any, fen: Any, where: ColumnElement[bool]) -> Any:
    return (
        select(table.c.run_id, n.label("n"), fen.label("fen"))
        .select_from(table.join(R, R.c.id == table.c.run_id)).where(where)
        .group_by(table.c.run_id).subquery(f"of_{table.name}")
    )  # fmt: skip
