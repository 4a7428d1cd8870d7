"""Rows that bear no number of ours: next month's run has the same students, cards and amounts.

The answer to one run, brought in for another, would fail orders that the bank pays, and they would
be paid again. So such rows are believed only where the file cannot be another run's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, func, select, update

from app.kernel.db import db
from app.payments.judging import OPEN, S
from app.payments.models import Attempt, PayRun, ResultFile
from app.payments.parts import names, names_another, sent_of_late

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.payments.judging import Days

T, R, F = Attempt.__table__, PayRun.__table__, ResultFile.__table__
UNNUMBERED = and_(S.c.ref == "", S.c.ours != "")

BARE_SUCCESS = and_(S.c.outcome == "paid", S.c.bank_ref == "", S.c.arrived_on.is_(None))


def doubt_unnumbered(run: PayRun, taken: ResultFile, days: Days) -> None:
    """The file's rows without our number are set aside where it may be another run's: its name
    says so, it answered one before, or tells of money that arrived before this one was sent; or,
    while its name does not say which run it is about, another waits for the same or has been told
    the very same. A file that was believed of this run is believed again; and of one that answered
    another and bears this one's number what was paid: some banks tell neither day nor number, and
    answer two good months with the same bytes."""
    if not db.session.scalar(select(exists().where(UNNUMBERED, ~_believed(run, taken)))):
        return
    named, others = names(run, taken.file_name), names_another(run, taken.file_name)
    there = select(_used_elsewhere(run, taken), _too_early(days), _awaited_elsewhere(run),
                   _told_elsewhere(run))  # fmt: skip
    used, early, awaited, told = db.session.execute(there).one()
    why = "another" if used or early or others else "which"
    if used or early or others or ((awaited or told) and not named):
        doubted = and_(UNNUMBERED, ~BARE_SUCCESS) if named else UNNUMBERED
        db.session.execute(update(S).where(doubted).values(why=why, ours=""))


def _believed(run: PayRun, taken: ResultFile) -> ColumnElement[bool]:
    return exists().where(F.c.sha256 == taken.sha256, F.c.run_id == run.id, F.c.posted > 0)


def _used_elsewhere(run: PayRun, taken: ResultFile) -> ColumnElement[bool]:
    """Not by mistake: rows of it were believed there."""
    return exists().where(F.c.sha256 == taken.sha256, F.c.run_id != run.id,
                          F.c.posted + F.c.same > 0)  # fmt: skip


def _too_early(days: Days) -> ColumnElement[bool]:
    return exists().where(UNNUMBERED, S.c.arrived_on < days.first)


def _awaited_elsewhere(run: PayRun) -> ColumnElement[bool]:
    """Another run of the bureau waits for the answer to an order on the same card and sum."""
    own, other = T.alias("own"), T.alias("other")
    alike = and_(other.c.card_id == own.c.card_id, other.c.fen == own.c.fen)
    return exists().where(
        R.c.bureau_id == run.bureau_id, R.c.id != run.id, R.c.state.in_(("exported", "checked")),
        other.c.run_id == R.c.id, other.c.state.in_(OPEN), alike,
        own.c.run_id == run.id, own.c.ref == S.c.ours, UNNUMBERED,
    )  # fmt: skip


def _told_elsewhere(run: PayRun) -> ColumnElement[bool]:
    """Every row says of the same card and sum what stands at the order of another run: its answer,
    saved once more under another name."""
    own, other = T.alias("own"), T.alias("other")
    alike = and_(other.c.card_id == own.c.card_id, other.c.fen == own.c.fen,
                 other.c.state == S.c.outcome, other.c.bank_ref == S.c.bank_ref,
                 other.c.arrived_on.is_not_distinct_from(S.c.arrived_on))  # fmt: skip
    rows = select(func.count()).select_from(S).where(UNNUMBERED).scalar_subquery()
    return exists(
        select(R.c.id)
        .where(R.c.bureau_id == run.bureau_id, R.c.id != run.id, sent_of_late(),
               other.c.run_id == R.c.id, alike, own.c.run_id == run.id, own.c.ref == S.c.ours,
               UNNUMBERED)
        .group_by(R.c.id).having(func.count(S.c.n.distinct()) == rows)
    )  # fmt: skip
