"""A process killed before any statement of a bulk step, or before its commit, leaves nothing of it.

The step runs in a child of this process. The child kills itself (SIGKILL: no handler, no rollback
of ours) before its n-th statement, for every n until it comes through; each time the tables are
as before, and the next try, without repair, does it all.
"""

from __future__ import annotations

import signal

import pytest

from app.kernel import clock
from app.payments.models import Attempt, PayFile, Payment, PayRun
from app.publicity.models import AidList, StagedLine, Upload
from app.registry.models import Card, CoveredMonth
from tests.engine import OVER, PUBLISHED, lines, result_file
from tests.payments.killing import DONE, in_a_child, killed_everywhere


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


def test_posting_results(world, released):
    run = released
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
