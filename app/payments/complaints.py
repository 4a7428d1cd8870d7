"""What was brought against a line and the aid of its student, and what came of it.

There is no book of complaints beside the lists: whatever somebody says against a student's aid, by
whatever road, is put down as an objection on a line (登记异议), during the notice or long after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, union

from app.kernel.audit import OK, Event
from app.kernel.db import db
from app.publicity.models import AidLine, AidList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement

    from app.kernel.types import YearMonth

MOST = 200
BROUGHT, ENDED = "object", ("dismiss", "remove")


@dataclass(frozen=True)
class Objection:
    """Somebody objected to a line; `end`: how it was decided, None while it is looked into.

    `line_id`, `month`: the other line of the same student that it is about, or None for this one.
    """

    brought: Event
    end: Event | None = None
    line_id: int | None = None
    month: YearMonth | None = None


Told = tuple[Event, int | None, "YearMonth | None"]
"""A deed, and the other line of the student and its month where it is about that."""


def deeds(line: AidLine, of: Sequence[ColumnElement[bool]]) -> list[Told]:
    """The deeds under any of these conditions, and those on objections to every line of this
    student in the scope, oldest first. One statement."""
    on_line = and_(Event.subject == AidLine.__tablename__, Event.subject_id == AidLine.id)
    his = select(Event.id).join(AidLine, on_line).where(
        AidLine.person_id == line.person_id, Event.verb.in_((BROUGHT, *ENDED))
    )  # fmt: skip
    either = union(select(Event.id).where(or_(*of)), his).subquery("either")
    found = (
        select(Event, AidLine.id, AidList.month)
        .outerjoin(AidLine, and_(on_line, AidLine.id != line.id))
        .outerjoin(AidList, AidList.id == AidLine.list_id)
        .where(Event.id.in_(select(either.c.id)), Event.outcome == OK)
        .order_by(Event.id).limit(MOST)
    )  # fmt: skip
    return [(event, other, month) for event, other, month in db.session.execute(found)]


def objections(told: Iterable[Told]) -> list[Objection]:
    """Each objection with its end, in the order in which they were brought."""
    found: dict[int, Objection] = {}
    open_: dict[int | None, int] = {}
    for event, line_id, month in told:
        if event.subject != AidLine.__tablename__:
            continue
        if event.verb == BROUGHT:
            open_[event.subject_id] = event.id
            found[event.id] = Objection(event, None, line_id, month)
        elif event.verb in ENDED and (key := open_.pop(event.subject_id, None)) is not None:
            found[key] = Objection(found[key].brought, event, line_id, month)
    return list(found.values())
