"""People on a roll are found in the registry, or it is said why not."""

from __future__ import annotations

from sqlalchemy import func, select

from app.accounts.models import Org
from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.registry import intake as registry
from app.registry.models import Enrolment
from app.rolls import intake
from app.rolls.models import Roll, RollEntry
from app.rolls.previewing import compared
from tests.engine import student
from tests.registry import rolls as schools
from tests.rolls.departments import (
    draw_up,
    enrol,
    entries,
    load,
    member,
    members,
    press,
    send,
    standing,
    take,
)
from tests.stage import counted


def every_case(world):
    """Somebody for every outcome: 0 found, 1 misspelt, 2 at two schools, 3 left, 4 elsewhere,
    5 nobody knows; and 6 who left one school for another."""
    enrol(world, world.school, 4)
    enrol(world, world.second, 1, start=2)
    with scope.everyone("a test arranges"):
        left = db.session.scalars(select(Enrolment).where(Enrolment.name == student(3).name)).one()
        left.state = "03"
        db.session.commit()
    enrol(world, world.far, 1, start=4)
    enrol(world, world.school, 1, start=6, state="10")
    enrol(world, world.second, 1, start=6)
    rows = members(7)
    rows[1]["姓名"] = "王同音"
    return rows


def test_every_person_is_found_or_told_why_not(world):
    rows = every_case(world)
    roll = draw_up(world)
    load(world, roll, rows)
    names = [row["姓名"] for row in rows]
    assert [standing(world, roll)[n] for n in names] == [
        ("one", "pending"), ("name", "unmatched"), ("several", "unmatched"),
        ("left", "unmatched"), ("elsewhere", "unmatched"), ("none", "unmatched"),
        ("one", "pending"),
    ]  # fmt: skip


def test_the_preview_counts_what_taking_then_finds(world):
    rows = every_case(world)
    roll = draw_up(world)
    upload = send(world, roll, rows)
    with clock.at(world.moment), scope.scope(world.county.path):
        seen = compared(upload)
    assert seen.outcomes == {
        "one": 2,
        "name": 1,
        "several": 1,
        "left": 1,
        "elsewhere": 1,
        "none": 1,
    }
    assert seen.schools == 2
    assert sum(seen.outcomes.values()) == upload.accepted
    assert take(world, upload) == seen.outcomes["one"]


def test_whoever_is_found_lies_with_his_school_and_its_bureau_decides(world):
    enrol(world, world.far, 1)
    roll = draw_up(world, world.province)
    load(world, roll, members(2))
    found, unknown = entries(world, roll)[student(0).name], entries(world, roll)[student(1).name]
    assert (found.org_path, found.school_id) == (world.far.path, world.far.id)
    assert found.bureau_id == world.other.id
    assert (unknown.org_path, unknown.bureau_id) == (world.province.path, world.province.id)
    assert unknown.school_id is None


def test_a_county_is_not_told_where_elsewhere_somebody_studies(world):
    enrol(world, world.far, 1)
    roll = draw_up(world)
    load(world, roll, members(1))
    entry = entries(world, roll)[student(0).name]
    assert (entry.match, entry.school_id, entry.enrolment_id) == ("elsewhere", None, None)
    assert entry.org_path == world.county.path


def test_a_school_sees_its_own_people_and_nobody_elses(world):
    enrol(world, world.school, 2)
    enrol(world, world.second, 2, start=2)
    load(world, draw_up(world), members(6))
    seen = {}
    for place in (world.school, world.second, world.far, world.county, world.other):
        with scope.scope(place.path):
            seen[place.code] = db.session.scalar(select(func.count(RollEntry.id)))
    assert list(seen.values()) == [2, 2, 0, 6, 0]


def test_a_student_who_is_enrolled_later_is_found_then(world):
    roll = draw_up(world)
    load(world, roll, members(2))
    assert {s for _m, s in standing(world, roll).values()} == {"unmatched"}
    schools.load(world, world.school, [schools.pupil(student(0))])
    assert standing(world, roll) == {student(0).name: ("one", "pending"),
                                     student(1).name: ("none", "unmatched")}  # fmt: skip
    assert entries(world, roll)[student(0).name].org_path == world.school.path


def test_a_correction_in_the_registry_finds_whom_the_name_kept_apart(world):
    schools.load(world, world.school, [schools.pupil(student(0), 姓名="王同音")])
    roll = draw_up(world)
    load(world, roll, members(1))
    assert standing(world, roll)[student(0).name] == ("name", "unmatched")
    schools.load(world, world.school, [schools.pupil(student(0))])
    assert standing(world, roll)[student(0).name] == ("one", "pending")


def test_a_change_of_the_registry_moves_nobody_whom_the_school_already_has(world):
    schools.load(world, world.school, [schools.pupil(student(0))])
    roll = draw_up(world)
    load(world, roll, members(1))
    press(world, "agree", world.school.clerk)
    schools.load(world, world.second, [schools.pupil(student(0))])
    entry = entries(world, roll)[student(0).name]
    assert (entry.match, entry.state, entry.school_id) == ("one", "verified", world.school.id)


def test_being_found_is_on_the_trail_of_each_entry(world):
    enrol(world, world.school, 2)
    load(world, draw_up(world), members(3))
    events = world.all(Event, verb="match")
    assert len(events) == 2
    assert {e.role for e in events} == {"clock"}


def test_it_costs_the_same_statements_for_three_and_for_two_hundred(world):
    enrol(world, world.school, 150)
    cost = []
    for n in (3, 200):
        roll = draw_up(world, title=f"名册{n}")
        upload = send(world, roll, members(n))
        with counted() as seen:
            take(world, upload)
        cost.append(len([s for s in seen if not s.startswith("SET LOCAL")]))
    assert cost[0] == cost[1] < 25


def test_the_clerk_confirms_the_same_person_and_the_school_goes_on(world):
    enrol(world, world.school, 1)
    roll = draw_up(world)
    load(world, roll, [member(student(0), 姓名="王同音"), member(student(1))])
    out = press(world, "same_person", world.county.clerk, note="户口簿与身份证核对")
    assert (out.moved, out.refused_total) == (1, 1)
    entry = entries(world, roll)["王同音"]
    assert (entry.state, entry.org_path) == ("pending", world.school.path)
    assert (entry.bureau_id, entry.note) == (world.county.id, "户口簿与身份证核对")


def test_a_clerk_compares_once_more_and_only_rolls_of_the_own_bureau(world):
    roll = draw_up(world)
    load(world, roll, members(1))
    enrol(world, world.school, 1)
    assert world.act(world.province.clerk, anew, world.province.clerk) == 0
    assert standing(world, roll)[student(0).name] == ("none", "unmatched")
    assert world.act(world.county.clerk, anew, world.county.clerk) == 1
    assert standing(world, roll)[student(0).name] == ("one", "pending")


def anew(actor) -> int:
    return intake.compare_anew(Roll.id > 0, actor)


def test_registry_follows_are_those_of_this_room_too():
    from app.rolls.matching import compare_again

    assert compare_again in registry._followers


def test_the_tree_is_as_the_tests_think(world):
    with scope.everyone("a test looks"):
        assert db.session.get(Org, world.far.id).parent_id == world.other.id
