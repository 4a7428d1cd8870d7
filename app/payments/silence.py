"""What a result file says beyond its rows: totals, an answer for the whole, and silence.

A file may list only what failed; silence then means paid, but only when the bank's own totals
agree with what was sent. Anything that does not agree stands as a row set aside, so that the run
cannot be settled before somebody has explained it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, or_, select, update

from app.kernel.db import db
from app.kernel.i18n import _
from app.payments.banks import Outcome, silence_means_paid
from app.payments.models import NOT_CARRIED, Attempt, PayFile, PayRun, ResultFile, ResultLine

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.payments.banks import Profile, ResultReading
    from app.payments.banks.reading import Whole

T, R, F, G = (m.__table__ for m in (Attempt, ResultLine, PayFile, ResultFile))


def speak_for_the_rest(run: PayRun, profile: Profile, reading: ResultReading,
                       taken: ResultFile) -> None:  # fmt: skip
    """Orders the file does not name are answered where the file as a whole answers them."""
    if reading.whole is not None and reading.whole.outcome is Outcome.FAILED:
        _hear_refusal(run, reading.whole, taken, bool(reading.rows))
    elif profile.results is not None and profile.results.lists == "FAILED_ONLY":
        _hear_silence(run, reading, taken)
    elif (why := reading.disagreement()) is not None:
        _set_aside(taken, "totals", why)


def _hear_refusal(run: PayRun, whole: Whole, taken: ResultFile, by_rows: bool) -> None:
    """All that was sent has failed, where the refusal can mean nothing less: it names this run,
    the package was one file, and nothing of it was answered before. Where the rows of the same
    message have said so of every order, it adds nothing."""
    files = select(func.count()).select_from(PayFile).where(PayFile.run_id == run.id)
    if by_rows and not db.session.scalar(select(_waits(run.id))):
        return
    if not _names(run, whole.original):
        _set_aside(taken, "whole", _("银行整体退回的文件是「%(no)s」，不是本批次R%(run)s的",
                                     no=whole.original[:40], run=run.id))  # fmt: skip
    elif db.session.scalar(files) != 1 or _answered(run):
        _set_aside(taken, "whole", _("银行整体退回了一个文件，不能认定是本批次的哪些笔数"))
    else:
        _answer(run, state="failed", reason=str(whole.reason), reason_text=whole.reason_text[:200])


def _names(run: PayRun, text: str) -> bool:
    """The run's own number stands in the text, not as a part of a longer one."""
    return re.search(rf"(?<![0-9A-Za-z])R{run.id}(?![0-9])", text) is not None


def _waits(run_id: Any) -> ColumnElement[bool]:
    """An order of the run has no answer yet."""
    return exists().where(T.c.run_id == run_id, T.c.state == "sent")


def _answered(run: PayRun) -> bool:
    answered = T.c.state.not_in(("sent", "waiting")) & (T.c.reason != NOT_CARRIED)
    found = select(func.count()).select_from(T).where(T.c.run_id == run.id, answered)
    return bool(db.session.scalar(found))


def _hear_silence(run: PayRun, reading: ResultReading, taken: ResultFile) -> None:
    """What was sent and not listed is paid, if the totals let us say so."""
    sent = and_(T.c.run_id == run.id, T.c.reason != NOT_CARRIED)
    count, fen = db.session.execute(select(func.count(), func.sum(T.c.fen)).where(sent)).one()
    why = silence_means_paid(reading, int(count), int(fen or 0)) or _still_aside(taken)
    if why is None and not reading.rows and not _names(run, taken.file_name):
        why = _may_be_anothers(run, taken, int(count), int(fen or 0))
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


def _may_be_anothers(run: PayRun, taken: ResultFile, count: int, fen: int) -> str | None:
    """A file without a single row says nothing but its totals: they must fit this run alone of
    all that wait for an answer, and the file must not have answered another one before."""
    told = select(G.c.run_id).where(G.c.sha256 == taken.sha256)
    alike = (
        select(F.c.run_id).where(_waits(F.c.run_id)).group_by(F.c.run_id)
        .having(func.sum(F.c.row_count) == count, func.sum(F.c.fen) == fen)
    )  # fmt: skip
    others = select(func.min(PayRun.id)).where(
        PayRun.bureau_id == run.bureau_id, PayRun.id != run.id,
        or_(PayRun.id.in_(told), PayRun.id.in_(alike)),
    )  # fmt: skip
    if (other := db.session.scalar(others)) is None:
        return None
    return _("文件没有逐笔列出，R%(other)s的笔数和金额也是这样，或已用过这个文件，认不出是哪一批："
             "请在文件名中写明R%(run)s后重新导入", other=other, run=run.id)  # fmt: skip


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
