"""停发: from this month on a student is not paid, once, with a reason, until it is lifted."""

from __future__ import annotations

import pytest

from app.kernel import clock
from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.registry import service
from app.registry.models import Enrolment, Hold
from tests.engine import OVER, line, lines, student


def hold(world, where=None, actor=None, note="核查中", on=OVER):
    actor = actor or world.county.reviewer
    where = Enrolment.name.is_not(None) if where is None else where
    with clock.at(on):
        return world.act(actor, service.hold, where, "GRANT", actor, note)


def lift(world, made, actor=None, note="已核实"):
    actor = actor or world.county.reviewer
    return world.press("lift", made, actor, note)


def test_a_hold_begins_with_this_month_and_has_no_end(world):
    world.enrol(world.school, lines(2))
    assert hold(world, Enrolment.name == student(0).name) == 1
    made = world.one(Hold)
    assert (made.name, str(made.first_month), made.last_month) == (student(0).name, "2026-09", None)
    assert (made.state, made.org_path, made.reason) == ("on", world.school.path, "核查中")


def test_many_are_held_by_one_press_and_stand_in_the_trail(world):
    world.enrol(world.school, lines(4))
    assert hold(world) == 4
    told = world.one(Event, verb="hold")
    assert (told.count, told.note) == (4, "核查中")


def test_who_is_held_is_not_held_twice(world):
    world.enrol(world.school, lines(2))
    hold(world, Enrolment.name == student(0).name)
    assert hold(world) == 1
    assert world.count(Hold) == 2


def test_who_is_enrolled_at_two_schools_is_held_once(world):
    """Lifted once he must be free."""
    world.enrol(world.school, lines(1), state="03")
    world.enrol(world.second, lines(1))
    assert hold(world) == 1


def test_a_hold_that_has_run_out_does_not_keep_a_new_one_away(world):
    world.enrol(world.school, lines(1))
    world.hold(line(student(0)), world.month - 6, world.month - 1)
    assert hold(world) == 1


def test_a_hold_that_still_runs_keeps_a_new_one_away(world):
    world.enrol(world.school, lines(1))
    world.hold(line(student(0)), world.month - 6, world.month)
    assert hold(world) == 0


def test_a_lifted_student_can_be_held_again(world):
    world.enrol(world.school, lines(1))
    hold(world)
    assert lift(world, world.one(Hold)).moved == 1
    assert hold(world) == 1


def test_a_lifted_student_is_paid(world):
    world.confirmed(world.school, lines(1))
    hold(world)
    with pytest.raises(Refused, match="1行处于停发"):
        world.open()
    lift(world, world.one(Hold))
    assert world.open().accepted == 1


def test_no_reason_no_hold(world):
    world.enrol(world.school, lines(1))
    with pytest.raises(Refused, match="须填写理由"):
        hold(world, note=" ")
    assert world.count(Hold) == 0


def test_no_reason_no_lifting(world):
    world.enrol(world.school, lines(1))
    hold(world)
    with pytest.raises(Refused, match="须填写理由"):
        lift(world, world.one(Hold), note="")


@pytest.mark.parametrize("duty", ["clerk", "exporter", "poster"])
def test_only_reviewer_or_approver_lifts(world, duty):
    world.enrol(world.school, lines(1))
    hold(world)
    with pytest.raises(Refused, match="您的岗位不能"):
        lift(world, world.one(Hold), world.county.actor(duty))


def test_another_county_does_not_see_the_hold(world):
    world.enrol(world.school, lines(1))
    hold(world)
    assert lift(world, world.one(Hold), world.other.reviewer).moved == 0
