"""What posting a bank's answer would do: it is posted, looked at, and undone.

Nothing here judges: the figures are those of posting itself, in a savepoint that is rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import String, func, select, type_coerce

from app.kernel.db import db
from app.kernel.previewing import SHOWN
from app.kernel.scope import everyone
from app.kernel.types import Fen
from app.payments import posting, queries
from app.payments.models import ResultLine

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.payments.models import PayRun, ResultFile

R = ResultLine.__table__
AT_REST = type_coerce(R.c.reason_text, String).label("reason_text")
FIRST = 200
"""So many rows set aside are named; all of them are counted."""


class Foretold(NamedTuple):
    """`file`: the figures of its rows. `told`: what the page shows, as plain JSON values."""

    form: str
    row_count: int
    posted: int
    same: int
    aside: int
    told: dict[str, Any]


def foretell(run: PayRun, path: Path, file_name: str, actor: Actor, form: str) -> Foretold:
    """What would come of the file now. Refused as posting it would be refused."""
    before = _figures(run)
    point = db.session.begin_nested()
    try:
        taken = posting.take_results(run, path, file_name, actor, form)
        with everyone("回盘按本批次流水号对账"):
            told = _told(taken) | {"before": before, "after": _figures(run)}
        return Foretold(taken.form, taken.row_count, taken.posted, taken.same, taken.aside, told)
    finally:
        point.rollback()


def _told(taken: ResultFile) -> dict[str, Any]:
    """Posted rows by outcome, rows set aside by reason, and the first of each."""
    return {
        "unlisted": taken.unlisted,
        "paid_on": str(taken.paid_on or ""),
        "posted": _tally(taken, R.c.outcome, R.c.fate == "posted"),
        "why": _tally(taken, R.c.why, R.c.fate == "aside"),
        "aside": rows_of(taken, R.c.fate == "aside", FIRST),
        "unpaid": rows_of(taken, (R.c.fate == "posted") & (R.c.outcome != "paid"), SHOWN),
        "paid": rows_of(taken, (R.c.fate == "posted") & (R.c.outcome == "paid"), SHOWN),
    }


def _figures(run: PayRun) -> dict[str, list[int]]:
    return {state: list(figures) for state, figures in queries.run_figures(run.id).items()}


def _tally(taken: ResultFile, by: Any, where: ColumnElement[bool]) -> dict[str, list[int]]:
    """-> [how many rows, what sum in fen they name]."""
    found = select(by, func.count(), func.sum(R.c.fen)).where(R.c.file_id == taken.id, where)
    return {key: [int(n), int(fen or 0)]
            for key, n, fen in db.session.execute(found.group_by(by).order_by(by))}  # fmt: skip


def rows_of(taken: ResultFile, where: ColumnElement[bool], most: int) -> list[dict[str, Any]]:
    """The first rows of the file of which this is true, as the page lists them."""
    columns = (R.c.row, R.c.ref, R.c.name, R.c.fen, R.c.outcome, R.c.why, AT_REST,
               R.c.arrived_on)  # fmt: skip
    found = select(*columns).where(R.c.file_id == taken.id, where).order_by(R.c.row, R.c.id)
    return [_plain(row) for row in db.session.execute(found.limit(most))]


def _plain(row: Any) -> dict[str, Any]:
    """The row in JSON's own values."""
    yuan = "" if row.fen is None else Fen.show(row.fen)
    return {**row._asdict(), "yuan": yuan, "arrived_on": str(row.arrived_on or "")}
