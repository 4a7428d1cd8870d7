"""A part of a run that a file speaks of as a whole: which run it names, who waits, how all are
answered, or that it is set aside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, insert, update

from app.kernel.db import db
from app.payments.models import Attempt, ResultLine

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.payments.models import PayRun, ResultFile

T, R = Attempt.__table__, ResultLine.__table__


def names(run: PayRun, text: str) -> bool:
    """The run's own number stands in the text, not as a part of a longer one."""
    return re.search(rf"(?<![0-9A-Za-z])R{run.id}(?![0-9])", text) is not None


def waits(run_id: Any) -> ColumnElement[bool]:
    """An order of the run has no answer yet."""
    return exists().where(T.c.run_id == run_id, T.c.state == "sent")


def answer(run: PayRun, part: ColumnElement[bool], **values: Any) -> None:
    waiting = and_(T.c.run_id == run.id, T.c.state == "sent", part)
    db.session.execute(update(T).where(waiting).values(values))


def set_aside(taken: ResultFile, why: str, sentence: str) -> None:
    """A row of number 0: the file itself."""
    db.session.execute(
        insert(R),
        {"file_id": taken.id, "run_id": taken.run_id, "org_path": taken.org_path, "row": 0,
         "ref": "", "outcome": "unknown", "reason_text": sentence[:200], "fate": "aside",
         "why": why},
    )  # fmt: skip
