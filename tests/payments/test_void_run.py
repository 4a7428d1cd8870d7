"""A run that never left the house gives everything back; one that left gives back nothing."""

from __future__ import annotations

import pytest

from app.kernel.errors import Refused
from app.payments.models import Attempt, Payment, PayRun
from app.registry.models import CoveredMonth
from tests.engine import lines


def void(world, run, actor=None, note="金额有误"):
    return world.press("void", run, actor or world.county.clerk, note)


def test_a_void_run_gives_back_its_lines_and_its_months(world, waiting_run):
    assert void(world, waiting_run).moved == 1
    assert world.fresh(waiting_run).state == "void"
    assert all(world.count(m) == 0 for m in (Attempt, Payment, CoveredMonth))


def test_what_was_given_back_is_paid_by_the_next_run(world, waiting_run):
    void(world, waiting_run)
    opened = world.open()
    assert (opened.accepted, opened.run.total_fen) == (5, waiting_run.total_fen)
    assert opened.run.id != waiting_run.id


def test_the_references_of_a_void_run_are_never_used_again(world, waiting_run):
    before = set(world.refs(waiting_run))
    void(world, waiting_run)
    assert not before & set(world.refs(world.opened()))


def test_other_runs_keep_theirs(world, waiting_run):
    world.confirmed(world.second, lines(2, start=20))
    other = world.opened()
    void(world, waiting_run)
    assert (world.count(Attempt), world.count(Payment), world.count(CoveredMonth)) == (2, 2, 2)
    assert world.states(other) == ["waiting"] * 2


def test_the_run_itself_stays_as_evidence_of_what_it_was(world, waiting_run):
    void(world, waiting_run)
    kept = world.one(PayRun)
    assert (kept.line_count, kept.total_fen) == (5, waiting_run.total_fen)


def test_a_run_that_was_exported_cannot_be_void(world, run):
    out = void(world, run)
    assert "当前状态" in out.refused[run.id]
    assert world.count(CoveredMonth) == 5


def test_no_reason_no_void(world, waiting_run):
    with pytest.raises(Refused, match="须填写理由"):
        void(world, waiting_run, note="")


@pytest.mark.parametrize("duty", ["reviewer", "approver", "poster"])
def test_only_who_may_open_may_void(world, waiting_run, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        void(world, waiting_run, world.county.actor(duty))


def test_another_bureau_voids_nothing(world, waiting_run):
    out = void(world, waiting_run, world.province.clerk)
    assert "开立它的主管部门" in out.refused[waiting_run.id]
    assert world.count(Payment) == 5
