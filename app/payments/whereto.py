"""去向: what has become of the money of each line: how its order stands and in which run, or why
there is none."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from flask import has_request_context, url_for
from markupsafe import Markup
from sqlalchemy import String, and_, case, cast, select

from app.kernel.db import db
from app.kernel.interface import Interface
from app.kernel.scope import placed
from app.kernel.widgets import badge, links
from app.payments.behind import PARTS
from app.payments.sums import (
    GIVEN_UP,
    IN_THE_BOOKS,
    LINES,
    PAYABLE,
    STANDING,
    L,
    P,
    R,
    T,
    part_of_line,
    part_of_unpaid,
)
from app.payments.workflow import RUNS
from app.publicity.models import AidLine, AidList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

LOT = 1_000
TONES = {
    "waiting": "mute", "sent": "info", "paid": "good", "failed": "bad", "unknown": "warn",
    "returned": "bad", "unpaid": "wait", "held": "bad", "elsewhere": "mute", "gone": "mute",
    "noticed": "info", "objected": "warn", "removed": "mute",
}  # fmt: skip
SHOWN = AidLine.list_id.in_(select(AidList.id).where(AidList.state.in_(IN_THE_BOOKS)))
"""The list of the line is or was on notice: a draft owes nobody anything."""
ENDED = case(
    (and_(P.c.id.is_not(None), ~GIVEN_UP), T.c.state),
    (PAYABLE, part_of_unpaid()), else_=part_of_line(),
)  # fmt: skip
RUN = case((P.c.id.is_not(None), cast(R.c.id, String) + " " + R.c.state), else_="")


def tell(lines: Sequence[AidLine]) -> None:
    """Each of these lines, found in the scope, says `whereto` its money went and in which `run`."""
    source = LINES.outerjoin(P, P.c.line_id == L.c.id)
    source = source.outerjoin(T, and_(T.c.payment_id == P.c.id, STANDING))
    source = source.outerjoin(R, R.c.id == T.c.run_id)
    found = select(L.c.id, ENDED, RUN).select_from(source).where(L.c.id.in_([n.id for n in lines]))
    told = {pk: said for pk, *said in db.session.execute(found, execution_options=placed())}
    for line in lines:
        line.whereto, line.run = told[line.id]  # type: ignore[attr-defined]


class Books(Interface):
    """The lines of the books, each with what has become of its money: one statement more for a
    page, and for every thousand rows of a file."""

    def page(self, where: ColumnElement[bool], order: Sequence[Any], size: int, offset: int,
             extra: Sequence[Any] = ()) -> list[Any]:  # fmt: skip
        rows = super().page(and_(where, SHOWN), order, size, offset, extra)
        tell([row for row, *_more in rows])
        return rows

    def counted(self, where: ColumnElement[bool], most: int | None = None) -> tuple[int, bool]:
        return super().counted(and_(where, SHOWN), most)

    def exactly(self, where: ColumnElement[bool]) -> int:
        return super().exactly(and_(where, SHOWN))

    def stream(self, where: ColumnElement[bool], order: Sequence[Any]) -> Iterator[Any]:
        rows = super().stream(and_(where, SHOWN), order)
        while lot := list(islice(rows, LOT)):
            tell(lot)
            yield from lot


def ended(code: str) -> Markup:
    """How it stands, as a mark."""
    return badge(PARTS.labels[code], TONES[code])


def run_named(code: str) -> Any:
    """The run and its state; a link for those who may open it."""
    number, _space, state = code.partition(" ")
    if not number:
        return ""
    words = f"#{number} · {RUNS.states[state]}"
    if not has_request_context() or not links.may("can_show", "RunGrid"):
        return words
    return Markup('<a href="{}">{}</a>').format(url_for("RunGrid.show", pk=number), words)
