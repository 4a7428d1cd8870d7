"""Objections and removals: one line stops, the list goes on."""

from __future__ import annotations

import pytest

from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.publicity.models import AidLine
from tests.engine import MONTHLY, lines
from tests.publicity.test_submit import refusal


@pytest.fixture
def target(world):
    return world.through(world.listed(world.school, lines(3)), "published")


def test_an_objection_freezes_one_line_and_the_list_is_confirmed(world, target):
    world.object_to(target, 2)
    world.through(target)
    assert world.fresh(target).state == "confirmed"
    assert [row.state for row in world.all(AidLine)] == ["objected", "normal", "normal"]


def test_the_frozen_line_is_not_paid_and_the_others_are(world, target):
    world.object_to(target, 2)
    world.through(target)
    opened = world.open()
    assert (opened.accepted, opened.run.total_fen) == (2, 2 * MONTHLY)


def test_a_dismissed_objection_lets_the_line_be_paid_later(world, target):
    frozen = world.object_to(target, 2)
    world.through(target)
    world.opened()
    assert world.press("dismiss", frozen, world.county.reviewer).moved == 1
    assert world.open().accepted == 1


def test_a_line_removed_after_an_objection_is_never_paid(world, target):
    frozen = world.object_to(target, 2)
    world.through(target)
    assert world.press("remove", frozen, world.county.approver).moved == 1
    assert world.open().accepted == 2
    assert world.fresh(target).removed_count == 1


def test_the_lists_seal_follows_every_decision_on_a_line(world, target):
    seen = [world.fresh(target).digest]
    frozen = world.object_to(target, 2)
    seen.append(world.fresh(target).digest)
    world.press("dismiss", frozen, world.county.approver)
    assert world.fresh(target).digest == seen[0] != seen[1]


def test_a_removal_on_the_notice_does_not_change_its_last_day(world, target):
    before = world.fresh(target).closes_on
    world.remove(target, 2)
    assert world.fresh(target).closes_on == before


def test_the_reason_of_an_objection_stands_in_the_trail(world, target):
    world.press("object", world.line(target, 2), world.county.reviewer, note="群众来信")
    told = world.one(Event, verb="object")
    assert (told.note, told.fen, told.subject) == ("群众来信", MONTHLY, "aid_line")


def test_the_school_removes_lines_while_the_list_is_its_draft(world):
    target = world.listed(world.school, lines(2))
    world.remove(target, 2, world.school.reviewer)
    assert world.fresh(target).line_count == 1


def test_the_bureau_removes_lines_of_a_submitted_list(world):
    target = world.through(world.listed(world.school, lines(2)), "submitted")
    world.remove(target, 2, world.county.reviewer)
    assert world.fresh(target).line_count == 1


# --- refused


def test_no_objection_without_a_reason(world, target):
    with pytest.raises(Refused, match="须填写理由"):
        world.press("object", world.line(target, 2), world.county.approver, note="")


def test_a_school_cannot_object_nor_dismiss(world, target):
    frozen = world.object_to(target, 2)
    for step in ("object", "dismiss"):
        with pytest.raises(Refused, match="您的岗位不能"):
            world.press(step, frozen, world.school.reviewer)


def test_another_bureau_cannot_object(world, target):
    first = world.line(target, 2)
    assert "直接主管部门" in refusal(world.press("object", first, world.province.approver))
    assert world.press("object", first, world.other.approver).moved == 0


def test_a_draft_is_not_objected_to(world):
    target = world.listed(world.school, lines(1))
    out = world.press("object", world.line(target, 2), world.county.approver)
    assert "已上报" in refusal(out)


@pytest.mark.parametrize("state", ["submitted", "published", "confirmed"])
def test_a_school_removes_nothing_once_the_list_has_left_it(world, state):
    target = world.through(world.listed(world.school, lines(2)), state)
    out = world.press("remove", world.line(target, 2), world.school.clerk)
    assert "直接主管部门" in refusal(out)


def test_a_school_cannot_remove_the_line_the_bureau_froze(world, target):
    """Removed and uploaded anew it would be free of the objection."""
    frozen = world.object_to(target, 2)
    world.press("withdraw", target, world.county.approver)
    out = world.press("remove", frozen, world.school.clerk)
    assert world.fresh(frozen).state == "objected"
    assert out.moved == 0


def test_leaving_the_frozen_student_out_of_the_file_does_not_free_him(world, target):
    world.object_to(target, 2)
    world.press("withdraw", target, world.county.approver)
    world.fill(target, lines(2, start=1))
    world.fill(target, lines(3))
    assert world.line(target, 2).state == "objected"


@pytest.mark.parametrize("step", ["object", "remove"])
def test_a_line_that_stands_in_a_run_is_neither_frozen_nor_removed(world, target, step):
    """The order would be paid all the same, and confirmed would no longer equal paid."""
    world.through(target)
    run = world.opened()
    first = world.line(target, 2)
    out = world.press(step, first, world.county.approver)
    assert "支付批次" in refusal(out)
    world.press("void", run, world.county.clerk)
    assert world.press(step, first, world.county.approver).moved == 1


def test_a_line_that_no_run_could_take_is_removed(world):
    """Its month was paid by another list: it must not wait for ever."""
    world.confirmed(world.far, lines(1))
    world.opened(world.other)
    target = world.listed(world.school, lines(2))
    for code in ("PAID_ELSEWHERE", "LISTED_ELSEWHERE"):
        world.overrule(target, code)
    world.through(target)
    assert world.open().accepted == 1
    assert world.press("remove", world.line(target, 2), world.county.approver).moved == 1
