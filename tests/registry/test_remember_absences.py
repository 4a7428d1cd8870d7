"""休学, 退学, 复学: which months a student was away is remembered, and none of them is paid."""

from __future__ import annotations

import pytest

from app.kernel import clock
from app.kernel.types import YearMonth
from app.publicity import following  # noqa: F401  (lists follow the registry)
from app.publicity.models import AidLine
from app.registry.models import Absence, Enrolment
from app.registry.previewing import preview
from tests.engine import MONTHLY, line, student
from tests.registry.rolls import load, pupil, pupils, send


def told(world, state, month="", n=0):
    """The school's file says this of a student."""
    return load(world, world.school, [pupil(student(n), 入学年月="2025-09", 学籍状态=state,
                                            异动年月=month)])  # fmt: skip


def periods(world):
    """(state, first month, last month) of each period there is; None while he is away."""
    return [(a.state, str(a.first_month), a.last_month and str(a.last_month))
            for a in world.all(Absence)]  # fmt: skip


WAYS = {
    "left": ([("休学", "2026-03")], [("02", "2026-03", None)]),
    "came_new_and_away": ([("退学", "2026-03")], [("03", "2026-03", None)]),
    "back_in_a_told_month": (
        [("在读", ""), ("休学", "2026-03"), ("复学", "2026-06")], [("02", "2026-03", "2026-05")],
    ),
    "back_now": ([("休学", "2026-03"), ("复学", "")], [("02", "2026-03", "2026-08")]),
    "studies_again": ([("休学", "2026-03"), ("在读", "")], [("02", "2026-03", "2026-08")]),
    "said_twice": ([("休学", "2026-03")] * 2, [("02", "2026-03", None)]),
    "return_said_twice": (
        [("休学", "2026-03"), ("复学", "2026-06"), ("复学", "2026-06"), ("在读", "")],
        [("02", "2026-03", "2026-05")],
    ),
    "left_earlier_than_said": (
        [("休学", "2026-03"), ("休学", "2026-02")], [("02", "2026-02", None)],
    ),
    "for_good_in_the_end": (
        [("休学", "2026-03"), ("退学", "2026-09")],
        [("02", "2026-03", "2026-08"), ("03", "2026-09", None)],
    ),
    "another_state_from_the_same_month": (
        [("休学", "2026-03"), ("退学", "2026-03")], [("03", "2026-03", None)],
    ),
    "twice_away": (
        [("休学", "2026-02"), ("复学", "2026-04"), ("休学", "2026-09")],
        [("02", "2026-02", "2026-03"), ("02", "2026-09", None)],
    ),
    "back_later_than_first_said": (
        [("休学", "2026-03"), ("复学", "2026-05"), ("复学", "2026-06")],
        [("02", "2026-03", "2026-05")],
    ),
    "never_away_after_all": (
        [("休学", "2026-03"), ("复学", "2026-03")], [("02", "2026-03", "2026-02")],
    ),
    "never_away_by_far": (
        [("休学", "2026-03"), ("复学", "2025-12")], [("02", "2026-03", "2026-02")],
    ),
    "nothing_said": ([("休学", "2026-03"), ("", "")], [("02", "2026-03", None)]),
}  # fmt: skip


@pytest.mark.parametrize(("files", "held"), WAYS.values(), ids=WAYS)
def test_the_periods_are_what_the_files_said(world, files, held):
    for state, month in files:
        told(world, state, month)
    assert periods(world) == held


def test_of_many_students_only_those_the_file_names_are_touched(world):
    for n in range(3):
        told(world, "休学", "2026-03", n)
    load(
        world,
        world.far,
        [pupil(student(1), 入学年月="2025-09", 学籍状态="转学", 异动年月="2026-04")],
    )
    told(world, "复学", "2026-06", 1)
    known = {(a.enrolment_id, a.last_month and str(a.last_month)) for a in world.all(Absence)}
    here = [world.one(Enrolment, school_id=world.school.id, name=student(n).name).id
            for n in range(3)]  # fmt: skip
    there = world.one(Enrolment, school_id=world.far.id).id
    assert known == {(here[0], None), (here[1], "2026-05"), (here[2], None), (there, None)}


def test_the_period_lies_where_the_student_does(world):
    told(world, "休学", "2026-03")
    period = world.one(Absence)
    assert (period.org_path, period.school_id) == (world.school.path, world.school.id)


# --- what a file would change


