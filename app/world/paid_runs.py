"""A month's payments of the whole province, written as the bureaus and the bank would have left
them: every confirmed line paid or failed, its months locked, every step on the trail."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, insert, literal, select, update

from app.accounts.models import CLERK, EXPORTER, POSTER, REVIEWER
from app.kernel.db import db
from app.payments.banks import shipped
from app.payments.models import Attempt, PayFile, Payment, PayRun, ResultFile, ResultLine
from app.publicity.models import AidLine, AidList
from app.registry.models import CoveredMonth
from app.world.trail import leave, put

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement

    from app.world.paid_lists import Month

PROFILE = "pipe_gbk"
ONE_IN, FAILED = 100, 17
"""One payment in a hundred failed, and waits to be paid again."""
A, L, P, T, M, R = (m.__table__ for m in (AidList, AidLine, Payment, Attempt, CoveredMonth, PayRun))
F, Q, N = (m.__table__ for m in (PayFile, ResultFile, ResultLine))


def write_runs(month: Month, days: list[dt.datetime]) -> None:
    """Every bureau has paid its confirmed lists of the month. `days`: opened and exported,
    checked, answered, settled."""
    mine = and_(R.c.month == month.month, R.c.programme_id == month.programme_id)
    _open(month, days[0])
    _pay(month, mine)
    _order(mine, days[2])
    _package(mine, days[2])
    _answer(mine)
    for verb, duty, day, moved in (
        ("open", CLERK, 0, ()), ("export", EXPORTER, 0, ("open", "exported")),
        ("check", REVIEWER, 1, ("exported", "checked")), ("results", POSTER, 2, ()),
        ("settle", POSTER, 3, ("checked", "settled")),
    ):  # fmt: skip
        figures = {"count": R.c.line_count, "fen": R.c.total_fen, "digest": R.c.digest}
        states = dict(zip(("old", "new"), moved, strict=False))
        leave(verb, R, mine, "bureau_id", duty, days[day], **figures, **states)


def _open(month: Month, at: dt.datetime) -> None:
    """A settled run for each bureau with confirmed lists, its sums still to be taken."""
    profile = shipped()[PROFILE]
    paying = (
        select(A.c.bureau_id, func.min(A.c.org_path))
        .where(month.come_to(3), A.c.line_count > 0)
        .group_by(A.c.bureau_id)
        .order_by(A.c.bureau_id)
    )
    rows = [
        {"programme_id": month.programme_id, "bureau_id": bureau, "month": month.month,
         "org_path": _place_of(bureau, below), "kind": "first", "state": "settled",
         "profile": PROFILE, "profile_edition": profile.version,
         "profile_data": profile.to_dict(), "created_by": "world",
         "created_at": at, "exported_at": at}
        for bureau, below in db.session.execute(paying)
    ]  # fmt: skip
    db.session.execute(insert(R), rows)


def _place_of(bureau_id: int, below: str) -> str:
    """The bureau's path, cut from the path of a school of its own."""
    head, own, _tail = below.partition(f"/{bureau_id}/")
    return head + own


def _pay(month: Month, mine: ColumnElement[bool]) -> None:
    """A payment for each line and a lock on its month."""
    lines = select().join_from(L, A, A.c.id == L.c.list_id).join(
        R, and_(R.c.bureau_id == A.c.bureau_id, mine)
    ).where(month.come_to(3), L.c.state == "normal").order_by(L.c.id)  # fmt: skip
    put(P, {"line_id": L.c.id, "first_run_id": R.c.id, "org_path": L.c.org_path,
            "person_id": L.c.person_id, "programme_id": A.c.programme_id,
            "fen": L.c.amount_fen, "attempt_no": 1}, lines)  # fmt: skip
    put(M, {"person_id": P.c.person_id, "programme_id": P.c.programme_id, "month": month.month,
            "payment_id": P.c.id}, _payments(mine))  # fmt: skip


def _payments(mine: ColumnElement[bool]) -> Any:
    return select().join_from(P, R, R.c.id == P.c.first_run_id).where(mine).order_by(P.c.id)


def _order(mine: ColumnElement[bool], answered: dt.datetime) -> None:
    """One attempt for each payment, paid or failed as the bank said on that day."""
    failed = P.c.id % ONE_IN == FAILED
    seq = func.row_number().over(partition_by=R.c.id, order_by=(P.c.org_path, L.c.seq, P.c.id))
    ref = literal("R").concat(R.c.id).concat("-").concat(P.c.id).concat("-1")
    put(T, {
        "payment_id": P.c.id, "run_id": R.c.id, "org_path": P.c.org_path, "no": 1, "seq": seq,
        "ref": ref, "card_id": L.c.card_id, "name": L.c.name, "card_mask": L.c.card_mask,
        "fen": P.c.fen, "state": case((failed, "failed"), else_="paid"),
        "reason": case((failed, "ACCT_CLOSED"), else_="OK"),
        "reason_text": case((failed, "账户已销户"), else_=""),
        "bank_ref": literal("B").concat(P.c.id),
        "arrived_on": case((failed, None), else_=literal(answered.date(), T.c.arrived_on.type)),
    }, _payments(mine).join(L, L.c.id == P.c.line_id))  # fmt: skip
    sums = {
        "line_count": select(func.count()).where(T.c.run_id == R.c.id),
        "total_fen": select(func.coalesce(func.sum(T.c.fen), 0)).where(T.c.run_id == R.c.id),
    }
    values = {name: found.correlate(R).scalar_subquery() for name, found in sums.items()}
    db.session.execute(update(R).where(mine).values(values))


def _package(mine: ColumnElement[bool], answered: dt.datetime) -> None:
    """What went to the bank and what came back, by its figures; the files themselves are gone."""
    runs = db.session.execute(
        select(R.c.id, R.c.org_path, R.c.line_count, R.c.total_fen).where(mine)
    ).all()
    sent = [
        {
            "run_id": pk,
            "org_path": path,
            "name": f"R{pk}_001.txt",
            "row_count": count,
            "fen": fen,
            "sha256": _hash(f"sent {pk}"),
        }
        for pk, path, count, fen in runs
    ]
    back = [{"run_id": pk, "org_path": path, "file_name": f"R{pk}_result.txt",
             "sha256": _hash(f"back {pk}"), "row_count": count, "posted": count, "same": 0,
             "aside": 0, "by": "world", "at": answered}
            for pk, path, count, _fen in runs]  # fmt: skip
    db.session.execute(insert(F), sent)
    db.session.execute(insert(Q), back)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _answer(mine: ColumnElement[bool]) -> None:
    """The rows of the bank's files, each posted to its attempt."""
    tail = func.substr(T.c.card_mask, func.length(T.c.card_mask) - 3)
    put(N, {
        "file_id": Q.c.id, "run_id": R.c.id, "org_path": R.c.org_path, "row": T.c.seq,
        "ref": T.c.ref, "card_tail": tail, "name": T.c.name,
        "fen": T.c.fen, "outcome": T.c.state, "reason": T.c.reason,
        "reason_text": T.c.reason_text, "bank_ref": T.c.bank_ref, "arrived_on": T.c.arrived_on,
        "attempt_id": T.c.id, "fate": "posted", "why": "",
    }, select().join_from(T, R, R.c.id == T.c.run_id)
        .join(Q, Q.c.run_id == R.c.id).where(mine).order_by(T.c.id))  # fmt: skip
