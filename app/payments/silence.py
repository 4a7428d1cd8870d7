"""What a result file says beyond its rows: totals, an answer for the whole, and silence.

A file may list only what failed; silence then means paid, but only when the bank's own totals
agree with what was sent. Anything that does not agree stands as a row set aside, so that the run
cannot be settled before somebody has explained it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, false, func, or_, select, true

from app.kernel.db import db
from app.kernel.i18n import _, _n
from app.payments.banks import silence_means_paid
from app.payments.judging import possible_days
from app.payments.models import NOT_CARRIED, Attempt, PayFile, PayRun, ResultFile, ResultLine
from app.payments.parts import answer, names, sent_of_late, set_aside
from app.payments.placing import files_of, is_shared, named_in, orders_in
from app.payments.refusing import hear_refusals

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from app.payments.banks import Profile, ResultReading
    from app.payments.banks.reading import Whole

PAID = {"paid_count", "paid_sum"}
"""The totals that say what arrived."""
T, R, F, G = (m.__table__ for m in (Attempt, ResultLine, PayFile, ResultFile))


def speak_for_the_rest(run: PayRun, profile: Profile, reading: ResultReading,
                       taken: ResultFile) -> int:  # fmt: skip
    """Orders the file does not name are answered where the file as a whole answers them; -> how
    many."""
    if reading.doubted is not None:
        set_aside(taken, "whole", _in_doubt(reading.doubted))
    elif reading.refusals:
        return hear_refusals(run, profile, reading, taken)
    elif profile.results is not None and profile.results.lists == "FAILED_ONLY":
        return _hear_silence(run, reading, taken)
    elif (why := reading.disagreement()) is not None:
        set_aside(taken, "totals", why)
    return 0


def _in_doubt(whole: Whole) -> str:
    return _("银行退回了整个文件，原因是「%(why)s」：可能与已受理的重复，不能认定失败，"
             "也不能重发，请向银行查明", why=whole.reason_text[:80] or whole.status)  # fmt: skip


def _hear_silence(run: PayRun, reading: ResultReading, taken: ResultFile) -> int:
    """What was sent and not listed is paid, if the totals let us say so: all of the run, or what
    stands in that one of its files whose name the answer bears; -> how many orders."""
    files = files_of(run)
    file = _answered_file(run, files, taken) if len(files) > 1 else None
    part = T.c.id.in_(orders_in(run, files, file)) if file else true()
    sent = and_(T.c.run_id == run.id, T.c.reason != NOT_CARRIED, part)
    found = db.session.execute(select(func.count(), func.sum(T.c.fen)).where(sent)).one()
    count, fen = int(found[0]), int(found[1] or 0)
    why = (silence_means_paid(reading, count, fen) or _still_aside(taken)
           or _failed_before(reading, taken, sent))  # fmt: skip
    if file is not None:
        why = why or _beyond(taken, part, file)
    elif why is not None:
        why = _or_name_it(why, reading, files)
    elif not _numbered(taken) and not names(run, taken.file_name):
        why = _may_be_anothers(run, taken, count, fen)
    if why := why or _on_no_possible_day(run, reading):
        set_aside(taken, "silence", why)
        return 0
    taken.paid_on = _day_of(reading)
    cleared = or_(_counted_as_paid(reading, taken), _without_day(taken))
    return answer(run, part, also=cleared, state="paid", reason="", reason_text="",
                  arrived_on=taken.paid_on)  # fmt: skip


def _on_no_possible_day(run: PayRun, reading: ResultReading) -> str | None:
    """The day the bank's totals bear is believed as that of a row is."""
    day, days = _day_of(reading), possible_days(run)
    if day is None or days.first <= day <= days.last:
        return None
    return _("合计行的到账日期是%(day)s，早于提交给银行的%(first)s或晚于今天之后的第一个工作日"
             "%(last)s，不能认定其余成功：请向银行查明",
             day=day, first=days.first, last=days.last)  # fmt: skip


def _day_of(reading: ResultReading) -> dt.date | None:
    return reading.control.arrived_on if reading.control else None


def _without_day(taken: ResultFile) -> ColumnElement[bool]:
    """What is paid by silence and nobody knows since when, where the file now says the day."""
    undated = and_(T.c.state == "paid", T.c.reason == "", T.c.arrived_on.is_(None))
    return undated if taken.paid_on else false()


