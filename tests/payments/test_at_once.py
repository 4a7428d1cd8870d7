"""Two people press at once: real threads, real transactions, on the database of production.

The first is stopped before the n-th statement that writes or locks, or before its commit; the
second then runs as far as it can. So it goes for every n. However they cross, at the end the books
are right, and whoever comes too late reads a sentence, not a crash.
"""

from __future__ import annotations

import threading
import zlib
from itertools import count

import pytest
from sqlalchemy import event, literal, select, update
from sqlalchemy.engine import Engine as Connections

from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments.models import Attempt, PayFile, Payment, PayRun, ResultLine
from app.publicity.models import AidLine, AidList, Upload
from app.publicity.seal import differing
from app.registry.models import Card, CoveredMonth, Person
from tests.engine import MONTHLY, OVER, lines, result_file

PATIENCE = 60
WRITING = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture(autouse=True)
def _production(engine):
    if not engine.is_postgresql:
        pytest.skip("SQLite lets one write at a time: nothing ever crosses there")


class Hand(threading.Thread):
    """One person's press in a session of its own, stopped before its n-th step if asked."""

    def __init__(self, world, verb, stop_before=0):
        super().__init__(daemon=True)
        self.world, self.verb, self.stop_before = world, verb, stop_before
        self.seen, self.stopped, self.go = count(1), threading.Event(), threading.Event()
        self.made = self.refused = self.broken = None

    def run(self):
        try:
            with self.world.engine.staff.app_context():
                try:
                    self.made = self.verb()
                finally:
                    db.session.remove()
        except Refused as no:
            self.refused = no.sentence
        except Exception as broken:  # noqa: BLE001  whatever it is, the test must see it
            self.broken = broken
        finally:
            self.stopped.set()

    def at_statement(self, _connection, _cursor, statement, *_rest):
        if statement.startswith(WRITING) or " FOR " in statement:
            self.at_step()

    def at_step(self, *_what):
        if threading.current_thread() is self and next(self.seen) == self.stop_before:
            self.stopped.set()
            assert self.go.wait(PATIENCE)


def cross(world, first, second, n):
    """Both presses, the second in the middle of the first; None when the first had fewer steps."""
    db.session.remove()
    one, two = Hand(world, first, n), Hand(world, second)
    event.listen(Connections, "before_cursor_execute", one.at_statement)
    event.listen(Connections, "commit", one.at_step)
    try:
        one.start()
        assert one.stopped.wait(PATIENCE)
        came_through = not one.is_alive() or one.made is not None
        two.start()
        come_to_rest(two)
        one.go.set()
        for hand in (one, two):
            hand.join(PATIENCE)
            assert not hand.is_alive(), "they wait for each other"
            assert hand.broken is None, f"before statement {n}: {hand.broken!r}"
    finally:
        event.remove(Connections, "before_cursor_execute", one.at_statement)
        event.remove(Connections, "commit", one.at_step)
    return None if came_through else (one, two)


def come_to_rest(hand):
    """The press is over, or waits for a lock that somebody else holds."""
    asleep = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as desk:
        while hand.is_alive() and not desk.exec_driver_sql(asleep).scalar():
            hand.join(0.01)


def crossings(world, prepare, first, second):
    """The two presses crossed at every statement of the first, over the same beginning each."""
    name = f"crossing_{zlib.crc32(prepare.__qualname__.encode())}"
    for n in count(1):
        world.put_back(name, prepare)
        hands = cross(world, first, second, n)
        if hands is None:
            assert n > 2, "the first press hardly did anything"
            return
        yield hands


def books_are_right(world):
    """Every payment holds its months, no month is held twice, and every run adds up."""
    months = [(c.person_id, c.month) for c in world.all(CoveredMonth)]
    assert len(months) == len(set(months))
    assert {c.payment_id for c in world.all(CoveredMonth)} == {p.id for p in world.all(Payment)}
    for run in world.all(PayRun):
        if run.state == "void":  # its figures stay as evidence of what it was
            continue
        orders = world.all(Attempt, run_id=run.id)
        assert (run.line_count, run.total_fen) == (len(orders), sum(a.fen for a in orders))
    with scope.everyone("a test looks"):
        assert differing(select(AidList.__table__.c.id)) == []


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
        run = world.exported((world.confirmed(world.school, lines(3)), world.opened())[1])
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
