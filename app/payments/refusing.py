"""A bank that refuses a message as a whole: its orders have failed, and nobody else's.

What is taken for failed is paid again. So a refusal is heard only where it can mean nothing less
than the orders of one file: it repeats the number under which that file of this run went out, its
own totals are that file's, and nothing in it was answered before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from app.kernel import clock
from app.kernel.db import db
from app.kernel.i18n import _
from app.payments.banks.lines import Totals
from app.payments.banks.numbering import numbers_of, place_of
from app.payments.exporting import context_of
from app.payments.models import NOT_CARRIED, Attempt
from app.payments.parts import answer, names, set_aside
from app.payments.placing import files_of, is_shared, named_in, orders_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement

    from app.payments.banks import Profile, ResultReading, RunContext
    from app.payments.banks.reading import Whole
    from app.payments.models import PayFile, PayRun, ResultFile

T = Attempt.__table__
NOT_FAILED = ("sent", "paid", "returned")


def hear_refusals(run: PayRun, profile: Profile, reading: ResultReading,
                  taken: ResultFile) -> int:  # fmt: skip
    """The orders of each file that is refused have failed, or a row set aside says why not; -> how
    many failed. Where the rows of the same message, or the same refusal before, have said so of
    every order, it adds nothing."""
    files = files_of(run)
    numbers = _numbers(run, profile, files)
    heard: dict[int, int] = {}
    for whole in reading.refusals:
        file = _refused(run, whole, files, numbers)
        if file is None:
            set_aside(taken, "whole", _not_known(run, whole, files))
        elif file.id not in heard:
            part = T.c.id.in_(orders_in(run, files, file))
            heard[file.id] = _fail(run, whole, part, taken)
    return sum(heard.values())


def _fail(run: PayRun, whole: Whole, part: ColumnElement[bool], taken: ResultFile) -> int:
    if not _any(run, part, T.c.state.in_(NOT_FAILED)):
        return 0
    if _any(run, part, T.c.state.not_in(("sent", "waiting"))):
        why = _("银行整体退回了「%(no)s」，其中有的笔数已有结果，不能认定全部失败",
                no=whole.original[:40])  # fmt: skip
        set_aside(taken, "whole", why)
        return 0
    return answer(run, part, state="failed", reason=str(whole.reason),
                  reason_text=whole.reason_text)  # fmt: skip


def _any(run: PayRun, part: ColumnElement[bool], state: ColumnElement[bool]) -> bool:
    """An order of this part that the bank has is in such a state."""
    found = exists().where(T.c.run_id == run.id, T.c.reason != NOT_CARRIED, part, state)
    return bool(db.session.scalar(select(found)))


def _refused(run: PayRun, whole: Whole, files: Sequence[PayFile],
             numbers: Mapping[int, frozenset[str]]) -> PayFile | None:  # fmt: skip
    """The one file the refusal can be about; None where none is, or not for certain."""
    if not names(run, whole.original):
        return None
    found = [f for f in files if whole.original in numbers[f.id] and _fits(whole, f)]
    if not any(numbers.values()):
        found = [f for f in _by_name(run, whole, files) if _fits(whole, f)]
    return found[0] if len(found) == 1 else None


def _by_name(run: PayRun, whole: Whole, files: Sequence[PayFile]) -> Sequence[PayFile]:
    """Files that bear no number of their own are known by their names, an only one by the run's."""
    if len(files) == 1:
        return files
    file = named_in(whole.original, files)
    return [] if file is None or is_shared(run, file) else [file]


def _fits(whole: Whole, file: PayFile) -> bool:
    """What the bank says was in it is what was in it."""
    return whole.rows in (None, file.row_count) and whole.fen in (None, file.fen)


def _numbers(run: PayRun, profile: Profile, files: Sequence[PayFile]
             ) -> dict[int, frozenset[str]]:  # fmt: skip
    """File -> the numbers it went out under, worked out as they were for the export."""
    at = clock.moment_of(run.exported_at or run.created_at).astimezone(clock.SHANGHAI)
    context = context_of(run, at)
    every = [f.name for f in files]
    return {f.id: _of(profile, context, every, f) for f in files}


def _of(profile: Profile, context: RunContext, every: Sequence[str], file: PayFile
        ) -> frozenset[str]:  # fmt: skip
    place = place_of(profile, context, every, file.name)
    if place is None:
        return frozenset()
    return numbers_of(profile, context, Totals(file.row_count, file.fen, *place))


def _not_known(run: PayRun, whole: Whole, files: Sequence[PayFile]) -> str:
    told = whole.original[:40]
    if not names(run, whole.original):
        return _("银行整体退回的文件是「%(no)s」，不是本批次R%(run)s的", no=told, run=run.id)
    return _("银行整体退回了「%(no)s」，编号或合计与本批次的%(n)s个银行文件都对不上，"
             "不能认定是哪些笔数", no=told, n=len(files))  # fmt: skip
