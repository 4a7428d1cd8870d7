"""What the bureau takes on itself, with a reason."""

from __future__ import annotations

import pytest

from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.publicity.models import Finding
from tests.engine import line, lines, student


@pytest.fixture
def target(world):
    return world.listed(world.school, [line(student(0), holder_name="王妈妈"), line(student(1))])


def test_the_bureaus_reason_stands_in_the_trail(world, target):
    world.press("overrule", world.one(Finding), world.county.reviewer, note="监护人代领,已核实")
    told = world.one(Event, verb="overrule")
    assert told.note == "监护人代领,已核实"
    assert world.one(Finding).state == "overruled"


def test_it_can_be_overruled_while_the_list_is_with_the_bureau(world, target):
    world.overrule(target, "HOLDER_DIFFERS")
    world.through(target, "submitted")
    found = world.one(Finding)
    assert world.press("reopen", found, world.county.reviewer).moved == 1
    assert world.press("publish", target, world.county.approver).moved == 0
    assert world.press("overrule", found, world.county.reviewer).moved == 1
    assert world.press("publish", target, world.county.approver).moved == 1


def test_no_reason_no_overruling(world, target):
    with pytest.raises(Refused, match="须填写理由"):
        world.press("overrule", world.one(Finding), world.county.reviewer, note="")


@pytest.mark.parametrize("actor", ["clerk", "reviewer"])
def test_a_school_cannot_overrule_its_own_finding(world, target, actor):
    with pytest.raises(Refused, match="您的岗位不能"):
        world.press("overrule", world.one(Finding), getattr(world.school, actor))


def test_only_the_schools_own_bureau_overrules(world, target):
    """The province stands above the county and still is not the school's bureau."""
    out = world.press("overrule", world.one(Finding), world.province.approver)
    assert "直接主管部门" in next(iter(out.refused.values()))
    assert world.press("overrule", world.one(Finding), world.other.approver).moved == 0
    assert world.one(Finding).state == "open"


def test_nothing_is_overruled_or_reopened_once_the_list_is_published(world):
    rows = [line(student(0), holder_name="王妈妈"), *lines(1, start=1)]
    target = world.listed(world.school, rows)
    world.overrule(target, "HOLDER_DIFFERS")
    world.through(target, "published")
    out = world.press("reopen", world.one(Finding), world.county.approver)
    assert "尚未公示" in next(iter(out.refused.values()))
