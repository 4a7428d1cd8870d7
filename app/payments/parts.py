"""A part of a run that a file speaks of as a whole: which run it names, which were sent of late,
how all are answered, or that it is set aside."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, or_, select, update

from app.kernel import clock
from app.kernel.db import changed, db
from app.payments.models import Attempt, PayRun, ResultLine

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.payments.models import ResultFile

T, R = Attempt.__table__, ResultLine.__table__
REMEMBERED = 100
"""Days after its export in which a run's answer may be taken for another's."""


def names(run: PayRun, text: str) -> bool:
    """The run's own number stands in the text, not as a part of a longer one."""
    return run.id in _numbers_in(text)


def names_another(run: PayRun, text: str) -> bool:
    """The text bears the number of other runs of the bureau, and not this one's."""
    told = _numbers_in(text)
    if not told or run.id in told:
        return False
    others = exists().where(PayRun.id.in_(told), PayRun.bureau_id == run.bureau_id)
    return bool(db.session.scalar(select(others)))


def _numbers_in(text: str) -> set[int]:
    return {int(n) for n in re.findall(r"(?<![0-9A-Za-z])R([1-9][0-9]{0,8})(?![0-9])", text)}


def sent_of_late() -> ColumnElement[bool]:
    """A bank's answer to the run may still lie about on somebody's desk."""
    return PayRun.exported_at > clock.now() - dt.timedelta(days=REMEMBERED)


def answer(run: PayRun, part: ColumnElement[bool], *, also: ColumnElement[bool] | None = None,
           **values: Any) -> int:  # fmt: skip
    """How many of the part waited for an answer, or are those meant `also`; this is it."""
    waiting = T.c.state == "sent" if also is None else or_(T.c.state == "sent", also)
    return changed(update(T).where(T.c.run_id == run.id, waiting, part).values(values))


def set_aside(taken: ResultFile, why: str, sentence: str) -> None:
    """A row of number 0: the file itself."""
    db.session.execute(
        insert(R),
        {"file_id": taken.id, "run_id": taken.run_id, "org_path": taken.org_path, "row": 0,
         "ref": "", "outcome": "unknown", "reason_text": sentence, "fate": "aside",
         "why": why},
    )  # fmt: skip
