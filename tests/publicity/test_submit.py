"""From the school's hands to the bureau's: what must be in order, and whose hand it must be."""

from __future__ import annotations

import pytest

from app.kernel import scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.publicity import service
from app.publicity.models import AidList, Finding
from tests.engine import MONTHLY, line, lines, replace, student


def refusal(out):
    """The one sentence of a press on one row that did not move."""
    assert (out.moved, out.refused_total) == (0, 1)
    return next(iter(out.refused.values()))


def submit(world, target, actor=None):
    return world.press("submit", target, actor or world.school.reviewer)


def test_a_list_in_order_is_submitted_by_the_schools_reviewer(world):
    target = world.listed(world.school, lines(2))
    assert submit(world, target).moved == 1
    assert world.fresh(target).state == "submitted"


def test_the_trail_holds_the_seal_that_was_submitted(world):
    target = world.listed(world.school, lines(2))
    submit(world, target)
    told = world.one(Event, verb="submit")
    assert (told.count, told.fen, told.digest) == (2, 2 * MONTHLY, target.digest)
    assert (told.old, told.new, told.actor) == (
        "draft",
        "submitted",
        world.school.reviewer.username,
    )


def test_the_clerk_of_an_earlier_round_checks_no_later_one(world):
    target = world.listed(world.school, lines(2))
    submit(world, target)
    world.press("recall", target, world.school.reviewer, note="补一名学生")
    promoted = replace(world.school.clerk, role=world.school.reviewer.role)
    assert "退回、撤回之前的也算" in refusal(submit(world, target, promoted))
    assert submit(world, target).moved == 1


def test_a_warning_does_not_stand_in_the_way(world):
    world.card_of(line(student(0), card_no=line(student(9))["card_no"]))
    target = world.listed(world.school, lines(1))
    assert world.codes(target) == {"CARD_CHANGED"}
    assert submit(world, target).moved == 1


def test_a_blocked_line_that_was_removed_no_longer_blocks(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈"), line(student(1))])
    world.remove(target, 2, world.school.clerk)
    assert submit(world, target).moved == 1


def test_a_blocked_line_the_bureau_took_on_itself_no_longer_blocks(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈")])
    world.overrule(target, "HOLDER_DIFFERS")
    assert submit(world, target).moved == 1


def test_a_zero_report_is_submitted_without_lines(world):
    target = world.draft()
    with scope.scope(world.school.path):
        service.report_nobody(target, world.school.clerk)
        db.session.commit()
    assert submit(world, target).moved == 1


def test_a_recalled_list_can_be_mended_and_submitted_again(world):
    target = world.through(world.listed(world.school, lines(2)), "submitted")
    assert world.press("recall", target, world.school.reviewer).moved == 1
    world.fill(target, lines(1))
    assert submit(world, target).moved == 1


def test_a_list_sent_back_can_be_mended_and_submitted_again(world):
    target = world.through(world.listed(world.school, lines(2)), "submitted")
    assert world.press("send_back", target, world.county.reviewer).moved == 1
    assert world.fresh(target).state == "draft"
    world.fill(target, lines(3))
    assert submit(world, target).moved == 0, "the third student is not enrolled"
    world.enrol(world.school, lines(1, start=2))
    with scope.scope(world.school.path):
        service.recheck(target, world.school.clerk)
        db.session.commit()
    assert submit(world, target).moved == 1


# --- refused


def test_an_open_block_stands_in_the_way(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈")])
    assert "必须处理" in refusal(submit(world, target))


def test_a_block_reopened_by_the_bureau_stands_in_the_way_again(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈")])
    world.overrule(target, "HOLDER_DIFFERS")
    assert world.press("reopen", world.one(Finding), world.county.approver).moved == 1
    assert "必须处理" in refusal(submit(world, target))


def test_an_empty_list_without_a_zero_report_says_nothing(world):
    assert "名单是空的" in refusal(submit(world, world.draft()))


def test_a_list_whose_every_line_was_removed_says_nothing(world):
    target = world.listed(world.school, lines(1))
    world.remove(target, 2, world.school.clerk)
    assert "名单是空的" in refusal(submit(world, target))


def test_who_uploaded_the_list_cannot_submit_it(world):
    """Two pairs of eyes, even when one account has had both duties."""
    target = world.listed(world.school, lines(2))
    both = replace(world.school.reviewer, id=world.school.clerk.id)
    assert "不同的人" in refusal(submit(world, target, both))
    assert world.fresh(target).state == "draft"


def test_who_reported_nobody_cannot_submit_it(world):
    target = world.draft()
    with scope.scope(world.school.path):
        service.report_nobody(target, world.school.clerk)
        db.session.commit()
    both = replace(world.school.reviewer, id=world.school.clerk.id)
    assert "不同的人" in refusal(submit(world, target, both))


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "approver", "exporter", "poster"])
def test_nobody_of_a_bureau_submits(world, duty):
    target = world.listed(world.school, lines(1))
    with pytest.raises(Refused, match="您的岗位不能"):
        submit(world, target, world.county.actor(duty))


@pytest.mark.parametrize("actor", ["clerk", "clock"])
def test_neither_the_schools_clerk_nor_the_clock_submits(world, actor):
    target = world.listed(world.school, lines(1))
    with pytest.raises(Refused, match="您的岗位不能"):
        submit(world, target, CLOCK if actor == "clock" else world.school.clerk)


def test_another_school_does_not_even_see_the_list(world):
    target = world.listed(world.school, lines(1))
    out = submit(world, target, world.second.reviewer)
    assert (out.moved, out.refused_total) == (0, 0)
    assert world.fresh(target).state == "draft"


@pytest.mark.parametrize("state", ["submitted", "published", "confirmed"])
def test_a_list_is_submitted_once(world, state):
    target = world.through(world.listed(world.school, lines(1)), state)
    assert "当前状态" in refusal(submit(world, target))


@pytest.mark.parametrize(("step", "by"), [
    ("recall", "school"), ("send_back", "county"), ("void", "county"),
])  # fmt: skip
def test_taking_a_list_back_needs_a_reason(world, step, by):
    target = world.through(world.listed(world.school, lines(1)), "submitted")
    with pytest.raises(Refused, match="须填写理由"):
        world.press(step, target, getattr(world, by).reviewer, note=" ")


def test_a_refused_press_leaves_a_trace_and_changes_nothing(world):
    target = world.draft()
    submit(world, target)
    told = world.one(Event, verb="submit")
    assert (told.outcome, told.subject_id, told.count) == ("refused", target.id, 1)
    assert world.one(AidList).state == "draft"
