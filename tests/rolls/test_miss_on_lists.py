"""应助未报: the entitled who stand on no list are named beside the school's draft."""

from __future__ import annotations

import pytest

from app.kernel import scope
from app.kernel.db import db
from app.kernel.types import YearMonth
from app.publicity.unlisted import SHOWN, unlisted
from app.registry.models import Enrolment
from tests.engine import line, lines, student
from tests.rolls.departments import draw_up, enrol, load, members, press

SEPTEMBER = YearMonth.at(2026, 9)


@pytest.fixture
def entitled(world):
    """Two students of the school are entitled in the autumn term, a third's entry was refused."""
    enrol(world, world.school, 4)
    load(world, draw_up(world), members(3))
    from app.rolls.models import RollEntry

    press(world, "disagree", world.school.clerk, RollEntry.name == student(2).name)
    press(world, "agree", world.school.clerk, RollEntry.state == "pending")
    press(world, "finalise", world.county.reviewer)


def missing(world, target) -> list[str]:
    db.session.expire_all()
    with scope.scope(world.school.path):
        found = unlisted(target)
    assert found.total == len(found.rows) <= SHOWN
    return [r.name for r in found.rows]


def test_both_are_missing_from_a_list_without_them(world, entitled):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    assert missing(world, target) == [student(0).name, student(1).name]


def test_whoever_is_put_on_the_list_is_missing_no_more(world, entitled):
    target = world.listed(world.school, [line(student(0)), line(student(3))], enrol=False)
    assert missing(world, target) == [student(1).name]
    world.fill(target, [line(student(n)) for n in (0, 1, 3)])
    assert missing(world, target) == []


def test_the_school_can_submit_all_the_same(world, entitled):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    assert world.press("submit", target, world.school.reviewer).moved == 1
    assert missing(world, target) == [student(0).name, student(1).name]


def test_a_line_taken_off_the_list_is_missing_again(world, entitled):
    target = world.listed(world.school, [line(student(0)), line(student(1))], enrol=False)
    assert missing(world, target) == []
    world.remove(target, 2, world.school.clerk)
    assert missing(world, target) == [student(0).name]


@pytest.mark.parametrize("change", [
    {"state": "03"}, {"left_in": SEPTEMBER}, {"state": "07", "left_in": SEPTEMBER},
])  # fmt: skip
def test_who_has_left_is_not_asked_for(world, entitled, change):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    with scope.everyone("a test arranges"):
        for enrolment in world.all(Enrolment, name=student(0).name):
            for key, value in change.items():
                setattr(enrolment, key, value)
            db.session.add(enrolment)
        db.session.commit()
    assert missing(world, target) == [student(1).name]


def test_who_is_held_back_is_not_asked_for(world, entitled):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    world.hold(line(student(1)), SEPTEMBER)
    assert missing(world, target) == [student(0).name]


def test_what_was_struck_entitles_nobody(world, entitled):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    from app.rolls.models import RollEntry

    press(world, "strike", world.county.reviewer, RollEntry.name == student(0).name)
    assert missing(world, target) == [student(1).name]


def test_outside_the_rolls_months_nobody_is_asked_for(world, entitled):
    target = world.draft(month=YearMonth.at(2026, 6))
    assert missing(world, target) == []


def test_another_schools_list_asks_for_none_of_them(world, entitled):
    target = world.draft(world.second)
    with scope.scope(world.second.path):
        assert unlisted(target).total == 0


def test_a_supplement_and_a_confirmed_list_ask_for_nobody(world, entitled):
    target = world.listed(world.school, lines(1, start=3), enrol=False)
    assert missing(world, world.draft(kind="SUPPLEMENT")) == []
    world.through(target, "published")
    assert missing(world, target) == []
