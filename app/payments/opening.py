"""From confirmed lists to a run: set against set, and the months locked on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.models import Org
from app.kernel import audit
from app.kernel.db import changed, db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone, scope
from app.payments.models import AGAIN, Attempt, Payment, PayRun
from app.payments.workflow import openers
from app.publicity.models import AidLine, AidList
from app.registry.models import CalendarMonth, Card, CoveredMonth, Hold
from app.registry.service import programme

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth

L, A, P, T, M, C, H, N = (
    m.__table__
    for m in (AidLine, AidList, Payment, Attempt, CoveredMonth, Card, Hold, CalendarMonth)
)


@dataclass(frozen=True)
class Opened:
    """A new run: how many lines it pays, and how many of the lists' lines it cannot pay."""

    run: PayRun
    accepted: int
    refused: int


def open_run(month: YearMonth, bureau_code: str | None, actor: Actor, programme_code: str = "GRANT"
             ) -> Opened:  # fmt: skip
    """A run holds every confirmed, unopposed, unpaid line of the month under this bureau.

    `bureau_code` None means the actor's own bureau.

    A line one of whose months is already paid for the same person and programme is left out and
    counted, whoever got there first: the unique key on covered months decides, not a query.
    Refused when there is nothing to pay. A fixed number of statements.
    """
    run = _new_run(month, bureau_code, actor, programme_code, "first")
    with everyone("付款按主管部门汇总各校已确认名单"):
        wanted = _insert_payments(run)
        _lock_months(run)
        _drop_unlocked(run)
        _insert_attempts(run, select(P.c.id).where(P.c.first_run_id == run.id), literal(1))
        _sum_up(run)
    db.session.refresh(run)
    if not run.line_count:
        if wanted:
            raise Refused(_("%(month)s的%(n)s行都已在其他批次支付过", month=month, n=wanted))
        raise Refused(_("%(month)s没有可支付的名单:名单须已确认,并且没有支付过", month=month))
    _trace(run, actor, wanted - run.line_count)
    return Opened(run, run.line_count, wanted - run.line_count)


def open_again(old: PayRun, actor: Actor) -> Opened:
    """A run holds a new attempt for every failed or returned one of `old` that has none yet.

    The new attempt goes to the person's active card of today; what is unknown is not touched.
    """
    run = _new_run(old.month, old.bureau.code, actor, old.programme.code, "again")
    with everyone("失败的笔数按原批次重发"):
        failed = select(T.c.payment_id).where(
            T.c.run_id == old.id, T.c.state.in_(AGAIN),
            exists().where(P.c.id == T.c.payment_id, P.c.attempt_no == T.c.no),
        )  # fmt: skip
        db.session.execute(
            select(func.count()).select_from(
                select(P.c.id).where(P.c.id.in_(failed)).with_for_update().subquery()
            )
        )
        _insert_attempts(run, failed, P.c.attempt_no + 1)
        fresh = select(T.c.payment_id).where(T.c.run_id == run.id)
        db.session.execute(update(P).where(P.c.id.in_(fresh)).values(attempt_no=P.c.attempt_no + 1))
        _sum_up(run)
    db.session.refresh(run)
    if not run.line_count:
        raise Refused(_("这个批次没有可以重发的失败笔数"))
    _trace(run, actor, 0)
    return Opened(run, run.line_count, 0)


def _new_run(month: YearMonth, bureau_code: str | None, actor: Actor, programme_code: str,
             kind: str) -> PayRun:  # fmt: skip
    if actor.role not in openers:
        raise Refused(_("支付批次由主管部门经办或导出付款岗位开立"))
    aid = programme(programme_code)
    if aid.paid_to != "student":
        raise Refused(_("「%(name)s」拨付给学校,不通过学生名单发放", name=aid.name))
    which = Org.id == actor.org_id if bureau_code is None else Org.code == bureau_code
    with scope(actor.org_path):
        bureau = db.session.scalar(select(Org).where(which))
    if bureau is None or bureau.id != actor.org_id:
        raise Refused(_("代码「%(code)s」不是您所在的主管部门", code=bureau_code))
    run = PayRun(programme_id=aid.id, bureau_id=bureau.id, org_path=bureau.path, month=month,
                 kind=kind, state="open", created_by=actor.username)  # fmt: skip
    db.session.add(run)
    db.session.flush()
    return run


def _held() -> ColumnElement[bool]:
    return exists().where(
        H.c.person_id == L.c.person_id, H.c.programme_id == A.c.programme_id, H.c.state == "on",
        H.c.first_month <= L.c.last_month,
        or_(H.c.last_month.is_(None), H.c.last_month >= L.c.first_month),
    )  # fmt: skip


