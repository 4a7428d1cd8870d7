"""Two people press at once: real threads, real transactions, on the database of production.

The first is stopped before the n-th statement that writes or locks, or before its commit; the
second then runs as far as it can. So it goes for every n. However they cross, at the end the books
are right, and whoever comes too late reads a sentence, not a crash.
"""

from __future__ import annotations

import pytest
from sqlalchemy import literal, update

from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments.models import Attempt, PayFile, Payment, PayRun, ResultLine
from app.publicity.models import AidLine, AidList, Upload
from app.registry.models import Card, Person
from tests.engine import MONTHLY, OVER, lines, result_file
from tests.payments.crossing import books_are_right, cross, crossings


@pytest.fixture(autouse=True)
def _production(engine):
    if not engine.is_postgresql:
        pytest.skip("SQLite lets one write at a time: nothing ever crosses there")


# --- opening


def shared(world):
    """Five students whom both counties have confirmed, three of each alone."""
    world.confirmed(world.far, [*lines(5), *lines(3, start=10)])
    target = world.listed(world.school, [*lines(5), *lines(3, start=20)])
    world.overrule(target, "LISTED_ELSEWHERE")
    world.through(target)


def test_two_bureaus_open_at_once_and_nobody_is_paid_twice(world):
    for hands in crossings(
        world, lambda: shared(world), world.open, lambda: world.open(world.other)
    ):
        made = [hand.made for hand in hands]
        assert sum(o.accepted for o in made) == world.count(Payment) == 11
        assert sum(o.refused for o in made) == 5
        assert world.total(Payment.fen) == 11 * MONTHLY
        books_are_right(world)


def test_two_people_of_one_bureau_open_at_once_and_one_reads_a_sentence(world):
    def prepare():
        world.confirmed(world.school, lines(4))

    for hands in crossings(world, prepare, world.open, world.open):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert (world.count(PayRun), world.count(Payment)) == (1, 4)
        books_are_right(world)


@pytest.mark.parametrize("step", ["object", "remove"])
def test_a_line_frozen_while_the_run_is_opened_is_either_frozen_or_paid(world, step):
    def prepare():
        world.confirmed(world.school, lines(3))

    def freeze():
        return world.press(step, world.line(world.one(AidList), 2), world.county.approver)

    for first, second in ((world.open, freeze), (freeze, world.open)):
        for _hands in crossings(world, prepare, first, second):
            line = world.line(world.one(AidList), 2)
            paid = world.count(Payment, line_id=line.id)
            assert paid == (line.state == "normal")
            assert world.count(Payment) == 2 + paid
            books_are_right(world)


