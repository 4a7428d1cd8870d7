"""Two people decide on the same money at once: holds, cards, funds, recoveries, late returns.

Crossed as in test_at_once.py, at every statement of the first, with the books right at the end.
"""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments import exporting, funds, posting, recovering
from app.payments.banks import shipped
from app.payments.models import (
    Attempt,
    FundArrival,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.publicity.models import AidLine, AidList
from app.registry import card_changes, service
from app.registry.models import Card, CardChange, CoveredMonth, Enrolment, Hold
from app.registry.service import programme
from tests.engine import ANSWERED, MONTHLY, OVER, card, line, lines, result_file, student
from tests.payments.crossing import books_are_right, crossings

LATER = "2026-10-20T10:00"
BACK = dt.date(2026, 10, 19)


@pytest.fixture(autouse=True)
def _production(engine):
    if not engine.is_postgresql:
        pytest.skip("SQLite lets one write at a time: nothing ever crosses there")


def both_ways(world, prepare, one, other):
    """The crossings of the one by the other, then of the other by the one."""
    for first, second in ((one, other), (other, one)):
        for hands in crossings(world, prepare, first, second):
            yield dict(zip(("one", "other"), hands if first is one else hands[::-1], strict=True))


def press(world, step, model, actor, moment=OVER, **which):
    """A step on the one row there is of its kind."""

    def take():
        with clock.at(moment):
            return world.press(step, world.one(model, **which), actor)

    return take


def did(hand):
    """The step was taken by this hand, not only asked for."""
    return hand.refused is None and hand.made.moved == 1


def three_sent(world):
    return world.exported((world.confirmed(world.school, lines(3)), world.opened())[1])


# --- holds


def test_a_hold_laid_while_the_run_is_opened_holds_or_comes_too_late(world):
    def prepare():
        world.confirmed(world.school, lines(3))

    def hold():
        actor = world.county.reviewer
        where = Enrolment.name == student(0).name
        with clock.at(OVER):
            return world.act(actor, service.hold, where, "GRANT", actor, "核查中")

    for _hands in both_ways(world, prepare, world.open, hold):
        assert world.count(Hold, state="on") == 1
        assert world.count(Payment) in (2, 3)
        books_are_right(world)


def test_a_hold_lifted_while_it_is_paid_again_pays_once(world):
    def prepare():
        world.paid(three_sent(world), "failed")
        world.hold(line(student(0)), world.month)

    def again():
        return world.again(world.one(PayRun, kind="first"))

    for hands in both_ways(world, prepare, again, press(world, "lift", Hold,
                                                        world.county.reviewer)):  # fmt: skip
        assert did(hands["other"])
        assert world.count(Attempt, no=2) in (2, 3)
        books_are_right(world)


# --- lists


def test_a_supplement_confirmed_while_its_month_is_opened_is_paid_now_or_next(world):
    """It claims one student of the month's own list again, and brings two more."""

    def prepare():
        world.confirmed(world.school, lines(3))
        target = world.listed(world.second, lines(3, start=2), kind="SUPPLEMENT",
                              first=world.month)  # fmt: skip
        world.overrule(target, "LISTED_ELSEWHERE")
        world.through(target, "published")

    confirm = press(world, "confirm", AidList, world.county.approver, kind="SUPPLEMENT")
    for hands in both_ways(world, prepare, world.open, confirm):
        assert did(hands["other"])
        assert world.count(Payment) in (3, 5)
        if world.count(Payment) == 3:
            world.open()
        assert world.count(Payment) == world.count(CoveredMonth) == 5
        books_are_right(world)


def test_two_openings_over_overlapping_months_lock_each_month_once(world):
    """One list pays September, the other July to September, of the same students."""

    def prepare():
        world.confirmed(world.far, lines(2))
        target = world.listed(world.school, [
            line(s, first_month=world.month - 2, last_month=world.month)
            for s in map(student, range(2))], first=world.month - 2)  # fmt: skip
        for finding in {f.code for f in world.all(world_findings())}:
            world.overrule(target, finding)
        world.through(target)

    def world_findings():
        from app.publicity.models import Finding

        return Finding

    for _hands in crossings(world, prepare, world.open, lambda: world.open(world.other)):
        assert world.count(Payment) == 2
        assert world.count(CoveredMonth) in (2, 4, 6)
        books_are_right(world)


def test_the_same_line_is_frozen_and_removed_at_once(world):
    def prepare():
        world.confirmed(world.school, lines(2))

    def on_line(step):
        return lambda: world.press(step, world.line(world.one(AidList), 2), world.county.approver)

    for _hands in both_ways(world, prepare, on_line("object"), on_line("remove")):
        assert world.line(world.one(AidList), 2).state == "removed" or _frozen(world)
        books_are_right(world)


def _frozen(world):
    return world.count(AidLine, state="objected") == 1


# --- cards


def asked(world, n=0, number=500):
    clerk = world.school.clerk
    enrolled = world.one(Enrolment, name=student(n).name)
    with clock.at(OVER):
        return world.act(clerk, card_changes.ask, enrolled, card(number), "lost", clerk)


def accept(world, actor, **which):
    return press(world, "accept_card", CardChange, actor, **which)


def with_cards(world):
    rows = lines(2)
    world.enrol(world.school, rows)
    for row in rows:
        world.card_of(row)


def test_one_card_change_accepted_by_two_is_done_once(world):
    def prepare():
        with_cards(world)
        asked(world)

    for one, two in crossings(world, prepare, accept(world, world.school.reviewer),
                              accept(world, world.county.reviewer)):  # fmt: skip
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Event, verb="accept_card", outcome="ok") == 1
        assert world.count(Card, state="active") == 2


