"""What a result file says beyond its rows: totals, an answer for the whole, and silence.

A file may list only what failed; silence then means paid, but only when the bank's own totals
agree with what was sent. Anything that does not agree stands as a row set aside, so that the run
cannot be settled before somebody has explained it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from app.kernel.db import db
from app.kernel.i18n import _
from app.payments.banks import Outcome, silence_means_paid
from app.payments.models import NOT_CARRIED, Attempt, PayFile, ResultLine

if TYPE_CHECKING:
    from app.payments.banks import Profile, ResultReading
    from app.payments.banks.reading import Whole
    from app.payments.models import PayRun, ResultFile

T, R = Attempt.__table__, ResultLine.__table__


def speak_for_the_rest(run: PayRun, profile: Profile, reading: ResultReading,
                       taken: ResultFile) -> None:  # fmt: skip
    """Orders the file does not name are answered where the file as a whole answers them."""
    if reading.whole is not None and reading.whole.outcome is Outcome.FAILED:
        _hear_refusal(run, reading.whole, taken)
    elif profile.results is not None and profile.results.lists == "FAILED_ONLY":
        _hear_silence(run, reading, taken)
    elif (why := reading.disagreement()) is not None:
        _set_aside(taken, "totals", why)


def _hear_refusal(run: PayRun, whole: Whole, taken: ResultFile) -> None:
    """All that was sent has failed, where the refusal can mean nothing less: the package was one
    file and nothing of it was answered before."""
    files = select(func.count()).select_from(PayFile).where(PayFile.run_id == run.id)
    if db.session.scalar(files) != 1 or _answered(run):
        _set_aside(taken, "whole", _("银行整体退回了一个文件，不能认定是本批次的哪些笔数"))
    else:
        _answer(run, state="failed", reason=str(whole.reason), reason_text=whole.reason_text[:200])


def _answered(run: PayRun) -> bool:
    answered = T.c.state.not_in(("sent", "waiting")) & (T.c.reason != NOT_CARRIED)
    found = select(func.count()).select_from(T).where(T.c.run_id == run.id, answered)
    return bool(db.session.scalar(found))


def _hear_silence(run: PayRun, reading: ResultReading, taken: ResultFile) -> None:
    """What was sent and not listed is paid, if the totals let us say so."""
    sent = and_(T.c.run_id == run.id, T.c.reason != NOT_CARRIED)
    count, fen = db.session.execute(select(func.count(), func.sum(T.c.fen)).where(sent)).one()
    why = silence_means_paid(reading, int(count), int(fen or 0)) or _still_aside(taken)
    if why is None:
        _answer(run, state="paid")
    else:
        _set_aside(taken, "silence", why)


def _still_aside(taken: ResultFile) -> str | None:
    """A listed failure that could not be matched must not turn into a payment by silence."""
    aside = select(func.count()).where(R.c.file_id == taken.id, R.c.fate == "aside")
    if db.session.scalar(aside):
        return _("还有列出的失败行没有对上，不能认定其余成功")
    return None


def _answer(run: PayRun, **values: Any) -> None:
    db.session.execute(update(T).where(T.c.run_id == run.id, T.c.state == "sent").values(values))


def _set_aside(taken: ResultFile, why: str, sentence: str) -> None:
    """A row of number 0: the file itself."""
    db.session.execute(
        insert(R),
        {"file_id": taken.id, "run_id": taken.run_id, "org_path": taken.org_path, "row": 0,
         "ref": "", "outcome": "unknown", "reason_text": sentence[:200], "fate": "aside",
         "why": why},
    )  # fmt: skip
