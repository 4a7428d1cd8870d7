"""A notice taken down: it is shown no longer, mended, and stands five new working days."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock
from app.kernel.errors import Refused
from app.publicity import queries
from app.publicity.models import AidList
from tests.engine import OVER, lines
from tests.publicity.test_submit import refusal


@pytest.fixture
def target(world):
    return world.through(world.listed(world.school, lines(3)), "published")


def withdraw(world, target, actor=None):
    return world.press("withdraw", target, actor or world.county.approver, note="姓名有误")


def test_a_withdrawn_notice_is_the_schools_draft_again(world, target):
    assert withdraw(world, target).moved == 1
    now = world.fresh(target)
    assert (now.state, now.published_at, now.closes_on) == ("draft", None, None)


def test_it_leaves_the_board_at_once(world, target):
    withdraw(world, target)
    with clock.at("2026-09-18"):
        assert queries.on_notice() == []
        assert queries.shown_lines(target.id) == []
        assert queries.notice(target.id) is None


def test_published_again_it_stands_five_new_working_days(world, target):
    withdraw(world, target)
    world.fill(target, lines(2))
    world.through(target, "submitted")
    with clock.at("2026-09-22"):
        assert world.press("publish", target, world.county.approver).moved == 1
    assert world.fresh(target).closes_on == dt.date(2026, 9, 30)
    with clock.at(OVER):
        assert "未满五个工作日" in refusal(world.press("confirm", target, world.county.approver))


def test_a_new_notice_in_a_known_year_is_provisional_no_longer(world):
    target = world.through(world.listed(world.school, lines(1)), "submitted")
    with clock.at("2026-12-28"):
        world.press("publish", target, world.county.approver)
    assert world.fresh(target).provisional
    withdraw(world, target)
    world.through(target, "published")
    assert world.fresh(target).provisional is False


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "exporter", "poster"])
def test_only_the_approver_withdraws(world, target, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        withdraw(world, target, world.county.actor(duty))


def test_only_the_schools_own_bureau_withdraws(world, target):
    assert "直接主管部门" in refusal(withdraw(world, target, world.province.approver))


def test_withdrawing_needs_a_reason(world, target):
    with pytest.raises(Refused, match="须填写理由"):
        world.press("withdraw", target, world.county.approver, note="")


# --- void


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_a_void_list_makes_room_for_a_new_draft(world, state):
    old = world.listed(world.school, lines(2))
    if state == "submitted":
        world.through(old, state)
    assert world.press("void", old, world.county.approver).moved == 1
    new = world.draft()
    assert new.id != old.id
    assert world.fill(new, lines(2)).line_count == 2
    assert world.codes(new) == set(), "the void list stands in nobody's way"


def test_the_lines_of_a_void_list_are_kept_and_never_paid(world):
    old = world.listed(world.school, lines(2))
    world.press("void", old, world.county.approver)
    new = world.draft()
    world.fill(new, lines(3))
    world.enrol(world.school, lines(1, start=2))
    world.overrule(new, "NOT_IN_REGISTRY")
    world.through(new)
    assert world.open().accepted == 3
    assert world.fresh(old).line_count == 2


@pytest.mark.parametrize("state", ["published", "confirmed"])
def test_what_was_shown_to_the_public_is_not_made_void(world, state):
    target = world.through(world.listed(world.school, lines(1)), state)
    assert "当前状态" in refusal(world.press("void", target, world.county.approver))


def test_a_school_does_not_void_its_own_list(world):
    target = world.listed(world.school, lines(1))
    with pytest.raises(Refused, match="您的岗位不能"):
        world.press("void", target, world.school.reviewer)
    assert world.one(AidList).state == "draft"