def _insert_payments(run: PayRun) -> int:
    """A payment stands for each payable line; how many."""
    payable = and_(
        A.c.state == "confirmed", A.c.bureau_id == run.bureau_id, A.c.month == run.month,
        A.c.programme_id == run.programme_id, L.c.state == "normal",
        ~exists().where(P.c.line_id == L.c.id), ~_held(),
    )  # fmt: skip
    cells = (L.c.id, literal(run.id), L.c.org_path, L.c.person_id, A.c.programme_id,
             L.c.amount_fen, literal(1))  # fmt: skip
    source = select(*cells).join_from(L, A, A.c.id == L.c.list_id).where(payable)
    names = ("line_id", "first_run_id", "org_path", "person_id", "programme_id", "fen",
             "attempt_no")  # fmt: skip
    return changed(insert(P).from_select(names, source))


def _lock_months(run: PayRun) -> None:
    """Every month of every payment is claimed; where somebody else holds it, nothing happens."""
    source = (
        select(P.c.person_id, P.c.programme_id, N.c.month, P.c.id)
        .join_from(P, L, L.c.id == P.c.line_id)
        .join(N, N.c.month.between(L.c.first_month, L.c.last_month))
        .where(P.c.first_run_id == run.id)
        .order_by(P.c.person_id, N.c.month)
    )
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    names = ("person_id", "programme_id", "month", "payment_id")
    db.session.execute(dialect.insert(M).from_select(names, source).on_conflict_do_nothing())


def _drop_unlocked(run: PayRun) -> None:
    """Payments that did not get all their months are gone, with the months they did get."""
    span = (
        select(L.c.last_month - L.c.first_month + 1)
        .where(L.c.id == P.c.line_id).correlate(P).scalar_subquery()
    )  # fmt: skip
    got = select(func.count()).where(M.c.payment_id == P.c.id).correlate(P).scalar_subquery()
    mine = P.c.first_run_id == run.id
    first, last = db.session.execute(select(func.min(P.c.id), func.max(P.c.id)).where(mine)).one()
    if changed(delete(P).where(mine, got < span)):
        orphan = ~exists().where(P.c.id == M.c.payment_id)
        db.session.execute(delete(M).where(M.c.payment_id.between(first, last), orphan))


def _insert_attempts(run: PayRun, payments: Any, number: Any) -> None:
    """One attempt for each of these payments, in the order of school and row."""
    active, lines = C.alias(), L
    card = select(active.c.id).where(
        active.c.person_id == P.c.person_id, active.c.state == "active"
    ).correlate(P).scalar_subquery()  # fmt: skip
    seq = func.row_number().over(order_by=(P.c.org_path, lines.c.seq, P.c.id))
    chosen = (
        select(P.c.id.label("payment_id"), P.c.org_path, P.c.fen, lines.c.name,
               func.coalesce(card, lines.c.card_id).label("card_id"), seq.label("seq"),
               number.label("no"))
        .join_from(P, lines, lines.c.id == P.c.line_id)
        .where(P.c.id.in_(payments))
        .subquery("chosen")
    )  # fmt: skip
    ref = literal(f"R{run.id}-").concat(chosen.c.payment_id).concat("-").concat(chosen.c.no)
    cells = (chosen.c.payment_id, literal(run.id), chosen.c.org_path, chosen.c.no, chosen.c.seq,
             ref, chosen.c.card_id, chosen.c.name, C.c.card_mask, chosen.c.fen,
             literal("waiting"))  # fmt: skip
    names = ("payment_id", "run_id", "org_path", "no", "seq", "ref", "card_id", "name",
             "card_mask", "fen", "state")  # fmt: skip
    source = select(*cells).join_from(chosen, C, C.c.id == chosen.c.card_id)
    db.session.execute(insert(T).from_select(names, source))


def _sum_up(run: PayRun) -> None:
    count, fen = db.session.execute(
        select(func.count(), func.coalesce(func.sum(T.c.fen), 0)).where(T.c.run_id == run.id)
    ).one()
    figures = {"line_count": count, "total_fen": int(fen)}
    db.session.execute(update(PayRun.__table__).where(PayRun.id == run.id).values(figures))


def _trace(run: PayRun, actor: Actor, left_out: int) -> None:
    note = _("%(n)s行因月份已支付未列入", n=left_out) if left_out else ""
    audit.record("open", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, count=run.line_count, fen=run.total_fen, note=note)  # fmt: skip