def test_one_card_change_accepted_and_declined_is_one_of_them(world):
    def prepare():
        with_cards(world)
        asked(world)

    decline = press(world, "decline_card", CardChange, world.county.reviewer)
    for hands in both_ways(world, prepare, accept(world, world.school.reviewer), decline):
        assert did(hands["one"]) != did(hands["other"])
        new = [c for c in world.all(Card, state="active") if c.card_mask[-4:] == card(500)[-4:]]
        assert len(new) == did(hands["one"])


def test_one_number_accepted_for_two_students_at_once_is_one_students(world):
    def prepare():
        with_cards(world)
        asked(world, 0)
        asked(world, 1)

    verbs = [accept(world, world.school.reviewer, name=student(n).name) for n in (0, 1)]
    for one, two in crossings(world, prepare, *verbs):
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Card, state="active") == 2


def test_two_requests_for_one_student_at_once_are_one(world):
    def ask(number):
        return lambda: asked(world, 0, number)

    for hands in crossings(world, lambda: with_cards(world), ask(500), ask(501)):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert world.count(CardChange) == 1


def test_a_card_changed_while_the_run_is_opened_is_the_old_one_or_the_new_one(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        asked(world)

    for hands in both_ways(world, prepare, world.open, accept(world, world.school.reviewer)):
        assert did(hands["other"])
        order = world.one(Attempt, name=student(0).name)
        its = world.one(Card, id=order.card_id)
        assert order.card_mask == its.card_mask
        assert its.card_mask[-4:] in (card(0)[-4:], card(500)[-4:])
        books_are_right(world)


# --- funds


def arrived(world, fen, state="arrived"):
    clerk = world.county.clerk
    with clock.at("2026-09-23T10:00"):
        row = world.act(clerk, lambda: funds.arrive(FundArrival(
            programme_id=programme("GRANT").id, source="county", fen=fen, document_no="8号",
            arrived_on=dt.date(2026, 9, 20)), clerk))  # fmt: skip
        if state == "arrived":
            world.press("confirm_funds", row, world.county.reviewer)


def export(world, **which):
    def verb():
        run, actor = world.one(PayRun, **which), world.county.exporter
        with clock.at(OVER):
            return world.act(actor, exporting.export, run, shipped()["pipe_gbk"],
                             world.package_of(run), actor)  # fmt: skip

    return verb


def test_two_runs_exported_at_once_do_not_spend_the_same_funds(world):
    def prepare():
        for month in (world.month - 3, world.month):
            world.confirmed(world.school, lines(2), enrol=month != world.month, month=month)
            world.opened(month=month)
        arrived(world, 3 * MONTHLY)

    verbs = [export(world, month=m) for m in (world.month - 3, world.month)]
    for one, two in crossings(world, prepare, *verbs):
        assert sorted(hand.refused is None for hand in (one, two)) == [False, True]
        assert "到位资金" in (one.refused or two.refused)
        assert world.count(Attempt, state="sent") == 2


def test_funds_confirmed_and_struck_at_once_are_one_of_both(world):
    def prepare():
        arrived(world, 1000, "recorded")

    confirm = press(world, "confirm_funds", FundArrival, world.county.reviewer)
    strike = press(world, "strike_funds", FundArrival, world.county.approver)
    for hands in both_ways(world, prepare, confirm, strike):
        assert did(hands["other"])
        assert world.one(FundArrival).state == "struck"


# --- runs


def test_a_run_made_void_twice_at_once_gives_back_once(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        world.opened()

    void = press(world, "void", PayRun, world.county.clerk)
    for one, two in crossings(world, prepare, void, void):
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Payment) == world.count(CoveredMonth) == world.count(Attempt) == 0


def test_a_new_run_made_void_while_another_is_opened_leaves_each_order_once(world):
    def prepare():
        world.paid(three_sent(world), "failed")
        world.again(world.one(PayRun))

    def again():
        return world.again(world.one(PayRun, kind="first"))

    void = press(world, "void", PayRun, world.county.clerk, kind="again", state="open")
    for hands in both_ways(world, prepare, again, void):
        assert did(hands["other"])
        latest = {p.attempt_no for p in world.all(Payment)}
        assert latest == ({2} if hands["one"].refused is None else {1})
        assert world.count(Attempt) == 3 * max(latest)
        books_are_right(world)


def test_a_run_is_checked_once(world):
    verbs = [press(world, "check", PayRun, actor)
             for actor in (world.county.reviewer, world.county.approver)]  # fmt: skip
    for one, two in crossings(world, lambda: three_sent(world), *verbs):
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Event, verb="check", outcome="ok") == 1