def why_unclear(run: PayRun, unknown: int) -> str:
    """Why no totals of this run's bank will ever clear so many orders, and what to do; "" where
    they may: all less the failed leaves the paid together with what is still under way."""
    results = (run.profile_data or {}).get("results") or {}
    told = (results.get("control") or {}).get("fields") or {}
    if not unknown or results.get("lists") != "FAILED_ONLY" or set(told) >= PAID:
        return ""
    return _n(
        "待查明的%(n)s笔不能凭合计认定成功：这家银行的合计没有成功笔数和金额，总数减去失败的，"
        "剩下的可能仍在处理。请向银行查明，要含这些笔数的对账单（camt.053、MT940）"
        "或逐笔列出结果的完整回盘导入",
        unknown,
    )


def _counted_as_paid(reading: ResultReading, taken: ResultFile) -> ColumnElement[bool]:
    """What was not clear before is paid when the bank's own count and sum of successes, which
    agree, have room for it and the file names it no more."""
    return and_(T.c.state == "unknown", ~_named(taken)) if _tells_paid(reading) else false()


def _failed_before(reading: ResultReading, taken: ResultFile, sent: ColumnElement[bool]
                   ) -> str | None:  # fmt: skip
    """What the bank called failed before and now counts among its successes may have arrived: one
    of its two words is wrong, and nothing is concluded from either."""
    failed = select(func.count()).where(sent, T.c.state == "failed", ~_named(taken))
    n = db.session.scalar(failed) if _tells_paid(reading) else 0
    if not n:
        return None
    return _n(
        "先前失败的%(n)s笔，银行的合计现在算作成功，可能已经到账：请向银行查明，查明之前不要重发", n
    )


def _tells_paid(reading: ResultReading) -> bool:
    """The bank gives count and sum of its successes."""
    return reading.control is not None and None not in reading.control.paid


def _named(taken: ResultFile) -> ColumnElement[bool]:
    """A row of the file is about the order."""
    return exists().where(R.c.file_id == taken.id, R.c.attempt_id == T.c.id)


def _numbered(taken: ResultFile) -> bool:
    """A row of the file bears our number of an order of this run."""
    own = exists().where(R.c.file_id == taken.id, R.c.ref != "", R.c.fate.in_(("posted", "same")))
    return bool(db.session.scalar(select(own)))


def _or_name_it(why: str, reading: ResultReading, files: Sequence[PayFile]) -> str:
    """Of a run of several files the answer may be about one: then its name has to say so."""
    if len(files) < 2 or reading.control is None or reading.problems:
        return why
    return _("%(why)s；本批次有%(n)s个银行文件，只答复其中一个的，请在回盘文件名中写明是哪一个"
             "（如%(name)s）后重新导入", why=why, n=len(files), name=files[0].name)  # fmt: skip


def _answered_file(run: PayRun, files: Sequence[PayFile], taken: ResultFile) -> PayFile | None:
    """The one file of the run that the answer is about, as its name says beyond doubt."""
    file = named_in(taken.file_name, files)
    if file is None or (is_shared(run, file) and not names(run, taken.file_name)):
        return None
    return file


def _beyond(taken: ResultFile, part: ColumnElement[bool], file: PayFile) -> str | None:
    """A failure of another file says that the answer is not about this one, whatever its name."""
    elsewhere = select(func.count()).select_from(R).join(T, T.c.id == R.c.attempt_id).where(
        R.c.file_id == taken.id, ~part
    )  # fmt: skip
    if not db.session.scalar(elsewhere):
        return None
    return _("列出的失败行有的不在%(file)s里，不能认定这个文件的其余笔数成功", file=file.name)


def _still_aside(taken: ResultFile) -> str | None:
    """A listed failure that could not be matched must not turn into a payment by silence."""
    aside = select(func.count()).where(R.c.file_id == taken.id, R.c.fate == "aside")
    if db.session.scalar(aside):
        return _("还有列出的失败行没有对上，不能认定其余成功")
    return None


def _may_be_anothers(run: PayRun, taken: ResultFile, count: int, fen: int) -> str | None:
    """A file without a single number of ours says nothing but its totals: they must fit this run
    alone of all that were sent of late, and it must not have answered another one before."""
    told = select(G.c.run_id).where(G.c.sha256 == taken.sha256)
    alike = (
        select(F.c.run_id).group_by(F.c.run_id)
        .having(func.sum(F.c.row_count) == count, func.sum(F.c.fen) == fen)
    )  # fmt: skip
    others = select(func.min(PayRun.id)).where(
        PayRun.bureau_id == run.bureau_id, PayRun.id != run.id,
        or_(PayRun.id.in_(told), and_(sent_of_late(), PayRun.id.in_(alike))),
    )  # fmt: skip
    if (other := db.session.scalar(others)) is None:
        return None
    return _("文件里没有我方流水号，R%(other)s的笔数和金额也是这样，或已用过这个文件，"
             "认不出是哪一批：请在文件名中写明R%(run)s后重新导入",
             other=other, run=run.id)  # fmt: skip
