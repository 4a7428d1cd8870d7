"""What a run that is being opened is to pay: worked out once, and written from there.

The lines are found before anything is written, and everything else is made of this table: what was
just written is never looked for among all that was ever paid, where the planner of a database that
does not know of it yet would read the whole of it, or one of them after the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.kernel.bulk import add_missing, next_keys, temporary
from app.kernel.db import changed, db
from app.payments.models import Attempt, Payment, PayRun
from app.publicity.models import AidLine, AidList
from app.registry.models import CalendarMonth, Card, CoveredMonth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, FromClause, Select

L, A, P, T, M, C, N = (
    m.__table__ for m in (AidLine, AidList, Payment, Attempt, CoveredMonth, Card, CalendarMonth)
)
OF_LINE = {
    "line_id": L.c.id, "org_path": L.c.org_path, "person_id": L.c.person_id,
    "first_month": L.c.first_month, "last_month": L.c.last_month, "name": L.c.name,
    "stated_id": L.c.card_id, "card_mask": L.c.card_mask,
}  # fmt: skip
ORDER = (L.c.org_path, L.c.seq, L.c.id)
"""By school, as the rows stand on its list."""
D = Table(
    "due_line", MetaData(),
    *(Column(name, BigInteger) for name in ("payment_id", "fen", "card_id")),
    *(Column(name, Integer) for name in ("no", "place")),
    *(Column(name, column.type) for name, column in OF_LINE.items()),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""A payment, its line with the card that is stated on it, and the order that is to be made of it:
its `no` (the first, the second, …; 0: none after all), its `place` among the others, and the card
it goes to: the one in use today, else the stated one."""
SPAN = type_coerce(D.c.last_month - D.c.first_month + 1, Integer)


@contextmanager
def table_of_due() -> Iterator[None]:
    """The table is there and empty while the block runs."""
    with temporary(D):
        yield


def gather(lists: list[int], *which: ColumnElement[bool]) -> int:
    """A new payment is due for each line of the lists of which all this is true; how many."""
    cells = {"payment_id": next_keys(P, *ORDER), "fen": L.c.amount_fen, "no": literal(1)}
    return _take(cells, L.join(A, A.c.id == L.c.list_id), L.c.list_id.in_(lists), *which)


def gather_again(payments: Select[Any]) -> int:
    """Another order is due for each of these payments; how many."""
    cells = {"payment_id": P.c.id, "fen": P.c.fen, "no": P.c.attempt_no + 1}
    return _take(cells, P.join(L, L.c.id == P.c.line_id), P.c.id.in_(payments))


def _take(cells: dict[str, Any], source: FromClause, *which: ColumnElement[bool]) -> int:
    today = select(C.c.id).where(C.c.person_id == L.c.person_id, C.c.state == "active")
    card = func.coalesce(today.correlate(L).scalar_subquery(), L.c.card_id)
    cells = cells | OF_LINE | {"card_id": card, "place": func.row_number().over(order_by=ORDER)}
    found = select(*cells.values()).select_from(source).where(*which).order_by(*ORDER)
    return changed(insert(D).from_select(list(cells), found))


def write_payments(run: PayRun) -> None:
    """A payment stands for each line that is due."""
    cells = {"id": D.c.payment_id, "line_id": D.c.line_id, "first_run_id": literal(run.id),
             "org_path": D.c.org_path, "person_id": D.c.person_id,
             "programme_id": literal(run.programme_id), "fen": D.c.fen,
             "attempt_no": D.c.no}  # fmt: skip
    db.session.execute(insert(P).from_select(list(cells), select(*cells.values())))


def lock_months(run: PayRun) -> int:
    """Every month of every payment is claimed; where somebody else holds it, nothing happens.
    How many were. In one order for all runs, so that none waits for another in a circle.

    That somebody else holds one was asked before, and hardly happens: to look again at every
    month before it is written costs a third more."""
    more = and_(N.c.month > D.c.first_month, N.c.month <= D.c.last_month)
    months = union_all(
        select(D.c.person_id, D.c.first_month.label("month"), D.c.payment_id),
        select(D.c.person_id, N.c.month, D.c.payment_id)
        .join_from(D, N, more).where(D.c.last_month > D.c.first_month),
    ).subquery("months")  # fmt: skip
    m = months.c
    source = select(m.person_id, literal(run.programme_id), m.month, m.payment_id)
    names = ("person_id", "programme_id", "month", "payment_id")
    claimed = source.order_by(m.person_id, m.month, m.payment_id)
    try:
        with db.session.begin_nested():
            return changed(insert(M).from_select(list(names), claimed))
    except IntegrityError:
        return add_missing(M, names, claimed)


def compared(lists: list[int]) -> tuple[int, int, int]:
    """How many lines of the lists are to be paid as they stand now, how many of these are due, and
    how many months all that is due comes to. Asked after the keys made us wait for whoever had a
    line in hand, so that what he did to it is seen."""
    months = select(func.coalesce(func.sum(SPAN), 0)).scalar_subquery()
    found = (
        select(func.count(), func.count(D.c.line_id), months)
        .join_from(L, D, D.c.line_id == L.c.id, isouter=True)
        .where(L.c.list_id.in_(lists), L.c.state == "normal")
    )
    normal, kept, spans = db.session.execute(found).one()
    return int(normal), int(kept), int(spans)


def drop_unlocked() -> None:
    """Payments that did not get all their months are gone, with the months they did get, and so
    are those whose line was frozen or removed in the meantime. No order is due for them, and the
    others stand closer together."""
    got = select(func.count()).where(M.c.payment_id == D.c.payment_id).scalar_subquery()
    sure = exists().where(L.c.id == D.c.line_id, L.c.state == "normal")
    db.session.execute(update(D).where(or_(got < SPAN, ~sure)).values(no=0))
    gone = select(D.c.payment_id).where(D.c.no == 0)
    db.session.execute(delete(M).where(M.c.payment_id.in_(gone)))
    db.session.execute(delete(P).where(P.c.id.in_(gone)))
    db.session.execute(delete(D).where(D.c.no == 0))
    place = func.row_number().over(order_by=D.c.place)
    now = select(D.c.payment_id, place.label("place")).subquery("now")
    closer = update(D).where(D.c.payment_id == now.c.payment_id).values(place=now.c.place)
    db.session.execute(closer)


def write_attempts(run: PayRun) -> None:
    """One order for each that is due; of the card on the line the mask is known already."""
    other = select(C.c.card_mask).where(C.c.id == D.c.card_id).scalar_subquery()
    cells = {
        "payment_id": D.c.payment_id, "run_id": literal(run.id), "org_path": D.c.org_path,
        "no": D.c.no, "seq": D.c.place,
        "ref": literal(f"R{run.id}-").concat(D.c.payment_id).concat("-").concat(D.c.no),
        "card_id": D.c.card_id, "name": D.c.name, "fen": D.c.fen, "state": literal("waiting"),
        "card_mask": case((D.c.card_id == D.c.stated_id, D.c.card_mask), else_=other),
    }  # fmt: skip
    db.session.execute(insert(T).from_select(list(cells), select(*cells.values())))


def count_orders() -> None:
    """Each payment names its latest order."""
    latest = update(P).where(P.c.id == D.c.payment_id).values(attempt_no=D.c.no)
    db.session.execute(latest)