def test_an_answer_that_comes_while_the_run_is_checked_is_refused_or_posted_after_it(world):
    def prepare():
        said = dict.fromkeys(world.refs(three_sent(world)), "paid")
        rows = [world.answer(ref, outcome) for ref, outcome in said.items()]
        (world.folder / "paid.txt").write_bytes(result_file(rows))

    def post():
        poster, path = world.county.poster, world.folder / "paid.txt"
        with clock.at(ANSWERED):
            world.act(poster, posting.take_results, world.one(PayRun), path, path.name, poster)

    check = press(world, "check", PayRun, world.county.reviewer)
    for _check, answer in crossings(world, prepare, check, post):
        told = answer.refused
        assert told is None or "还没有复核" in told
        assert world.states(world.one(PayRun)) == ["sent" if told else "paid"] * 3
        assert world.one(PayRun).state == "checked"
        books_are_right(world)


def test_a_run_is_settled_once_by_two_accounts(world):
    def prepare():
        run = three_sent(world)
        world.paid(run)
        world.press("check", run, world.county.reviewer)

    verbs = [press(world, "settle", PayRun, actor)
             for actor in (world.county.poster, world.county.actor("poster", "2"))]  # fmt: skip
    for one, two in crossings(world, prepare, *verbs):
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Event, verb="settle", outcome="ok") == 1
        assert world.one(PayRun).state == "settled"
        books_are_right(world)