@pytest.mark.parametrize(("files", "shown"), [
    ([("休学", "2026-03"), ("复学", "2026-06")], ("", "2026-06")),
    ([("休学", "2026-03"), ("复学", "")], ("", "2026-09")),
    ([("休学", "2026-03"), ("复学", "2026-05"), ("复学", "2026-06")], ("2026-05", "2026-06")),
])  # fmt: skip
def test_the_preview_tells_the_month_of_coming_back(world, files, shown):
    *before, (state, month) = files
    for one in before:
        told(world, *one)
    rows = [pupil(student(0), 入学年月="2025-09", 学籍状态=state, 异动年月=month)]
    staged = send(world, world.school, rows)
    with clock.at(world.moment):
        (part,) = [p for p in preview(staged).parts if p.code == "changed"]
    (change,) = [c for row in part.rows for c in row.changes if str(c.label) == "复学年月"]
    assert (change.old, change.new) == shown


def test_a_return_known_already_is_no_change(world):
    told(world, "休学", "2026-03")
    told(world, "复学", "2026-06")
    done = told(world, "复学", "2026-06")
    assert (done.changed, done.unchanged) == (0, 1)


def test_a_month_of_coming_back_for_who_never_left_is_no_change(world):
    told(world, "复学", "2026-06")
    assert told(world, "复学", "2026-05").unchanged == 1
    assert periods(world) == []


# --- what lists make of it


def claimed(world, first, last=None):
    """The findings of a supplement for these months of one student."""
    first, last = YearMonth.at(*first), YearMonth.at(*(last or first))
    row = line(student(0), first_month=first, last_month=last, amount_fen=MONTHLY)
    target = world.draft(world.school, kind="SUPPLEMENT")
    return world.codes(world.fill(target, [row]))


@pytest.mark.parametrize(("first", "last", "codes"), [
    ((2026, 2), None, set()), ((2026, 3), None, {"WAS_AWAY"}), ((2026, 5), None, {"WAS_AWAY"}),
    ((2026, 6), None, set()), ((2026, 1), (2026, 2), set()), ((2026, 2), (2026, 3), {"WAS_AWAY"}),
    ((2026, 5), (2026, 6), {"WAS_AWAY"}), ((2026, 2), (2026, 9), {"WAS_AWAY"}),
    ((2026, 6), (2026, 9), set()),
])  # fmt: skip
def test_no_month_away_is_made_good_to_who_is_back(world, first, last, codes):
    told(world, "休学", "2026-03")
    told(world, "复学", "2026-06")
    assert claimed(world, first, last) == codes


def test_who_was_suspended_and_then_left_was_away_all_the_time(world):
    told(world, "休学", "2026-03")
    told(world, "退学", "2026-09")
    assert claimed(world, (2026, 4)) == {"WAS_AWAY"}
    assert claimed(world, (2026, 9)) == {"NOT_AT_SCHOOL"}


def test_a_period_told_by_mistake_bars_no_month(world):
    told(world, "休学", "2026-03")
    told(world, "复学", "2026-03")
    assert claimed(world, (2026, 2), (2026, 4)) == set()


def test_the_draft_hears_of_a_return(world):
    """The list was there first: the registry's news reach its findings at once."""
    told(world, "休学", "2026-03")
    row = line(student(0), first_month=YearMonth.at(2026, 3), amount_fen=MONTHLY)
    target = world.fill(world.draft(world.school, kind="SUPPLEMENT"), [row])
    assert world.codes(target) == {"NOT_AT_SCHOOL"}
    told(world, "复学", "2026-09")
    assert world.codes(target) == {"WAS_AWAY"}
    told(world, "复学", "2026-03")
    assert world.codes(target) == set()


def test_who_leaves_after_his_list_was_submitted_keeps_it_from_being_published(world):
    load(world, world.school, pupils(2))
    target = world.fill(world.draft(), [line(student(0)), line(student(1))])
    world.through(target, "submitted")
    told(world, "退学", "2026-09")
    assert world.codes(target) == {"NOT_AT_SCHOOL"}
    out = world.press("publish", target, world.county.approver)
    assert "必须处理" in out.refused[target.id]
    world.remove(target, 2)
    assert world.press("publish", target, world.county.approver).moved == 1


def test_an_absence_at_another_school_bars_nothing_here(world):
    """Who moved is away from the school he left, and paid by the one he came to."""
    load(
        world,
        world.far,
        [pupil(student(0), 入学年月="2025-09", 学籍状态="转学", 异动年月="2026-03")],
    )
    load(
        world,
        world.far,
        [pupil(student(0), 入学年月="2025-09", 学籍状态="复学", 异动年月="2026-08")],
    )
    load(world, world.school, pupils(1, 入学年月="2026-03"))
    assert claimed(world, (2026, 4)) == set()
    assert world.count(AidLine) == 1
