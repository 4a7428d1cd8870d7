"""From confirmed lists to a run: set against set, and the months locked on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    and_,
    exists,
    func,
    or_,
    select,
    update,
)

from app.accounts.models import Org
from app.kernel import audit
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.scope import everyone, scope
from app.payments import due
from app.payments.leaving import of_leavers
from app.payments.models import AGAIN, Attempt, Payment, PayRun
from app.payments.workflow import openers
from app.publicity.models import AidLine, AidList
from app.registry.models import CalendarMonth, Card, CoveredMonth, Hold
from app.registry.service import programme

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect, Select

    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth

L, A, P, T, M, C, H, N = (
    m.__table__
    for m in (AidLine, AidList, Payment, Attempt, CoveredMonth, Card, Hold, CalendarMonth)
)


@dataclass(frozen=True)
class Opened:
    """A new run: how many lines it pays, and of those it cannot pay how many had a month paid
    already (`refused`), how many belong to students on hold (`held`), and how many to students
    who left since the list was published (`away`)."""

    run: PayRun
    accepted: int
    refused: int
    held: int
    away: int


def open_run(month: YearMonth, bureau_code: str | None, actor: Actor, programme_code: str = "GRANT"
             ) -> Opened:  # fmt: skip
    """A run holds every confirmed, unopposed, unpaid line of the month under this bureau.

    `bureau_code` None means the actor's own bureau.

    A line one of whose months is already paid for the same person and programme is left out and
    counted, whoever got there first: the unique key on covered months decides, not a query. So is
    the line of a student on hold, or of one who has left since. Refused when there is nothing to
    pay. A fixed number of statements.
    """
    run = _new_run(month, bureau_code, actor, programme_code, "first")
    with everyone("付款按主管部门汇总各校已确认名单"), due.table_of_due():
        lists, away = _lists_of(run), of_leavers(*_of_run(run))
        free = (~_already_paid(run), ~on_hold(run.programme_id), ~away)
        all_of_them = _fill(run, lists, due.gather(lists, *_payable(run), *free))
        left = (0, 0, 0) if all_of_them else _left_out(run, lists, away)
        _sum_up(run)
    db.session.refresh(run)
    if not run.line_count:
        raise _nothing_to_pay(month, *left)
    return _opened(run, actor, *left)


def _fill(run: PayRun, lists: list[int], found: int) -> bool:
    """The run pays what is due, of which `found` lines were known, less what others took or changed
    meanwhile. Whether no line of the lists that is to be paid is left out."""
    due.write_payments(run)
    locked = due.lock_months(run)
    normal, kept, months = due.compared(lists)
    sure = (kept, locked) == (found, months)
    if not sure:
        due.drop_unlocked()
    due.write_attempts(run)
    return sure and normal == found


def _nothing_to_pay(month: YearMonth, refused: int, held: int, away: int) -> Refused:
    if refused or held or away:
        return Refused(_("%(month)s没有可支付的行：%(n)s行已在其他批次支付过，%(h)s行处于停发，"
                         "%(a)s行的学生已离校", month=month, n=refused, h=held,
                         a=away))  # fmt: skip
    return Refused(_("%(month)s没有可支付的名单：名单须已确认，并且没有支付过", month=month))


def open_again(old: PayRun, actor: Actor) -> Opened:
    """A run holds a new attempt for every failed or returned one of `old` that has none yet.

    The new attempt goes to the person's active card of today; what is unknown is not touched,
    and who is on hold, or has left since, is left out.
    """
    run = _new_run(old.month, old.bureau.code, actor, old.programme.code, "again")
    with everyone("失败的笔数按原批次重发"), due.table_of_due():
        away, stopped = of_leavers(*_of_run(run)), on_hold(run.programme_id)
        held, gone = db.session.execute(select(
            _count_of(_failed(old, stopped)), _count_of(_failed(old, ~stopped, away))
        )).one()  # fmt: skip
        due.gather_again(_failed(old, ~stopped, ~away))
        due.write_attempts(run)
        due.count_orders()
        _refuse_given_up(run)
        _sum_up(run)
    db.session.refresh(run)
    if not run.line_count:
        raise Refused(_("这个批次没有可以重发的失败笔数，另有%(h)s笔处于停发，%(a)s笔的学生已离校",
                        h=held, a=gone))  # fmt: skip
    return _opened(run, actor, 0, held, gone)


def _refuse_given_up(run: PayRun) -> None:
    """Refused when a line of the run was removed while it was being opened."""
    gone = exists().where(T.c.run_id == run.id, P.c.id == T.c.payment_id, L.c.id == P.c.line_id,
                          L.c.state != "normal")  # fmt: skip
    if db.session.scalar(select(gone)):
        raise Refused(_("开立期间有的行被剔除了，没有开立批次，请再开立一次"))


def _count_of(found: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def _failed(old: PayRun, *more: ColumnElement[bool]) -> Select[Any]:
    """The payments whose latest attempt stands in `old` and came to nothing."""
    return (
        select(P.c.id)
        .join_from(P, T, and_(T.c.payment_id == P.c.id, T.c.no == P.c.attempt_no))
        .join(L, L.c.id == P.c.line_id)
        .where(T.c.run_id == old.id, T.c.state.in_(AGAIN), L.c.state == "normal", *more)
    )


def on_hold(programme_id: int | None = None) -> ColumnElement[bool]:
    """The line's student is on hold in one of its months, for the programme of its list."""
    aid: Any = programme_id
    if aid is None:
        aid = select(A.c.programme_id).where(A.c.id == L.c.list_id).correlate(L).scalar_subquery()
    return exists().where(
        H.c.person_id == L.c.person_id, H.c.programme_id == aid, H.c.state == "on",
        H.c.first_month <= L.c.last_month,
        or_(H.c.last_month.is_(None), H.c.last_month >= L.c.first_month),
    )  # fmt: skip