def test_opening_while_the_run_is_made_void_pays_each_line_once(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        world.opened()
        world.confirmed(world.second, lines(1, start=9))

    def void():
        return world.press("void", world.all(PayRun)[0], world.county.clerk)

    for _hands in crossings(world, prepare, void, world.open):
        assert world.count(Payment) in (1, 4)
        books_are_right(world)


# --- the bank's side


def failed(world):
    world.confirmed(world.school, lines(3))
    world.paid(world.exported(world.opened()), "failed")


def test_two_people_pay_the_same_failures_again_and_each_is_paid_once(world):
    def again():
        return world.again(world.one(PayRun, kind="first"))

    for hands in crossings(world, lambda: failed(world), again, again):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert world.count(Attempt, no=2) == 3
        books_are_right(world)


def test_the_same_answer_imported_twice_at_once_is_posted_once(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        run = world.checked(world.exported(world.opened()))
        rows = [world.answer(ref, "paid") for ref in world.refs(run)]
        (world.folder / "回盘.txt").write_bytes(result_file(rows))

    def post():
        return world.post(world.one(PayRun), world.folder / "回盘.txt")

    for _hands in crossings(world, prepare, post, post):
        fates = sorted(r.fate for r in world.all(ResultLine))
        assert fates == ["posted"] * 3 + ["same"] * 3
        assert world.states(world.one(PayRun)) == ["paid"] * 3


def test_two_people_export_at_once_and_the_files_are_those_of_the_one(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        world.opened()

    def export():
        world.export(world.one(PayRun))
        return True

    for hands in crossings(world, prepare, export, export):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        kept = world.one(PayFile)
        assert [p.name for p in world.package_of(world.one(PayRun)).iterdir()] == [kept.name]


def test_a_run_made_void_while_it_is_exported_is_either_sent_or_gone(world):
    def prepare():
        world.confirmed(world.school, lines(3))
        world.opened()

    def export():
        world.export(world.one(PayRun))
        return True

    def void():
        return world.press("void", world.one(PayRun), world.county.clerk)

    for first, second in ((export, void), (void, export)):
        for _hands in crossings(world, prepare, first, second):
            run = world.one(PayRun)
            told = (run.state, world.states(run), world.count(Payment), world.count(PayFile))
            assert told in (("exported", ["sent"] * 3, 3, 1), ("void", [], 0, 0))
            books_are_right(world)


def test_failures_told_while_others_are_paid_again_are_paid_again_once(world):
    def prepare():
        run = world.exported((world.confirmed(world.school, lines(3)), world.opened())[1])
        refs = world.refs(run)
        world.results(run, {refs[0]: "failed"})
        rest = [world.answer(ref, "failed") for ref in refs[1:]]
        (world.folder / "其余.txt").write_bytes(result_file(rest))

    def post():
        return world.post(world.one(PayRun, kind="first"), world.folder / "其余.txt")

    def again():
        return world.again(world.one(PayRun, kind="first"))

    for first, second in ((post, again), (again, post)):
        for hands in crossings(world, prepare, first, second):
            assert [hand.refused for hand in hands] == [None, None]
            assert world.states(world.one(PayRun, kind="first")) == ["failed"] * 3
            latest = {p.id: p.attempt_no for p in world.all(Payment)}
            orders = {a.payment_id: a.no for a in world.all(Attempt, run_id=world.one(
                PayRun, kind="again").id)}  # fmt: skip
            assert orders.items() <= latest.items()
            assert sum(latest.values()) == 3 + len(orders)
            books_are_right(world)


def test_money_sent_back_while_a_run_is_settled_is_in_the_books(world):
    def prepare():
        run = world.exported((world.confirmed(world.school, lines(3)), world.opened())[1])
        refs = world.refs(run)
        world.press("check", run, world.county.approver)
        world.results(run, dict.fromkeys(refs, "paid"))
        (world.folder / "退汇.txt").write_bytes(result_file([world.answer(refs[0], "returned")]))

    def post():
        return world.post(world.one(PayRun), world.folder / "退汇.txt")

    def settle():
        return world.press("settle", world.one(PayRun), world.county.poster)

    for first, second in ((post, settle), (settle, post)):
        for hands in crossings(world, prepare, first, second):
            assert [hand.refused for hand in hands] == [None, None]
            assert world.one(PayRun).state == "settled"
            assert world.states(world.one(PayRun)) == ["returned", "paid", "paid"]
            books_are_right(world)


# --- lists


def test_one_upload_taken_twice_at_once_is_taken_once(world):
    def prepare():
        target = world.fill(world.draft(), lines(2))
        world.upload(target, lines(3, start=1))

    def take():
        return world.take(world.all(Upload)[-1]).id

    for hands in crossings(world, prepare, take, take):
        assert sorted(hand.refused is None for hand in hands) == [False, True]
        assert world.one(AidList).line_count == world.count(AidLine) == 3
        books_are_right(world)


def test_two_schools_take_the_same_new_students_at_once(world):
    """In opposite order, so that whoever locks row by row meets the other half-way."""

    def prepare():
        world.upload(world.draft(world.school), lines(6))
        world.upload(world.draft(world.far), lines(6)[::-1])

    def take(n):
        return lambda: world.take(world.all(Upload)[n]).id

    for hands in crossings(world, prepare, take(0), take(1)):
        assert [hand.refused for hand in hands] == [None, None]
        assert (world.count(Person), world.count(Card)) == (6, 6)
        assert world.count(AidLine) == 12
        books_are_right(world)


def test_the_clock_and_a_person_confirm_at_once_and_it_is_done_once(world):
    def prepare():
        world.through(world.listed(world.school, lines(2)), "published")

    def confirm(actor):
        def press():
            with clock.at(OVER):
                return world.press("confirm", world.one(AidList), actor)

        return press

    hands = crossings(world, prepare, confirm(CLOCK), confirm(world.county.approver))
    for one, two in hands:
        assert one.made.moved + two.made.moved == 1
        assert world.count(Event, verb="confirm", outcome="ok") == 1
        assert {c.state for c in world.all(Card)} == {"active"}


def test_two_lines_removed_at_once_leave_a_seal_that_fits(world):
    def prepare():
        world.listed(world.school, lines(4))

    def remove(seq):
        return lambda: world.press("remove", world.line(world.one(AidList), seq),
                                   world.school.clerk)  # fmt: skip

    for hands in crossings(world, prepare, remove(2), remove(3)):
        assert [hand.made.moved for hand in hands] == [1, 1]
        assert world.one(AidList).line_count == 2
        books_are_right(world)


def test_a_list_submitted_while_a_file_is_taken_is_submitted_as_sealed(world):
    def prepare():
        target = world.listed(world.school, lines(2))
        world.upload(target, lines(1))

    def take():
        return world.take(world.all(Upload)[-1]).id

    def submit():
        return world.press("submit", world.one(AidList), world.school.reviewer)

    for first, second in ((take, submit), (submit, take)):
        for _hands in crossings(world, prepare, first, second):
            for told in world.all(Event, verb="submit", outcome="ok"):
                assert told.digest == world.one(AidList).digest
            books_are_right(world)


def test_the_crossing_really_happens(world):
    """A second press that ran only before or after the first would prove nothing."""
    world.listed(world.school, lines(2))
    inside, nothing = [], update(AidList.__table__).where(literal(1) == 0).values(line_count=0)

    def first():
        with scope.everyone("a test"):
            for _n in range(3):
                inside.append("first")
                db.session.execute(nothing)
        return True

    def second():
        inside.append("second")
        return True

    assert cross(world, first, second, 3) is not None
    assert inside == ["first", "first", "first", "second"]
    assert cross(world, first, second, 9) is None
