"""From the bank's answer to paid, failed and unknown: everything compared, nothing guessed.

A row is posted only when our own reference, the amount and the card's tail all agree with an order
of this run that was sent. Every other row is set aside with a reason and the rest goes on. The
same file again changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, select, update

from app.accounts.models import BUREAU_POSTER
from app.kernel import audit, bulk
from app.kernel.db import db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, _n, remembering
from app.kernel.scope import everyone
from app.kernel.types import BankCard, at_rest, others
from app.kernel.types.money import MOST_FEN
from app.payments.banks import Outcome, Profile, file_sha256, read_results, reading_as
from app.payments.banks.reading import tail_of
from app.payments.hands import refuse_same_hands
from app.payments.judging import STAGED, S, judge, place, possible_days
from app.payments.models import Attempt, Payment, PayRun, ResultFile, ResultLine
from app.payments.silence import speak_for_the_rest
from app.payments.unnumbered import doubt_unnumbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.kernel.copy_text import Block
    from app.payments.banks import ResultReading
    from app.payments.banks.reading import Lines

T, R, P = Attempt.__table__, ResultLine.__table__, Payment.__table__
WHYS = {
    "unreadable": _l("这一行读不懂"), "unknown_ref": _l("不是本平台的流水号"),
    "foreign_run": _l("属于其他批次"), "repeated": _l("文件内重复的流水号"),
    "not_sent": _l("这一笔没有提交给银行"), "amount": _l("金额与应发金额不一致"),
    "card": _l("卡号尾号与提交时不一致"), "conflict": _l("与已登记的结果矛盾"),
    "totals": _l("银行合计与逐行不符"), "silence": _l("不能认定未列出的笔数成功"),
    "whole": _l("银行整体退回"), "early": _l("到账日期早于提交给银行的日期"),
    "late": _l("到账日期还没有到：最晚只能是今天之后的第一个工作日"),
    "another": _l("没有我方流水号，文件像是另一批次的：文件名是别批的，或用于过别批，"
                  "或有早于提交之日的到账。确是本批次的，请向银行要有到账日期或银行流水的回盘，"
                  "文件名写明批次号（如R12）再导入"),
    "which": _l("没有我方流水号，另一批次也在等、或已有同样的结果："
                "请把回盘的文件名写明批次号（如R12）再导入"),
    "recovered": _l("这一笔已登记追缴：先作废追缴，再重新导入"),
}  # fmt: skip
ANSWERABLE = ("checked", "settled")
"""States of runs that take an answer: before a second person has checked its files, none of them
may have reached the bank; money may come back long after everything was settled."""
MOVED = (Outcome.PAID, Outcome.RETURNED)
"""Outcomes by which money moved on a day: beside any other, a day says nothing of arrival."""
HIGHEST_SEQ = 2**31 - 1


def take_results(
    run: PayRun, path: Path, file_name: str, actor: Actor, form: str = ""
) -> ResultFile:
    """The bank's file is read, compared and posted; the record says how its rows came out.

    `form`: the standard message that the file is; empty leaves it to the file and the run's own
    bank format. A fixed number of statements. Refused when the person may not, the run was not
    exported, or the file cannot be read at all; the caller commits.
    """
    locked = _lock(run, actor)
    profile = reading_as(Profile.parse(locked.profile_data or {}), form, path)
    with everyone("回盘按本批次流水号对账"), many_rows(locked.line_count), remembering():
        reading = read_results(profile, path)
        taken = _written_down(locked, path, file_name, actor)
        taken.form = profile.results.container if profile.results else ""
        by_card = profile.results is not None and profile.results.is_by_card
        refs: set[str] = set()
        with bulk.staged(S, STAGED, _rows(reading, refs, by_card=by_card)) as n:
            place(taken, by_card=by_card)
            days = possible_days(locked)
            doubt_unnumbered(locked, taken, days)
            _hold_returning(taken)
            judge(taken, days, distinct=not by_card and len(refs) == n)
        _post(taken)
        unlisted = speak_for_the_rest(locked, profile, reading, taken)
        _count(taken)
    taken.unlisted = unlisted
    with remembering():
        note = what_came_of(taken)
    audit.record("results", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, count=taken.row_count, digest=taken.sha256,
                 note=note)  # fmt: skip
    return taken


def what_came_of(taken: ResultFile) -> str:
    """How the rows of a file just taken came out, and how many orders it answered without one."""
    told = _("登记%(a)s，未变%(b)s，搁置%(c)s", a=taken.posted, b=taken.same, c=taken.aside)
    if not taken.unlisted:
        return told
    told = _n("%(told)s；没有逐行列出的%(n)s笔按整个文件登记", taken.unlisted, told=told)
    return _("%(told)s，到账日期%(day)s", told=told, day=taken.paid_on) if taken.paid_on else told


def refuse_others(run: PayRun, actor: Actor) -> None:
    """Refused unless this is somebody of the run's own bureau whose duty it is."""
    if actor.role != BUREAU_POSTER:
        raise Refused(_("回盘文件由导入回盘岗位导入"))
    if run.bureau_id != actor.org_id:
        raise Refused(_("支付批次由开立它的主管部门办理"))


