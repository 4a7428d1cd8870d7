"""What of the confirmed lists waits for a run, and what waits for somebody to put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from app.kernel.db import db
from app.kernel.scope import placed, within
from app.payments.leaving import lines_of_leavers
from app.payments.models import CAME_TO_NOTHING, Attempt, Payment, PayRun
from app.payments.sums import IN_THE_BOOKS, PAYABLE, UNPAID, part_of_line, part_of_unpaid
from app.publicity.models import AidLine, AidList

if TYPE_CHECKING:
    from sqlalchemy import Select

    from app.kernel.types import YearMonth

A, L = AidList.__table__, AidLine.__table__
EACH = aliased(AidList, name="each")
LATEST_RUNS, FEW = 12, 5
"""Failures are looked for in so many runs, the latest, and so many runs are told: what is older
stands in the books, and to look through ten years of orders costs every start page a second."""


def unpaid_months(bureau_id: int) -> list[tuple[YearMonth, int]]:
    """(month, lists) of this bureau's confirmed lists with lines that a run would pay; oldest
    first."""
    # The list is named twice, so that of each one line that can be paid is looked for, not all.
    payable = (
        select(L.c.id).join_from(L, A, A.c.id == L.c.list_id)
        .where(L.c.list_id == EACH.id, UNPAID, part_of_unpaid() == "unpaid")
        .correlate(EACH).exists()
    )  # fmt: skip
    mine = (EACH.bureau_id == bureau_id, EACH.state == "confirmed")
    found = select(EACH.month, func.count()).where(*mine, payable).group_by(EACH.month)
    rows = db.session.execute(found.order_by(EACH.month))
    return [(month, int(n)) for month, n in rows]


def why_unpaid(line_id: int) -> str:
    """The part of the books in which a line without a payment stands; "" while its list is in
    none, being a draft still or waiting to be shown."""
    part = case(
        (PAYABLE, part_of_unpaid()), (A.c.state.not_in(IN_THE_BOOKS), ""), else_=part_of_line()
    )
    found = select(part).join_from(L, A, A.c.id == L.c.list_id)
    mine = found.where(L.c.id == line_id, within(AidLine))
    return db.session.scalar(mine, execution_options=placed()) or ""


def unpaid_leavers(bureau_id: int) -> int:
    """How many confirmed lines of this bureau wait only because their students have left since."""
    gone = (within(AidList), A.c.bureau_id == bureau_id, UNPAID, part_of_unpaid() == "gone")
    found = select(func.count()).select_from(lines_of_leavers(*gone).distinct().subquery())
    return db.session.scalar(found, execution_options=placed()) or 0


def runs_to_repeat(bureau_id: int) -> list[tuple[int, YearMonth, int]]:
    """(run, month, payments that came to nothing) of this bureau's runs, the latest first."""
    answered = PayRun.state.in_(("checked", "settled"))
    latest = select(PayRun.id).where(PayRun.bureau_id == bureau_id, answered)
    latest = latest.order_by(PayRun.id.desc()).limit(LATEST_RUNS)
    found = (
        select(PayRun.id, PayRun.month, func.count())
        .join(Attempt, Attempt.run_id == PayRun.id).join(Payment, _STANDING)
        .join(AidLine, AidLine.id == Payment.line_id)
        .where(PayRun.id.in_(latest.scalar_subquery()), CAME_TO_NOTHING,
               AidLine.state == "normal")
        .group_by(PayRun.id, PayRun.month).order_by(PayRun.id.desc()).limit(FEW)
    )  # fmt: skip
    return [(run, month, int(n)) for run, month, n in db.session.execute(found)]


def came_to_nothing() -> Select[Any]:
    """How many payments in the scope stand as failed or returned."""
    found = select(func.count()).select_from(Attempt).join(Payment, _STANDING)
    found = found.join(AidLine, AidLine.id == Payment.line_id)
    return found.where(CAME_TO_NOTHING, AidLine.state == "normal")


_STANDING = and_(Payment.id == Attempt.payment_id, Payment.attempt_no == Attempt.no)
