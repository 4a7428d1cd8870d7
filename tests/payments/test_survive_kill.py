"""A process killed before any statement of a bulk step, or before its commit, leaves nothing of it.

The step runs in a child of this process. The child kills itself (SIGKILL: no handler, no rollback
of ours) before its n-th statement, for every n until it comes through; each time the tables are
as before, and the next try, without repair, does it all.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments.models import Attempt, PayFile, Payment, PayRun, ResultFile, ResultLine
from app.publicity.models import AidLine, AidList, Finding, StagedLine, Upload
from app.registry.models import Card, CoveredMonth, Person
from tests.engine import OVER, PUBLISHED, lines, result_file

TABLES = [m.__table__ for m in (
    AidList, AidLine, Finding, StagedLine, Upload, Person, Card, CoveredMonth, PayRun, Payment,
    Attempt, PayFile, ResultFile, ResultLine, Event,
)]  # fmt: skip
DONE, BROKEN = 0, 3


def everything():
    """All rows of all tables a step may touch."""
    db.session.remove()
    with scope.everyone("a test looks"):
        found = {t.name: sorted(map(repr, db.session.execute(select(t)))) for t in TABLES}
    db.session.remove()
    return found


def die_before(n):
    """From here on this process kills itself instead of running its n-th statement, or commit."""
    seen = count(1)

    def strike(*_what):
        if next(seen) == n:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", strike)
    event.listen(Engine, "commit", strike)


def in_a_child(verb, n):
    """How the verb ended in a process of its own that dies before statement n."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):  # nothing may climb back into the tests of the parent
            die_before(n)
            verb()
            os._exit(DONE)
        os._exit(BROKEN)
    _pid, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def killed_everywhere(verb):
    """How many places there were to die at; at each the tables stayed as they were."""
    before = everything()
    for n in count(1):
        ended = in_a_child(verb, n)
        if ended == DONE:
            assert everything() != before, "the step did nothing"
            return n - 1
        assert ended == -signal.SIGKILL, f"the step broke by itself at statement {n}"
        assert everything() == before, f"killed before statement {n} it left something"
    return 0


def test_taking_an_upload(world):
    target = world.fill(world.draft(), lines(3))
    world.upload(target, lines(4, start=2))
    verb = lambda: world.take(world.one(Upload, state="staged"))  # noqa: E731
    assert killed_everywhere(verb) > 20
    assert world.one(AidList).line_count == 4
    assert world.count(StagedLine) == 0


def step_on_the_list(world, step, moment):
    def press():
        with clock.at(moment):
            world.press(step, world.one(AidList), world.county.approver)

    return press


def test_publishing(world):
    world.through(world.listed(world.school, lines(3)), "submitted")
    assert killed_everywhere(step_on_the_list(world, "publish", PUBLISHED)) > 4
    assert world.one(AidList).state == "published"


def test_confirming_with_the_cards_that_come_into_use(world):
    world.through(world.listed(world.school, lines(3)), "published")
    assert killed_everywhere(step_on_the_list(world, "confirm", OVER)) > 5
    assert {c.state for c in world.all(Card)} == {"active"}


def test_opening_a_run(world):
    world.confirmed(world.school, lines(4))
    assert killed_everywhere(world.opened) > 10
    run = world.one(PayRun)
    assert run.line_count == world.count(Payment) == world.count(Attempt) == 4
    assert world.count(CoveredMonth) == 4


def test_exporting(world, waiting_run):
    """The files of a killed export are no package: no row names them, and the next one cleans."""
    assert killed_everywhere(lambda: world.export(world.one(PayRun))) > 6
    run = world.one(PayRun)
    assert world.states(run) == ["sent"] * 5
    names = {p.name for p in world.package_of(run).iterdir()}
    assert names == {f.name for f in world.all(PayFile)}


def test_posting_results(world, run):
    refs = world.refs(run)
    said = dict(zip(refs, ["paid", "failed", "unknown", "paid", "paid"], strict=True))
    rows = [world.answer(ref, outcome) for ref, outcome in said.items()]
    path = world.folder / "回盘.txt"
    path.write_bytes(result_file(rows))
    assert killed_everywhere(lambda: world.post(world.one(PayRun), path)) > 6
    assert world.states(world.one(PayRun)) == list(said.values())


def test_paying_again(world, run):
    world.paid(run, "failed")
    assert killed_everywhere(lambda: world.again(world.one(PayRun))) > 6
    assert {p.attempt_no for p in world.all(Payment)} == {2}


def test_voiding_a_run(world, waiting_run):
    verb = lambda: world.press("void", world.one(PayRun), world.county.clerk)  # noqa: E731
    assert killed_everywhere(verb) > 6
    assert world.count(Payment) == world.count(CoveredMonth) == 0


def test_a_child_that_dies_is_seen_to_die(world):
    """The tests above could otherwise pass with a child that never did anything."""
    assert in_a_child(lambda: world.count(AidList), 1) == -signal.SIGKILL
    assert in_a_child(lambda: world.count(AidList), 99) == DONE


def test_a_child_that_breaks_is_not_taken_for_a_killed_one(world):
    def broken():
        raise KeyError("no")

    with pytest.raises(AssertionError, match="broke by itself"):
        killed_everywhere(broken)