def test_two_answers_that_contradict_each_other_are_posted_and_set_aside(world):
    def prepare():
        run = world.checked(three_sent(world))
        for outcome in ("paid", "failed"):
            rows = [world.answer(ref, outcome) for ref in world.refs(run)]
            (world.folder / f"{outcome}.txt").write_bytes(result_file(rows))

    def post(outcome):
        return lambda: world.post(world.one(PayRun), world.folder / f"{outcome}.txt")

    for _hands in crossings(world, prepare, post("paid"), post("failed")):
        assert len(set(world.states(world.one(PayRun)))) == 1
        assert sorted(r.fate for r in world.all(ResultLine)) == ["aside"] * 3 + ["posted"] * 3
        books_are_right(world)


# --- settling while the bank still answers


def answered_but_one(world):
    """Checked, two of three paid; the last answer lies ready, and one that agrees with nothing."""
    run = three_sent(world)
    world.press("check", run, world.county.reviewer)
    refs = world.refs(run)
    world.results(run, dict.fromkeys(refs[:2], "paid"))
    last, wrong = world.answer(refs[2], "paid"), world.answer(refs[0], "paid", fen=1)
    back = world.answer(refs[0], "returned")
    for name, rows in (("最后", [last]), ("最后一笔错", [last, wrong]), ("退汇", [back])):
        (world.folder / f"{name}.txt").write_bytes(result_file(rows))
    return run


def bring(world, name):
    return lambda: world.post(world.one(PayRun), world.folder / f"{name}.txt")


def settle(world):
    return press(world, "settle", PayRun, world.county.poster)


def nothing_slipped_in(world):
    """A settled run had every answer and nothing aside: what came later came as a later word."""
    run = world.one(PayRun)
    if run.state == "settled":
        (end,) = world.all(Event, verb="settle", outcome="ok")
        assert set(world.states(run)) <= {"paid", "returned"}
        told = [e for e in world.all(Event, verb="results") if e.id < end.id]
        earlier = world.all(ResultFile)[: len(told)]
        assert not any(world.count(ResultLine, file_id=f.id, fate="aside") for f in earlier)
    books_are_right(world)


def test_a_run_settled_while_its_last_answer_comes_is_settled_with_it_or_not_yet(world):
    for hands in both_ways(world, lambda: answered_but_one(world), settle(world),
                           bring(world, "最后")):  # fmt: skip
        assert hands["other"].refused is None
        assert world.states(world.one(PayRun)) == ["paid"] * 3
        nothing_slipped_in(world)
        assert world.one(PayRun).state == "settled" or settle(world)().moved == 1


def test_money_that_comes_back_while_the_run_is_settled_is_back_and_settled(world):
    def prepare():
        run = answered_but_one(world)
        world.post(run, world.folder / "最后.txt")

    for hands in both_ways(world, prepare, settle(world), bring(world, "退汇")):
        assert did(hands["one"])
        assert hands["other"].refused is None
        assert sorted(world.states(world.one(PayRun))) == ["paid", "paid", "returned"]
        nothing_slipped_in(world)
        assert world.states(world.again(world.one(PayRun))) == ["waiting"]


def test_a_wrong_row_that_comes_while_a_run_is_settled_is_before_it_or_after_it(world):
    def prepare():
        run = answered_but_one(world)
        world.post(run, world.folder / "最后.txt")

    for hands in both_ways(world, prepare, settle(world), bring(world, "最后一笔错")):
        assert hands["other"].refused is None
        assert world.count(ResultLine, fate="aside") == 1
        assert did(hands["one"]) == (world.one(PayRun).state == "settled")
        nothing_slipped_in(world)


# --- recoveries


def three_paid(world):
    run = three_sent(world)
    world.paid(run)
    return run