def _lock(run: PayRun, actor: Actor) -> PayRun:
    refuse_others(run, actor)
    refuse_same_hands(run, actor)
    locked = db.session.scalar(
        select(PayRun).where(PayRun.id == run.id).with_for_update(of=PayRun)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if locked is not None and locked.state in ANSWERABLE:
        return locked
    if locked is not None and locked.state == "exported":
        raise Refused(_("批次%(run)s的银行文件还没有复核，不能导入回盘：请先由另一人复核",
                        run=run.id))  # fmt: skip
    raise Refused(_("批次%(run)s还没有导出，不能导入回盘", run=run.id))


def _written_down(run: PayRun, path: Path, file_name: str, actor: Actor) -> ResultFile:
    taken = ResultFile(run_id=run.id, org_path=run.org_path, file_name=file_name[-200:],
                       sha256=file_sha256(path), by=actor.username)  # fmt: skip
    db.session.add(taken)
    db.session.flush()
    return taken


def _rows(reading: ResultReading, refs: set[str], *, by_card: bool) -> Iterator[Block]:
    """Every row of the file: readable ones to be judged, the others set aside at once. `refs`
    holds our references afterwards: as many as there are rows where each bears its own."""
    first = 1
    for lines in reading.blocks:
        yield _staged(range(first, first + len(lines.row)), lines, refs, by_card=by_card)
        first += len(lines.row)
    problems = [(n, "", "unreadable", None, row, None, None, None, "", "", "", "unknown", "",
                 at_rest(sentence), "")
                for n, (row, sentence) in enumerate(reading.problems, first)]  # fmt: skip
    if problems:
        yield list(zip(*problems, strict=True))


def _staged(numbers: range, lines: Lines, refs: set[str], *, by_card: bool) -> Block:
    """The rows as they are staged, none longer than the books have room for."""
    ref, tails = _cut(lines.ref, 64), [*map(tail_of, lines.card)]
    refs.update(filter(None, ref))
    nothing = [None] * len(ref)
    cards = [BankCard.index(card) if t else None for card, t in zip(lines.card, tails, strict=True)
             ] if by_card else nothing  # fmt: skip
    seqs = [seq if seq and seq <= HIGHEST_SEQ else None for seq in lines.seq]
    fens = [fen and min(fen, 10 * MOST_FEN) for fen in lines.fen]
    days = [day if outcome in MOVED else None
            for day, outcome in zip(lines.arrived_on, lines.outcome, strict=True)]  # fmt: skip
    return (numbers, ref, [""] * len(ref), cards, lines.row, seqs, fens, days, ref, tails,
            _cut(lines.name, 80), [*map(str, lines.outcome)], _cut([*map(str, lines.reason)], 20),
            _cut(others(lines.reason_text), 200), _cut(lines.bank_ref, 60))  # fmt: skip


def _cut(words: Sequence[str], longest: int) -> Sequence[str]:
    if max(map(len, words)) <= longest:
        return words
    return [word[:longest] for word in words]


def _hold_returning(taken: ResultFile) -> None:
    """Nobody begins to recover what the bank says came back until this is posted."""
    back = select(T.c.payment_id).join(S, S.c.ours == T.c.ref).where(
        T.c.run_id == taken.run_id, S.c.outcome == "returned"
    )  # fmt: skip
    held = select(P.c.id).where(P.c.id.in_(back)).order_by(P.c.id).with_for_update()
    db.session.execute(held)


def _post(taken: ResultFile) -> None:
    """The orders say what the bank said; what came back keeps the day on which it had arrived."""
    mine = and_(R.c.file_id == taken.id, R.c.fate == "posted", R.c.attempt_id == T.c.id,
                T.c.run_id == taken.run_id)  # fmt: skip
    back = R.c.outcome == "returned"
    change = update(T).where(mine).values(
        state=R.c.outcome, reason=R.c.reason, reason_text=R.c.reason_text, bank_ref=R.c.bank_ref,
        arrived_on=case((back, T.c.arrived_on), else_=R.c.arrived_on),
        returned_on=case((back, R.c.arrived_on)),
    )  # fmt: skip
    db.session.execute(change)


def _count(taken: ResultFile) -> None:
    found = select(R.c.fate, func.count()).where(R.c.file_id == taken.id).group_by(R.c.fate)
    tally = {fate: int(n) for fate, n in db.session.execute(found)}
    taken.posted, taken.same = tally.get("posted", 0), tally.get("same", 0)
    taken.aside = tally.get("aside", 0)
    taken.row_count = sum(tally.values())
    db.session.flush()
    db.session.expire_all()
    db.session.refresh(taken)
