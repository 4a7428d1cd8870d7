"""Two people's presses, crossed: real threads, real transactions, the first held in its middle."""

from __future__ import annotations

import threading
import zlib
from itertools import count

from sqlalchemy import event, select
from sqlalchemy.engine import Engine as Connections

from app.kernel import scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import conserving
from app.payments.models import Attempt, Payment, PayRun
from app.payments.sums import Chosen
from app.publicity.models import AidLine, AidList
from app.publicity.seal import differing
from app.registry.models import CoveredMonth

PATIENCE = 60
WRITING = ("INSERT", "UPDATE", "DELETE")


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
    """Every payment holds its months, no month is held twice, every run adds up, and the books say
    so themselves."""
    months = [(c.person_id, c.month) for c in world.all(CoveredMonth)]
    assert len(months) == len(set(months))
    given_up = {x.id for x in world.all(AidLine, state="removed")}
    due = {p.id for p in world.all(Payment) if p.line_id not in given_up}
    assert {c.payment_id for c in world.all(CoveredMonth)} == due
    for run in world.all(PayRun):
        if run.state == "void":  # its figures stay as evidence of what it was
            continue
        orders = world.all(Attempt, run_id=run.id)
        assert (run.line_count, run.total_fen) == (len(orders), sum(a.fen for a in orders))
    with scope.everyone("a test looks"):
        sheet = conserving.books(Chosen())
        assert sheet.holds, [e for e in sheet.total if not e.holds]
        assert differing(select(AidList.__table__.c.id)) == []
