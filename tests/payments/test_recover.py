"""追缴: taken back with two pairs of eyes, never more than arrived, its months not paid anew."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import recovering
from app.payments.models import Attempt, PayRun, Recovery
from app.registry.models import CoveredMonth
from tests import world as fujian
from tests.engine import MONTHLY
from tests.stage import signed_in

LATER = "2026-10-20T10:00"
DAY = dt.date(2026, 10, 19)
R, T = Recovery.__table__, Attempt.__table__


@pytest.fixture
def paid(world, run):
    """The first order of a run in which everything arrived."""
    world.paid(run)
    return world.all(Attempt, run_id=run.id)[0]


def begin(world, order, fen=MONTHLY, actor=None, first=None, last=None):
    actor = actor or world.county.clerk
    with clock.at(LATER):
        return world.act(
            actor, lambda: recovering.begin(db.session.get(Attempt, order.id), fen,
                                            first or world.month, last or world.month, "left",
                                            "九月已退学", actor),
        )  # fmt: skip


def press(world, step, row, actor):
    with clock.at(LATER):
        return world.press(step, row, actor)


def agreed(world, order, fen=MONTHLY):
    row = begin(world, order, fen)
    assert press(world, "submit_recovery", row, world.county.clerk).moved == 1
    assert press(world, "agree_recovery", row, world.county.approver).moved == 1
    return row


def receive(world, row, voucher="闽财缴〔2026〕0011", day=DAY, actor=None):
    actor = actor or world.county.poster
    with clock.at(LATER):
        world.act(actor, recovering.receive, world.fresh(row), voucher, day, actor)


def test_a_recovery_goes_from_the_draft_to_the_voucher(world, paid):
    row = agreed(world, paid, 10000)
    receive(world, row)
    done = world.fresh(row)
    assert (done.state, done.fen, done.repaid_on) == ("repaid", 10000, DAY)
    told = [(e.verb, e.fen) for e in world.all(Event, subject="recovery", subject_id=row.id)]
    assert told == [(v, 10000) for v in ("add", "submit_recovery", "agree_recovery", "repay")]


def test_the_months_stay_locked_and_the_order_stays_as_it_was(world, paid):
    receive(world, agreed(world, paid))
    assert world.count(CoveredMonth) == 5
    assert world.fresh(paid).state == "paid"


def test_parts_add_up_to_what_arrived_and_no_further(world, paid):
    begin(world, paid, 15000)
    with pytest.raises(Refused, match="最多还能追缴"):
        begin(world, paid, 8001)
    begin(world, paid, 8000)
    assert world.total(Recovery.fen) == MONTHLY


def test_a_void_one_gives_its_sum_free(world, paid):
    first = begin(world, paid)
    press(world, "void", first, world.county.approver)
    assert begin(world, paid).id != first.id


@pytest.mark.parametrize("fen", [0, MONTHLY + 1])
def test_nothing_and_too_much_are_refused(world, paid, fen):
    with pytest.raises(Refused):
        begin(world, paid, fen)


def test_a_changed_draft_is_judged_like_a_new_one(world, paid):
    row, clerk = begin(world, paid, 5000), world.county.clerk
    for fen in (MONTHLY + 1, 0):
        with clock.at(LATER), scope.scope(clerk.org_path):
            mine = db.session.get(Recovery, row.id)
            mine.fen = fen
            with pytest.raises(Refused):
                recovering.fill_in(mine, clerk)
            db.session.rollback()
    assert world.fresh(row).fen == 5000


def test_months_that_were_not_paid_are_refused(world, paid):
    for first, last in ((-1, 0), (0, 1)):
        with pytest.raises(Refused, match="2026-09"):
            begin(world, paid, first=world.month + first, last=world.month + last)


@pytest.mark.parametrize("outcome", ["failed", "unknown", None])
def test_only_what_arrived_is_taken_back(world, run, outcome):
    order = world.all(Attempt, run_id=run.id)[0]
    if outcome:
        world.results(run, {order.ref: outcome})
    with pytest.raises(Refused, match="没有到账"):
        begin(world, order)


def test_another_bureau_and_other_duties_begin_nothing(world, paid):
    for actor in (world.county.approver, world.province.clerk, world.school.clerk):
        with pytest.raises(Refused, match="主管部门的经办人"):
            begin(world, paid, actor=actor)


def test_who_drew_it_up_does_not_agree(world, paid):
    clerk = world.county.clerk
    row = begin(world, paid)
    press(world, "submit_recovery", row, clerk)
    same = type(clerk)(clerk.id, clerk.username, clerk.name, "bureau_reviewer", clerk.org_id,
                       clerk.org_path)  # fmt: skip
    assert press(world, "agree_recovery", row, same).moved == 0
    assert press(world, "agree_recovery", row, world.county.reviewer).moved == 1


def test_nothing_is_back_before_it_was_sent_where_the_bank_named_no_day(world, paid):
    with scope.everyone("a test"):
        db.session.execute(update(T).where(T.c.id == paid.id).values(arrived_on=None))
        db.session.commit()
    row = agreed(world, paid)
    sent = clock.moment_of(world.all(PayRun)[0].exported_at).date()
    with pytest.raises(Refused, match=f"日期须在{sent}至"):
        receive(world, row, day=sent - clock.ONE_DAY)
    receive(world, row, day=sent)
    assert world.fresh(row).state == "repaid"


def test_without_a_voucher_nothing_is_back(world, paid):
    row = agreed(world, paid)
    assert "凭证" in next(iter(press(world, "repay", row, world.county.poster).refused.values()))
    with pytest.raises(Refused, match="凭证"):
        receive(world, row, voucher=" ")
    for day in (dt.date(2026, 9, 1), dt.date(2026, 12, 1)):
        with pytest.raises(Refused, match="日期须在2026-09-28至2026-10-20之间"):
            receive(world, row, day=day)
    with pytest.raises(Refused, match="导入回盘"):
        receive(world, row, actor=world.county.clerk)
    assert world.fresh(row).state == "agreed"


def test_the_bank_cannot_send_back_what_is_being_recovered_unseen(world, run, paid):
    row = begin(world, paid)
    taken = world.results(run, {paid.ref: "returned"})
    assert (taken.posted, taken.aside) == (0, 1)
    assert world.fresh(paid).state == "paid"
    press(world, "void", row, world.county.approver)
    assert world.results(run, {paid.ref: "returned"}).posted == 1


# --- the receipt on the page


@pytest.fixture
def asked_back(living):
    """The poster of a bureau that asks money back, and which recovery."""
    with living.staff.app_context(), scope.everyone("a test looks"):
        pk = db.session.scalars(select(Recovery.id).where(Recovery.state == "submitted")).one()
        db.session.rollback()
    reviewer = signed_in(living.staff, fujian.MINHOU_REVIEWER)
    reviewer.post(f"/recoverygrid/action/agree_recovery/{pk}")
    return signed_in(living.staff, fujian.MINHOU_POSTER), pk


@pytest.mark.parametrize(("voucher", "day", "said"), [
    ("闽财缴0042", "2001-01-01", "收回日期须在"), ("闽财缴0042", "", "请填写收回日期"),
    (" ", "2026-11-22", "请填写缴款凭证号"), ("9" * 41, "2026-11-22", "40"),
])  # fmt: skip
def test_a_receipt_that_is_refused_comes_back_as_it_was_typed(asked_back, voucher, day, said):
    poster, pk = asked_back
    typed = {"voucher_no": voucher, "repaid_on": day}
    answer = poster.post(f"/recoverygrid/{pk}/receive", data=typed)
    assert answer.status_code == 409
    (wrong,) = re.findall(r'<p class="wrong"[^>]*>(.*?)</p>', answer.text)
    assert said in wrong
    for value in filter(str.strip, typed.values()):
        assert f'value="{value}"' in answer.text


def test_a_receipt_that_fits_closes_the_recovery(asked_back):
    poster, pk = asked_back
    typed = {"voucher_no": "闽财缴0042", "repaid_on": "2026-11-22"}
    answer = poster.post(f"/recoverygrid/{pk}/receive", data=typed)
    assert answer.status_code == 303
    page = poster.get(f"/recoverygrid/show/{pk}").text
    assert "闽财缴0042" in page
    assert 'name="voucher_no"' not in page
    answer = poster.post(f"/recoverygrid/{pk}/receive", data=typed)
    assert (answer.status_code, "只有审核同意、尚未收回" in answer.text) == (409, True)


# --- past every rule


def as_row(world, paid, fen, state="draft"):
    return {
        "org_path": paid.org_path, "attempt_id": paid.id, "payment_id": paid.payment_id,
        "bureau_id": world.county.id, "name": paid.name, "fen": fen, "first_month": 1,
        "last_month": 1, "why": "left", "reason": "x", "voucher_no": "", "state": state,
        "by": "x", "created_at": clock.now(),
    }  # fmt: skip


def test_the_database_refuses_more_than_arrived(world, paid, sql):
    sql(insert(R).values(as_row(world, paid, MONTHLY - 1)))
    with pytest.raises(IntegrityError):
        sql(insert(R).values(as_row(world, paid, 2)))
    with pytest.raises(IntegrityError):
        sql(update(R).values(fen=MONTHLY + 1))
    sql(insert(R).values(as_row(world, paid, MONTHLY, "void")))
    with pytest.raises(IntegrityError):
        sql(update(R).values(state="draft"))
    with pytest.raises(IntegrityError):
        sql(update(T).where(T.c.id == paid.id).values(state="returned"))


def test_the_database_wants_a_voucher(world, paid, sql):
    sql(insert(R).values(as_row(world, paid, 1)))
    with pytest.raises(IntegrityError):
        sql(update(R).values(state="repaid"))