def _new_run(month: YearMonth, bureau_code: str | None, actor: Actor, programme_code: str,
             kind: str) -> PayRun:  # fmt: skip
    if actor.role not in openers:
        raise Refused(_("支付批次由主管部门经办或导出付款岗位开立"))
    aid = programme(programme_code)
    if aid.paid_to != "student":
        raise Refused(_("「%(name)s」拨付给学校，不通过学生名单发放", name=aid.name))
    which = Org.id == actor.org_id if bureau_code is None else Org.code == bureau_code
    with scope(actor.org_path):
        # Two openings of one bureau go one after the other; lists and schools stay free.
        locked = select(Org).where(which).with_for_update(of=Org, key_share=True)
        bureau = db.session.scalar(locked)
    if bureau is None or bureau.id != actor.org_id:
        raise Refused(_("代码「%(code)s」不是您所在的主管部门", code=bureau_code))
    run = PayRun(programme_id=aid.id, bureau_id=bureau.id, org_path=bureau.path, month=month,
                 kind=kind, state="open", created_by=actor.username)  # fmt: skip
    db.session.add(run)
    db.session.flush()
    return run


def _payable(run: PayRun) -> tuple[ColumnElement[bool], ...]:
    """The lines the run is for, joined with their lists."""
    return (*_of_run(run), L.c.state == "normal", ~exists().where(P.c.line_id == L.c.id))


def _already_paid(run: PayRun) -> ColumnElement[bool]:
    """A month of the line is locked by another payment: it would only take months from lines
    that can be paid, and then give them up."""
    return exists().where(
        M.c.person_id == L.c.person_id, M.c.programme_id == run.programme_id,
        M.c.month.between(L.c.first_month, L.c.last_month),
    )  # fmt: skip


def _lists_of(run: PayRun) -> list[int]:
    """The confirmed lists the run is for. Their lines are found by these keys everywhere below:
    a join would read every line there ever was, since sets are joined by reading them whole."""
    found = select(A.c.id).where(*_of_run(run))
    return list(db.session.scalars(found.order_by(A.c.id)))


def _of_run(run: PayRun) -> tuple[ColumnElement[bool], ...]:
    return (A.c.state == "confirmed", A.c.bureau_id == run.bureau_id, A.c.month == run.month,
            A.c.programme_id == run.programme_id)  # fmt: skip


def _left_out(run: PayRun, lists: list[int], away: ColumnElement[bool]) -> tuple[int, int, int]:
    """How many payable lines have months that are paid, how many others belong to students on
    hold, and how many more to those who left.

    Asked last: whoever took a month while this run was being opened is seen by now.
    """
    held, paid = on_hold(run.programme_id), _already_paid(run)
    found = (
        select(
            func.count().filter(and_(~held, ~away, paid)),
            func.count().filter(held),
            func.count().filter(and_(~held, away)),
        )
        .join_from(L, A, A.c.id == L.c.list_id)
        .where(L.c.list_id.in_(lists), *_payable(run))
    )
    n_paid, n_held, n_away = db.session.execute(found).one()
    return int(n_paid), int(n_held), int(n_away)


def _sum_up(run: PayRun) -> None:
    count, fen = db.session.execute(
        select(func.count(), func.coalesce(func.sum(T.c.fen), 0)).where(T.c.run_id == run.id)
    ).one()
    figures = {"line_count": count, "total_fen": int(fen)}
    db.session.execute(update(PayRun.__table__).where(PayRun.id == run.id).values(figures))


def _opened(run: PayRun, actor: Actor, refused: int, held: int, away: int) -> Opened:
    """The opening stands in the trail, with what was left out."""
    note = _l("月份已支付未列入%(n)s行，停发未列入%(h)s行，离校未列入%(a)s行", n=refused, h=held,
              a=away)  # fmt: skip
    audit.record("open", actor=actor, org_path=run.org_path, subject="pay_run",
                 subject_id=run.id, count=run.line_count, fen=run.total_fen,
                 note=note if refused or held or away else "")  # fmt: skip
    return Opened(run, run.line_count, refused, held, away)