def first_order(world):
    return min(world.all(Attempt), key=lambda a: a.seq)


def begin(world, fen=MONTHLY):
    def verb():
        actor, order = world.county.clerk, first_order(world)
        with clock.at(LATER):
            return world.act(actor, lambda: recovering.begin(
                db.session.get(Attempt, order.id), fen, world.month, world.month, "left",
                "九月已退学", actor)).id  # fmt: skip

    return verb


def agreed(world):
    three_paid(world)
    begin(world)()
    with clock.at(LATER):
        for step, actor in (("submit_recovery", world.county.clerk),
                            ("agree_recovery", world.county.approver)):  # fmt: skip
            assert world.press(step, world.one(Recovery), actor).moved == 1


def receive(world):
    def verb():
        actor = world.county.poster
        with clock.at(LATER):
            world.act(actor, recovering.receive, world.one(Recovery), "闽财缴11", BACK, actor)
        return True

    return verb


def test_two_recoveries_at_once_do_not_take_the_same_money(world):
    for hands in crossings(world, lambda: three_paid(world), begin(world), begin(world)):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert world.total(Recovery.fen) == MONTHLY
        books_are_right(world)


def test_a_recovery_agreed_by_two_at_once_is_agreed_once(world):
    def prepare():
        three_paid(world)
        begin(world)()
        with clock.at(LATER):
            world.press("submit_recovery", world.one(Recovery), world.county.clerk)

    verbs = [press(world, "agree_recovery", Recovery, actor, LATER)
             for actor in (world.county.reviewer, world.county.approver)]  # fmt: skip
    for one, two in crossings(world, prepare, *verbs):
        assert [did(one), did(two)].count(True) == 1
        assert world.count(Event, verb="agree_recovery", outcome="ok") == 1


def test_money_received_twice_at_once_is_received_once(world):
    for hands in crossings(world, lambda: agreed(world), receive(world), receive(world)):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert world.count(Event, verb="repay", outcome="ok") == 1
        books_are_right(world)


def test_money_received_while_the_recovery_is_made_void_is_one_of_both(world):
    void = press(world, "void", Recovery, world.county.reviewer, LATER)
    for hands in both_ways(world, lambda: agreed(world), receive(world), void):
        received = hands["one"].refused is None
        assert received != did(hands["other"])
        assert world.one(Recovery).state == ("repaid" if received else "void")
        books_are_right(world)


def returned(world):
    def verb():
        return world.post(world.one(PayRun), world.folder / "退汇.txt")

    return verb


def paid_and_about_to_come_back(world):
    three_paid(world)
    rows = [world.answer(first_order(world).ref, "returned")]
    (world.folder / "退汇.txt").write_bytes(result_file(rows))


def test_money_that_comes_back_while_it_is_recovered_is_only_one_of_both(world):
    for hands in both_ways(world, lambda: paid_and_about_to_come_back(world), returned(world),
                           begin(world)):  # fmt: skip
        state = first_order(world).state
        assert (state, world.count(Recovery)) in (("returned", 0), ("paid", 1))
        assert (hands["other"].refused is None) == (state == "paid")
        if state == "paid" and hands["one"].refused is None:
            assert world.one(ResultLine, why="recovered").fate == "aside"
        books_are_right(world)


def test_a_recovery_made_void_while_the_money_comes_back_leaves_it_told_or_set_aside(world):
    def prepare():
        paid_and_about_to_come_back(world)
        begin(world)()

    void = press(world, "void", Recovery, world.county.reviewer, LATER)
    for hands in both_ways(world, prepare, returned(world), void):
        assert did(hands["other"])
        assert world.count(ResultFile) == 2
        told = world.one(ResultFile, file_name="退汇.txt")
        assert (told.posted, told.aside) in ((1, 0), (0, 1))
        assert first_order(world).state == ("returned" if told.posted else "paid")
        books_are_right(world)
