"""From a row the whole way of its money, and what was brought against it or its student."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import render_template
from sqlalchemy import func, select, update

from app.kernel import clock
from app.kernel.db import db, writing
from app.kernel.scope import everyone
from app.payments import tracing
from app.payments.models import Attempt, FundArrival, Payment, Recovery, ResultLine
from app.payments.queries import HistoryRow
from app.portal.words import plain_rows
from app.publicity.models import AidLine, AidList
from app.registry.models import CardChange, Hold, Person
from app.verification.models import Case
from tests import world as fujian
from tests.engine import OVER, SEPTEMBER, lines
from tests.payments.crossing import books_are_right
from tests.stage import counted, signed_in

NO_DAY = "银行未给出到账日期"


def press(world, step, target, seq, note):
    """A step on the line in this row, by the bureau, with its reason."""
    with clock.at(OVER):
        return world.press(step, world.line(target, seq), world.county.reviewer, note)


def told(world, target, seq, place=None):
    """Each objection as (what was said, how it ended, what was said then, of which month)."""
    pk = world.line(target, seq).id
    trace = world.act((place or world.county).clerk, tracing.trace, AidLine.id == pk)
    return [(o.brought.note, o.end and o.end.verb, o.end and o.end.note, o.month and str(o.month))
            for o in trace.objections]  # fmt: skip


# --- objections


def test_an_objection_after_the_notice_shows_and_how_it_was_decided(world):
    target = world.confirmed(world.school, lines(3))
    assert press(world, "object", target, 2, "来信举报：未到校").moved == 1
    assert told(world, target, 2) == [("来信举报：未到校", None, None, None)]
    press(world, "dismiss", target, 2, "已到校核实，在读")
    assert told(world, target, 2) == [("来信举报：未到校", "dismiss", "已到校核实，在读", None)]
    press(world, "object", target, 2, "再次来信")
    press(world, "remove", target, 2, "核实已离校")
    assert told(world, target, 2) == [
        ("来信举报：未到校", "dismiss", "已到校核实，在读", None),
        ("再次来信", "remove", "核实已离校", None),
    ]
    assert told(world, target, 3) == []
    books_are_right(world)


def test_a_line_struck_off_without_an_objection_tells_of_none(world):
    target = world.confirmed(world.school, lines(2))
    press(world, "remove", target, 2, "重复上报")
    assert told(world, target, 2) == []


def test_what_was_said_of_the_students_other_months_shows_with_the_month(world):
    earlier = world.confirmed(world.school, lines(2), month=world.month - 3)
    target = world.confirmed(world.school, lines(2), enrol=False)
    press(world, "object", earlier, 2, "上学期未到校")
    press(world, "dismiss", earlier, 2, "请假")
    month = str(world.month - 3)
    assert told(world, target, 2) == [("上学期未到校", "dismiss", "请假", month)]
    assert told(world, earlier, 2) == [("上学期未到校", "dismiss", "请假", None)]
    assert told(world, target, 3) == []
    line = world.line(target, 2).id
    trace = world.act(world.county.clerk, tracing.trace, AidLine.id == line)
    assert "object" not in {e.verb for e in trace.deeds}, "the deeds are those of this line"


def test_another_places_objections_are_not_told(world):
    """The same student once stood on the list of a school in another county."""
    elsewhere = world.confirmed(world.far, lines(1), month=world.month - 3)
    target = world.listed(world.school, lines(1))
    for code in world.codes(target):
        world.overrule(target, code)
    world.through(target)
    with clock.at(OVER):
        where = world.line(elsewhere, 2)
        assert world.press("object", where, world.other.reviewer, "那边的举报").moved == 1
    assert told(world, target, 2) == []
    assert len(told(world, elsewhere, 2, world.other)) == 1
    assert len(told(world, target, 2, world.province)) == 1


def test_holds_of_the_student_show_with_their_reason(world):
    target = world.confirmed(world.school, lines(2))
    hold = world.hold(lines(1)[0], world.month)
    pks = [world.line(target, n).id for n in (2, 3)]
    of = [world.act(world.county.clerk, tracing.trace, AidLine.id == pk) for pk in pks]
    assert [[h.id for h in t.holds] for t in of] == [[hold.id], []]


# --- the page


def line_of(living, order):
    with living.staff.app_context(), everyone("a test looks"):
        found = db.session.scalar(select(Payment.line_id).where(Payment.id == order.payment_id))
        db.session.rollback()
    return found


@pytest.fixture
def ask(living):
    def run(statement):
        with living.staff.app_context(), everyone("a test looks"), writing():
            found = db.session.execute(statement).first()
            db.session.commit()
        return found

    return run


def test_every_part_of_the_way_stands_on_the_page(living, ask):
    """List, notice, run, file and line number, attempts, results, complaints."""
    again = select(Attempt.payment_id).where(Attempt.no == 2, Attempt.state == "paid")
    order, line, its = ask(
        select(Attempt, AidLine, AidList).join(Payment, Payment.id == Attempt.payment_id)
        .join(AidLine, AidLine.id == Payment.line_id).join(AidLine.aid_list)
        .where(Attempt.payment_id.in_(again), Attempt.no == 1).order_by(Attempt.id).limit(1)
    )  # fmt: skip
    (answer,) = ask(select(ResultLine).where(ResultLine.attempt_id == order.id))
    page = signed_in(living.staff, "fujian_reviewer").get(f"/duegrid/show/{line.id}").text
    for part, words in {
        "list": (f"/listgrid/show/{its.id}", f"第 {line.seq} 行"),
        "notice": ("公示", f"至 {its.closes_on}", "审核并公示"),
        "run": (f"/rungrid/show/{order.run_id}", f"#{order.run_id}"),
        "file and line": (".txt · 第 ", "导出时间"),
        "attempts": ("第 1 次支付", "第 2 次支付", order.ref),
        "results": (f"回盘第 {answer.row} 行", order.reason_text, "到账日期"),
        "complaints": ("异议、投诉与核查", "没有登记过异议"),
    }.items():
        for word in words:
            assert word in page, (part, word)


def test_the_page_tells_objection_hold_and_suspicion(living, ask):
    (line,) = ask(select(AidLine).where(AidLine.state == "objected"))
    (case,) = ask(
        select(Case)
        .join(Person, Person.id_index == Case.id_index)
        .join(AidLine, AidLine.person_id == Person.id)
        .order_by(Case.id)
        .limit(1)
    )
    (listed,) = ask(
        select(AidLine)
        .join(Person, Person.id == AidLine.person_id)
        .where(Person.id_index == case.id_index)
        .order_by(AidLine.id)
        .limit(1)
    )
    (hold,) = ask(
        select(Hold).join(AidLine, AidLine.person_id == Hold.person_id).order_by(Hold.id).limit(1)
    )
    (held,) = ask(select(AidLine).where(AidLine.person_id == hold.person_id).limit(1))
    desk = signed_in(living.staff, "fujian_reviewer")
    page = desk.get(f"/duegrid/show/{line.id}").text
    assert "电话反映：该生本学期未到校上课" in page
    assert "核实中" in page
    page = desk.get(f"/duegrid/show/{listed.id}").text
    assert f"/casegrid/show/{case.id}" in page
    assert case.round_title in page
    page = desk.get(f"/duegrid/show/{held.id}").text
    assert f"/holdgrid/show/{hold.id}" in page
    assert hold.reason in page


def test_money_taken_back_put_in_and_held_says_who_did_what(living, ask):
    (repaid,) = ask(select(Recovery).where(Recovery.state == "repaid"))
    (arrived, *_more) = ask(select(FundArrival).where(FundArrival.state == "arrived"))
    desk = signed_in(living.staff, "fujian_reviewer")
    page = desk.get(f"/recoverygrid/show/{repaid.id}").text
    assert all(step in page for step in ("办理记录", "同意追缴", "登记收回", "廖世荣"))
    page = desk.get(f"/fundgrid/show/{arrived.id}").text
    assert all(step in page for step in ("办理记录", "核对到位"))
    (hold,) = ask(select(Hold).limit(1))
    assert desk.get(f"/holdgrid/show/{hold.id}").status_code == 200


@pytest.fixture
def sent_back(ask):
    """The last order of 林思远 that arrived came back three days later."""
    who = select(Payment.id).join(AidLine, AidLine.id == Payment.line_id).where(
        AidLine.name == fujian.LIN_SIYUAN.name)  # fmt: skip
    (order,) = ask(
        select(Attempt).where(Attempt.payment_id.in_(who), Attempt.state == "paid")
        .order_by(Attempt.id.desc())
    )  # fmt: skip
    back = order.arrived_on + 3 * clock.ONE_DAY
    changed = update(Attempt).where(Attempt.id == order.id).values(state="returned",
                                                                   returned_on=back)  # fmt: skip
    ask(changed.returning(Attempt.id))
    return order, [order.arrived_on.isoformat(), back.isoformat()]


def test_both_days_of_what_came_back_are_shown_and_exported(living, sent_back):
    order, days = sent_back
    desk = signed_in(living.staff, "fujian_reviewer")
    one = f"_flt_0_ref={order.ref}"
    for address in (f"/attemptgrid/show/{order.id}", f"/attemptgrid/list/?{one}",
                    f"/duegrid/show/{line_of(living, order)}"):  # fmt: skip
        page = desk.get(address).text
        for label, day in zip(("到账日期", "退汇日期"), days, strict=True):
            assert label in page, address
            assert day in page, (address, label)
    for day in ("arrived_on", "returned_on"):
        found = desk.get(f"/attemptgrid/list/?{one}&_flt_0_{day}={days[day == 'returned_on']}")
        assert order.ref in found.text


def test_the_student_reads_both_days_of_what_came_back(living, sent_back):
    name, number, school = fujian.LIN_SIYUAN
    asked = {"name": name, "id_no": number, "school": school}
    page = living.public.test_client().post("/query", data=asked).text
    for said, day in zip(("到账日期", "退汇日期"), sent_back[1], strict=True):
        assert f"{said} {day}" in page


def test_the_page_names_the_card_change_that_an_order_led_to(living, ask):
    change, order = ask(select(CardChange, Attempt).join(Attempt, Attempt.ref == CardChange.ref))
    desk = signed_in(living.staff, "minhou_reviewer")
    with counted() as seen:
        page = desk.get(f"/attemptgrid/show/{order.id}").text
    assert f"/cardchangegrid/show/{change.id}" in page
    assert "因此换卡" in page
    assert change.card_mask in page
    assert len(seen) <= 10


def test_the_page_costs_no_more_where_much_was_said(living, ask, statements):
    (line,) = ask(select(AidLine).where(AidLine.state == "objected"))
    for who in ("fujian_reviewer", fujian.QISHAN_CLERK):
        desk = signed_in(living.staff, who)
        with statements() as seen:
            assert desk.get(f"/duegrid/show/{line.id}").status_code == 200
        assert len(seen) <= 10


def test_a_payment_without_a_day_says_that_the_bank_named_none(living, ask):
    paid = select(func.min(Attempt.id)).where(Attempt.state == "paid").scalar_subquery()
    silent = update(Attempt).where(Attempt.id == paid).values(arrived_on=None)
    (pk,) = ask(silent.returning(Attempt.id))
    page = signed_in(living.staff, "fujian_reviewer").get(f"/attemptgrid/show/{pk}").text
    assert page.count(NO_DAY) == 3


def test_the_students_history_says_so_too(living):
    """An empty place reads as if the money had not come."""
    day = dt.date(2026, 9, 30)
    told = HistoryRow("国家助学金", "示例学校", SEPTEMBER, SEPTEMBER, 23000, "confirmed", "normal",
                      None, "paid", "", day, None, "6222****0001")  # fmt: skip
    for row, said in ((told, f"到账日期 {day}"), (told._replace(arrived_on=None), NO_DAY),
                      (told._replace(arrived_on=None, pay_state="sent"), "")):  # fmt: skip
        page = shown_to_student(living, row)
        assert said in page
        assert (NO_DAY in page) == (said == NO_DAY)


def shown_to_student(stage, row):
    with stage.public.test_request_context():
        return render_template("portal/result.html", name="张三", rows=plain_rows([row]),
                               paid_fen=row.fen, recovered_fen=0)  # fmt: skip
