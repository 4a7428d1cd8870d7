"""From the bank's answer to paid, failed and unknown: everything compared, nothing guessed.

A row is posted only when our own reference, the amount and the card's tail all agree with an order
of this run that was sent. Every other row is set aside with a reason and the rest goes on. The
same file again changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, or_, select, update

from app.accounts.models import BUREAU_POSTER
from app.kernel import audit, bulk
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.scope import everyone
from app.payments.banks import Profile, file_sha256, read_results
from app.payments.models import Attempt, PayRun, ResultFile, ResultLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.payments.banks import ResultReading

T, R = Attempt.__table__, ResultLine.__table__
WHYS = {
    "unreadable": _l("这一行读不懂"), "unknown_ref": _l("不是本平台的流水号"),
    "foreign_run": _l("属于其他批次"), "repeated": _l("文件内重复的流水号"),
    "not_sent": _l("这一笔没有提交给银行"), "amount": _l("金额与应发金额不一致"),
    "card": _l("卡号尾号与提交时不一致"), "conflict": _l("与已登记的结果矛盾"),
}  # fmt: skip
COLUMNS = ("file_id", "run_id", "org_path", "row", "ref", "card_tail", "name", "fen", "outcome",
           "reason", "reason_text", "bank_ref", "arrived_on", "fate", "why")  # fmt: skip
OPEN = ("sent", "unknown")


def take_results(run: PayRun, path: Path, file_name: str, actor: Actor) -> ResultFile:
    """The bank's file is read, compared and posted; the record says how its rows came out.

    A fixed number of statements. Refused when the person may not, the run was not exported, or the
    file cannot be read at all; the caller commits.
    """
    locked = _lock(run, actor)
    profile = Profile.parse(locked.profile_data or {})
    with everyone("回盘按本批次流水号对账"):
        taken = _store(locked, profile, path, file_name, actor)
        _resolve(taken)
        _judge(taken)
        _post(taken)
        _count(taken)
    audit.record("results", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, count=taken.row_count, digest=taken.sha256,
                 note=_("入账%(a)s,未变%(b)s,搁置%(c)s", a=taken.posted, b=taken.same,
                        c=taken.aside))  # fmt: skip
    return taken


def _lock(run: PayRun, actor: Actor) -> PayRun:
    if actor.role != BUREAU_POSTER:
        raise Refused(_("回盘文件由导入回盘岗位导入"))
    if run.bureau_id != actor.org_id:
        raise Refused(_("支付批次由开立它的主管部门办理"))
    locked = db.session.scalar(
        select(PayRun).where(PayRun.id == run.id).with_for_update(of=PayRun)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if locked is None or locked.state not in ("exported", "checked", "settled"):
        raise Refused(_("批次%(run)s还没有导出,不能导入回盘", run=run.id))
    return locked


def _store(run: PayRun, profile: Profile, path: Path, file_name: str, actor: Actor) -> ResultFile:
    reading = read_results(profile, path)
    taken = ResultFile(run_id=run.id, org_path=run.org_path, file_name=file_name[-200:],
                       sha256=file_sha256(path), by=actor.username)  # fmt: skip
    db.session.add(taken)
    db.session.flush()
    bulk.load(R, COLUMNS, _rows(reading, taken))
    return taken


def _rows(reading: ResultReading, taken: ResultFile) -> Iterator[tuple[Any, ...]]:
    """Every row of the file: readable ones to be judged, the others set aside at once."""
    head = (taken.id, taken.run_id, taken.org_path)
    for line in reading.lines:
        yield (*head, line.row, line.ref[:64], (line.card or line.card_tail or "")[-4:],
               (line.name or "")[:80], line.fen, str(line.outcome), str(line.reason)[:20],
               (line.reason_text or "")[:200], (line.bank_ref or "")[:60], line.arrived_on,
               "", "")  # fmt: skip
    for row, sentence in reading.problems:
        yield (*head, row, "", "", "", None, "unknown", "", str(sentence)[:200], "", None,
               "aside", "unreadable")  # fmt: skip


def _open_rows(taken: ResultFile) -> Any:
    return and_(R.c.file_id == taken.id, R.c.fate == "")


def _resolve(taken: ResultFile) -> None:
    """Rows know the order they answer; a reference that comes again is set aside."""
    other = R.alias()
    earlier = exists().where(other.c.file_id == taken.id, other.c.ref == R.c.ref,
                             other.c.id < R.c.id, other.c.fate == "")  # fmt: skip
    ours = select(T.c.id).where(T.c.ref == R.c.ref).correlate(R).scalar_subquery()
    db.session.execute(update(R).where(_open_rows(taken)).values(attempt_id=ours))
    repeated = update(R).where(_open_rows(taken), R.c.attempt_id.is_not(None), earlier)
    db.session.execute(repeated.values(fate="aside", why="repeated"))


def _judge(taken: ResultFile) -> None:
    """Every row has a fate."""
    lost = update(R).where(_open_rows(taken), R.c.attempt_id.is_(None))
    db.session.execute(lost.values(fate="aside", why="unknown_ref"))
    fate, why = _verdict()
    judged = update(R).where(_open_rows(taken), T.c.id == R.c.attempt_id)
    db.session.execute(judged.values(fate=fate, why=why))


def _verdict() -> tuple[Any, Any]:
    """Fate and reason of a row beside its order, as SQL, the first thing wrong first."""
    known = and_(T.c.state == R.c.outcome, T.c.state.not_in(("sent", "waiting")),
                 func.coalesce(T.c.bank_ref, "") == R.c.bank_ref,
                 or_(T.c.arrived_on == R.c.arrived_on,
                     and_(T.c.arrived_on.is_(None), R.c.arrived_on.is_(None))))  # fmt: skip
    movable = or_(T.c.state.in_(OPEN), and_(T.c.state == "paid", R.c.outcome == "returned"))
    wrong = (
        (T.c.run_id != R.c.run_id, "foreign_run"),
        (T.c.state == "waiting", "not_sent"),
        (R.c.fen.is_not(None) & (R.c.fen != T.c.fen), "amount"),
        (and_(R.c.card_tail != "", _tail(T.c.card_mask) != R.c.card_tail), "card"),
        (and_(~known, ~movable), "conflict"),
    )
    fate = case(*((test, "aside") for test, _why in wrong), (known, "same"), else_="posted")
    why = case(*wrong, else_="")
    return fate, why


def _tail(mask: ColumnElement[str]) -> ColumnElement[str]:
    """The last four characters; PostgreSQL's substr does not count from the end."""
    return func.substr(mask, func.length(mask) - 3)


def _post(taken: ResultFile) -> None:
    """The orders say what the bank said."""
    mine = and_(R.c.file_id == taken.id, R.c.fate == "posted", R.c.attempt_id == T.c.id)
    change = update(T).where(mine).values(
        state=R.c.outcome, reason=R.c.reason, reason_text=R.c.reason_text,
        bank_ref=R.c.bank_ref, arrived_on=R.c.arrived_on,
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
