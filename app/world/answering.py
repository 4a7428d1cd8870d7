"""The simulated bank: what it answers to a run, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.payments.banks import Outcome, PayLine, Profile
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.models import Attempt, PayRun
from app.registry.models import Card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAILURES = ("户名不符", "账户已销户", "账户未激活", "账户已冻结", "无此账户")
FEW = 3
"""From so many lines on a lesson has one that is not paid: else it teaches little."""
EVERY_FAILED, EVERY_UNKNOWN = 19, 53
"""One line in so many is not paid; one in so many is not clear yet."""


def answer(run: PayRun, folder: Path, *, failures: bool = True, unknown: bool = False,
           lesson: bool = False) -> Path:  # fmt: skip
    """A result file to the run lies in the folder; most lines are paid, today.

    Refused when nothing of the run is with the bank. Only lines without a result are answered.
    """
    lines = list(_sent(run))
    if not lines:
        raise Refused(_("批次%(run)s没有等待银行结果的笔数：须先导出", run=run.id))
    profile = Profile.parse(run.profile_data or {})
    assert profile.results
    answers = [_said(line, n, failures, unknown) for n, line in enumerate(lines)]
    if lesson and len(lines) >= FEW and not any(a.outcome == Outcome.FAILED for a in answers):
        answers[0] = _failed(lines[0])
    path = folder / f"R{run.id}_{clock.today():%Y%m%d}_result.{_ending(profile)}"
    make_result_file(profile, answers, path)
    return path


def _sent(run: PayRun) -> Iterator[PayLine]:
    """The run's lines that the bank has and has not settled, as it got them."""
    source = (
        select(Attempt.ref, Attempt.seq, Card.holder_name, Card.card_no, Card.bank_name,
               Card.cnaps, Attempt.fen)
        .join(Card, Card.id == Attempt.card_id)
        .where(Attempt.run_id == run.id, Attempt.state.in_(("sent", "unknown")))
        .order_by(Attempt.seq)
    )  # fmt: skip
    with everyone("模拟银行知道它收到的每一笔"):
        for ref, seq, holder, card, bank, cnaps, fen in db.session.execute(source):
            yield PayLine(ref, seq, holder, card, bank, cnaps, None, fen, "", same_bank=True)


def _said(line: PayLine, n: int, failures: bool, unknown: bool) -> Answer:
    ours = _ours(line)
    if unknown and n % EVERY_UNKNOWN == 2:
        return Answer(line, Outcome.UNKNOWN, "处理中", bank_ref=ours, arrived_on=None)
    if failures and (line.seq + n) % EVERY_FAILED == 5:
        return _failed(line)
    return Answer(line, bank_ref=ours, arrived_on=clock.today())


def _failed(line: PayLine) -> Answer:
    why = FAILURES[line.seq % len(FAILURES)]
    return Answer(line, Outcome.FAILED, why, bank_ref=_ours(line), arrived_on=None)


def _ours(line: PayLine) -> str:
    return f"B{clock.today():%Y%m%d}{line.seq:06d}"


def _ending(profile: Profile) -> str:
    assert profile.results
    ending = profile.results.container
    return {"fixed": "txt", "mt940": "txt"}.get(ending, ending)
