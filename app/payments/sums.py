"""The figures of the books: how many and how much, counted from the rows in one statement.

One statement is one moment: figures counted one after the other while somebody posts a bank's
answer would contradict each other although nothing is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    and_,
    case,
    exists,
    func,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from app.kernel.audit import OK, Event
from app.kernel.db import db
from app.kernel.scope import placed, within
from app.payments.leaving import has_left
from app.payments.models import NOT_CARRIED, Attempt, PayFile, Payment, PayRun, Recovery
from app.payments.opening import on_hold
from app.publicity.models import AidLine, AidList
from app.registry.models import CoveredMonth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import ColumnElement, FromClause, Select

    from app.kernel.types import YearMonth

A, L, P, T, M, R, F, B, E = (
    m.__table__
    for m in (AidList, AidLine, Payment, Attempt, CoveredMonth, PayRun, PayFile, Recovery, Event)
)
IN_THE_BOOKS = ("published", "confirmed")
"""The states of a list from which its lines count."""
LINES: FromClause = L.join(A, A.c.id == L.c.list_id)
_live = T.alias("still_live")
GIVEN_UP = and_(
    L.c.state == "removed", ~exists().where(_live.c.live == P.c.id).correlate(P)
)  # fmt: skip
"""The line was removed after every order for it had come to nothing: it is not due any more."""
TRIED_LINES: FromClause = P.join(LINES, L.c.id == P.c.line_id)
PAID_LINES: FromClause = P.join(LINES, and_(L.c.id == P.c.line_id, ~GIVEN_UP))
ATTEMPTS: FromClause = T.join(PAID_LINES, P.c.id == T.c.payment_id)
TAKEN_BACK: FromClause = B.join(PAID_LINES, P.c.id == B.c.payment_id)
REPAID = B.c.state == "repaid"
TOLD = and_(E.c.subject == B.name, E.c.subject_id == B.c.id, E.c.verb == "repay",
            E.c.outcome == OK)  # fmt: skip
"""The trail says that the recovery is back, and how much it was then."""
STANDING = T.c.no == P.c.attempt_no
"""The attempt that says how the payment stands now."""
CARRIED = and_(T.c.state != "waiting", T.c.reason != NOT_CARRIED)
"""The order stands in one of the files for the bank."""
LIVE = case((R.c.state != "void", 1), else_=0)
SPAN = type_coerce(L.c.last_month, Integer) - type_coerce(L.c.first_month, Integer) + 1
LOCKED = and_(
    M.c.payment_id == P.c.id, M.c.person_id == P.c.person_id,
    M.c.programme_id == P.c.programme_id, M.c.month.between(L.c.first_month, L.c.last_month),
    ~GIVEN_UP,
)  # fmt: skip
"""The month is locked by the payment that is to pay it."""
PAYABLE = and_(A.c.state == "confirmed", L.c.state == "normal")
UNPAID = and_(PAYABLE, ~exists().where(P.c.line_id == L.c.id))
ELSEWHERE = exists().where(
    M.c.person_id == L.c.person_id, M.c.programme_id == A.c.programme_id,
    M.c.month.between(L.c.first_month, L.c.last_month),
)  # fmt: skip
"""A month of the line is locked already, by whatever payment."""
LOOSE = ~exists().where(P.c.id == M.c.payment_id)
LEFT_OUT = ("held", "elsewhere", "gone", "unpaid")
"""Why a payable line is in no payment; the last only because nobody has opened a run."""
PARTS = ("removed", "objected", "noticed", "payable", *LEFT_OUT)
"""What the books can take a line for; those left out are parts of what is payable."""
ONE: ColumnElement[int] = literal_column("1")
NO_MONEY: ColumnElement[int] = literal_column("0")


def part_of_line() -> ColumnElement[str]:
    """What the books take a line of a shown list for."""
    return case(
        (L.c.state == "removed", "removed"), (L.c.state == "objected", "objected"),
        (A.c.state == "published", "noticed"), else_="payable",
    )  # fmt: skip


def part_of_unpaid() -> ColumnElement[str]:
    """Why a payable line is in no payment."""
    return case((on_hold(), "held"), (ELSEWHERE, "elsewhere"), (has_left(), "gone"),
                else_="unpaid")  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """Which part of the books: a month, a bureau's own schools, one school, one programme; always
    narrowed to the scope in force."""

    month: YearMonth | None = None
    bureau_id: int | None = None
    school_id: int | None = None
    programme_id: int | None = None

    def lists(self) -> ColumnElement[bool]:
        here = [within(AidList), *self._among(A)]
        return and_(*here, A.c.school_id == self.school_id) if self.school_id else and_(*here)

    def runs(self) -> ColumnElement[bool]:
        return and_(within(PayRun), *self._among(R))

    def _among(self, table: Any) -> Iterator[ColumnElement[bool]]:
        if self.month is not None:
            yield table.c.month == self.month
        if self.bureau_id:
            yield table.c.bureau_id == self.bureau_id
        if self.programme_id:
            yield table.c.programme_id == self.programme_id


KEYS: dict[str, Callable[[Any], Any]] = {
    "month": lambda table: type_coerce(table.c.month, Integer),
    "bureau": lambda table: table.c.bureau_id,
    "school": lambda _table: A.c.school_id,
    "programme": lambda table: table.c.programme_id,
}
Sums = dict[str, tuple[int, int]]
"""Figure -> (how many, fen)."""


def counted(chosen: Chosen, by: str, runs: bool, more: Iterable[Select[Any]] = ()
            ) -> dict[int, Sums]:  # fmt: skip
    """The figures for each month, bureau, school or programme of the part; one statement.

    `runs`: those of whole runs too, which belong to no school. `more`: further `rows_of`.
    """
    key = KEYS[by]
    rows = [*_of_lists(chosen, key(A)), *_of_months(chosen, key(A)), *more]
    if runs:
        rows += _of_runs(chosen, key(R))
    every = union_all(*map(_summed, rows))
    found: dict[int, Sums] = {}
    for figure, at, n, fen in db.session.execute(every, execution_options=placed()):
        found.setdefault(at, {})[figure] = (int(n or 0), int(fen or 0))
    return found


def rows_of(figure: Any, key: Any, n: Any, fen: Any, source: FromClause, *where: Any
            ) -> Select[Any]:  # fmt: skip
    """Rows of (figure, key, n, fen) still to be added up."""
    name = literal_column(f"'{figure}'", String) if isinstance(figure, str) else figure
    cells = (type_coerce(name, String).label("figure"), key.label("key"), n.label("n"),
             type_coerce(fen, BigInteger).label("fen"))  # fmt: skip
    return select(*cells).select_from(source).where(*where)


def _summed(rows: Select[Any]) -> Select[Any]:
    r = rows.subquery()
    n, fen = (type_coerce(func.sum(c), BigInteger) for c in (r.c.n, r.c.fen))
    return select(r.c.figure, r.c.key, n, fen).group_by(r.c.figure, r.c.key)


def _of_lists(chosen: Chosen, key: Any) -> Iterator[Select[Any]]:
    """From the lists to the orders that stand now."""
    here, fen = chosen.lists(), L.c.amount_fen
    shown = A.c.state.in_(IN_THE_BOOKS)
    yield rows_of("lists", key, A.c.line_count, A.c.total_fen, A, here, shown)
    yield rows_of("set_apart", key, A.c.removed_count, NO_MONEY, A, here, shown)
    yield rows_of(part_of_line(), key, ONE, fen, LINES, here, shown)
    yield rows_of(part_of_unpaid(), key, ONE, fen, LINES, here, UNPAID)
    yield rows_of("payments", key, ONE, P.c.fen, PAID_LINES, here)
    yield rows_of(T.c.state, key, ONE, T.c.fen, ATTEMPTS, here, STANDING)
    yield rows_of("paid_orders", key, ONE, T.c.fen, ATTEMPTS, here, T.c.state == "paid")
    arrived = exists().where(T.c.payment_id == P.c.id, T.c.state == "paid")
    yield rows_of("paid_once", key, ONE, P.c.fen, PAID_LINES, here, arrived)
    yield rows_of("repaid", key, ONE, B.c.fen, TAKEN_BACK, here, REPAID)
    yield rows_of("repaid_told", key, ONE, E.c.fen, TAKEN_BACK.join(E, TOLD), here)


def _of_months(chosen: Chosen, key: Any) -> Iterator[Select[Any]]:
    """The months that payments are for, and the locks on them."""
    here = chosen.lists()
    yield rows_of("months_due", key, SPAN, NO_MONEY, PAID_LINES, here)
    locks = M.join(TRIED_LINES, P.c.id == M.c.payment_id)
    yield rows_of("months_locked", key, ONE, NO_MONEY, locks, here, LOCKED)
    yield rows_of("months_stray", key, ONE, NO_MONEY, locks, here, ~LOCKED)
    yield rows_of("months_stray", key, ONE, NO_MONEY, *loose_locks(here))


def loose_locks(here: ColumnElement[bool]) -> tuple[FromClause, ColumnElement[bool]]:
    """Locks without any payment. A lock has no place of its own: it is told to those who see a
    line of that person for that month."""
    mine = and_(L.c.person_id == M.c.person_id, M.c.month.between(L.c.first_month, L.c.last_month))
    source = M.join(LINES, mine)
    return source, and_(here, A.c.programme_id == M.c.programme_id, LOOSE)


def _of_runs(chosen: Chosen, key: Any) -> Iterator[Select[Any]]:
    """Runs beside their orders, files beside the orders in them."""
    here = chosen.runs()
    yield rows_of("runs", key, LIVE * R.c.line_count, LIVE * R.c.total_fen, R, here)
    orders = T.join(R, R.c.id == T.c.run_id)
    yield rows_of("orders", key, ONE, T.c.fen, orders, here)
    files = F.join(R, R.c.id == F.c.run_id)
    yield rows_of("files", key, F.c.row_count, F.c.fen, files, here)
    yield rows_of("carried", key, ONE, T.c.fen, orders, here, CARRIED)
