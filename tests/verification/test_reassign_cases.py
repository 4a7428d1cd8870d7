"""A case of the wrong school goes back to the bureau, and on to the right one."""

from __future__ import annotations

import pytest

from app.kernel.audit import Event
from app.kernel.errors import Refused
from app.verification.models import Case
from tests.engine import student
from tests.verification.suspects import answer, cases, end, given_to, load, opened, suspect, told

NOT_OURS = {"finding": "NOT_OURS", "action": "REASSIGN", "explanation": "2025年已转往闽侯工业学校"}


@pytest.fixture
def of(world):
    return opened(world)


@pytest.fixture
def stray(world, of):
    """A case whose school says that it is another's."""
    load(world, of, [suspect(student(0), world.school)])
    case = cases(world, of)[student(0).name]
    answer(world, case, told(**NOT_OURS))
    return world.fresh(case)


def test_the_bureau_gives_it_to_another_school_which_answers_anew(world, stray):
    assert stray.state == "stray"
    given_to(world, stray, world.second, world.county.clerk)
    now = world.fresh(stray)
    assert (now.state, now.school_id, now.org_path) == (
        "waiting", world.second.id, world.second.path)  # fmt: skip
    assert (now.finding, now.action, now.explanation) == (None, None, "")
    answer(world, now)
    assert world.fresh(stray).state == "answered"


def test_what_the_first_school_said_stands_on_the_trail(world, stray):
    given_to(world, stray, world.second, world.county.clerk)
    deeds = world.all(Event, subject=Case.__tablename__, subject_id=stray.id)
    assert [(e.verb, e.note) for e in deeds] == [
        ("disown_case", "2025年已转往闽侯工业学校"),
        ("reassign_case", "闽侯职业中专 → 闽侯工业学校"),
    ]


def test_the_bureau_of_the_round_may_give_it_across_counties(world, stray):
    with pytest.raises(Refused, match="管辖范围"):
        given_to(world, stray, world.far, world.county.clerk)
    given_to(world, stray, world.far, world.province.clerk)
    assert world.fresh(stray).org_path == world.far.path


def test_nobody_else_gives_it_away(world, stray):
    for actor in (world.other.clerk, world.county.reviewer, world.school.clerk):
        with pytest.raises(Refused):
            given_to(world, stray, world.second, actor)
    assert world.fresh(stray).school_id == world.school.id


def test_a_school_that_has_the_same_case_is_not_given_it_twice(world, of, stray):
    load(world, of, [suspect(student(0), world.second)])
    with pytest.raises(Refused, match="已有该生的同一种异常记录"):
        given_to(world, stray, world.second, world.county.clerk)
    with pytest.raises(Refused, match="就在这所学校"):
        given_to(world, stray, world.school, world.county.clerk)


def test_the_bureau_may_insist_that_it_is_the_schools(world, stray):
    assert world.press("return_case", stray, world.county.reviewer, note="学籍仍在你校").moved == 1
    assert world.fresh(stray).state == "waiting"


def test_what_is_nobodys_is_closed_by_the_bureau_of_the_round_and_still_counts(world, of, stray):
    assert world.press("close_stray", stray, world.county.reviewer).moved == 0
    assert end(world, of).moved == 0
    assert world.press("close_stray", stray, world.province.reviewer, note="外省学生").moved == 1
    assert end(world, of).moved == 1
    assert world.count(Case, round_id=of.id, state="closed") == 1
