"""The school verifies, other hands decide, the roll is closed when all are through."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from app.kernel import scope
from app.kernel.actor import Actor
from app.kernel.audit import REFUSED, Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.registry.models import Enrolment, Entitlement
from app.rolls.models import RollEntry
from tests.engine import student
from tests.rolls.departments import close, draw_up, enrol, entries, load, members, press, send


@pytest.fixture
def roll(world):
    """Three students of a county's school and one nobody knows stand on its roll."""
    enrol(world, world.school, 3)
    made = draw_up(world)
    load(world, made, members(4))
    return made


def named(n: int):
    return RollEntry.name == student(n).name


def test_what_the_school_says_stands_on_the_entry(world, roll):
    press(world, "agree", world.school.clerk, named(0), note="")
    press(world, "disagree", world.school.reviewer, named(1), note="本学期未到校")
    found = entries(world, roll)
    yes, no = found[student(0).name], found[student(1).name]
    assert (yes.state, yes.verdict, yes.note) == ("verified", "yes", "")
    assert (no.state, no.verdict, no.note) == ("verified", "no", "本学期未到校")
    assert no.verified_by == world.school.reviewer.username
    assert no.verified_at is not None


def test_saying_no_needs_a_reason(world, roll):
    with pytest.raises(Refused, match="理由"):
        press(world, "disagree", world.school.clerk, named(0), note=" ")


def test_another_school_does_not_even_see_them(world, roll):
    out = press(world, "agree", world.second.clerk)
    assert (out.moved, out.refused_total) == (0, 0)


def test_only_the_schools_own_bureau_decides(world):
    enrol(world, world.school, 1)
    made = draw_up(world, world.province)
    load(world, made, members(1))
    press(world, "agree", world.school.clerk)
    out = press(world, "finalise", world.province.reviewer)
    assert out.moved == 0
    assert list(out.refused.values()) == ["由学校的直接主管部门办理"]
    assert press(world, "finalise", world.county.reviewer).moved == 1


def test_who_verified_does_not_decide_whatever_post_he_has_now(world, roll):
    press(world, "agree", world.school.clerk)
    same = world.school.clerk
    risen = Actor(same.id, same.username, same.name, "bureau_reviewer", world.county.id,
                  world.county.path)  # fmt: skip
    out = press(world, "finalise", risen)
    assert out.moved == 0
    assert "不同的人" in next(iter(out.refused.values()))
    assert press(world, "finalise", world.county.reviewer).moved == 3


def test_sent_back_it_is_verified_anew(world, roll):
    press(world, "agree", world.school.clerk)
    press(world, "return_entry", world.county.reviewer, named(0), note="请核对是否在校")
    entry = entries(world, roll)[student(0).name]
    assert (entry.state, entry.verdict, entry.note) == ("pending", "", "请核对是否在校")
    assert (entry.verified_by, entry.verified_at) == ("", None)
    assert press(world, "disagree", world.school.clerk, named(0), note="已退学").moved == 1


def test_a_final_yes_entitles_for_the_rolls_months_and_a_no_does_not(world, roll):
    press(world, "agree", world.school.clerk, named(0))
    press(world, "disagree", world.school.clerk, named(1))
    assert world.count(Entitlement) == 0
    press(world, "finalise", world.county.reviewer)
    (made,) = world.all(Entitlement)
    assert made.person_id == world.one(Enrolment, name=student(0).name).person_id
    assert (made.first_month, made.last_month) == (YearMonth.at(2026, 9), YearMonth.at(2027, 1))
    assert made.struck is False


def test_one_person_on_two_rolls_is_entitled_twice_and_counted_once(world, roll):
    other = draw_up(world, kind="DISABLED")
    load(world, other, members(1))
    press(world, "agree", world.school.clerk, named(0))
    press(world, "finalise", world.county.reviewer)
    found = world.all(Entitlement)
    assert len(found) == 2
    assert len({e.person_id for e in found}) == 1
    assert len({e.difficulty_id for e in found}) == 2


def test_striking_a_final_entry_ends_what_it_entitled_to_and_keeps_the_record(world, roll):
    press(world, "agree", world.school.clerk, named(0))
    press(world, "finalise", world.county.reviewer)
    assert press(world, "strike", world.county.approver, named(0), note="低保已取消").moved == 1
    (made,) = world.all(Entitlement)
    assert made.struck is True
    entry = entries(world, roll)[student(0).name]
    assert (entry.state, entry.note) == ("struck", "低保已取消")


def test_the_roll_is_closed_when_every_student_found_is_final_and_says_what_lacks(world, roll):
    assert list(close(world, roll).refused.values()) == [
        "还有待学校核实的学生：请催学校核实，或说明理由剔除"
    ]
    press(world, "agree", world.school.clerk)
    assert list(close(world, roll).refused.values()) == [
        "还有学校已核实、主管部门未定稿的学生：请先定稿或退回"
    ]
    press(world, "finalise", world.county.reviewer)
    assert close(world, roll).moved == 1
    with pytest.raises(Refused, match="名册已定稿"):
        send(world, roll, members(1, start=9))


def test_an_empty_roll_is_not_closed(world):
    made = draw_up(world)
    assert next(iter(close(world, made).refused.values())).startswith("名册还是空的")


def test_after_closing_nobody_is_let_in_any_more(world, roll):
    press(world, "strike", world.county.reviewer, note="重复")
    assert close(world, roll).moved == 1
    enrol(world, world.school, 1, start=3)
    from app.rolls.matching import compare_again

    with scope.everyone("a test looks"):
        compare_again(world.school.id)
        db.session.commit()
    assert {e.state for e in entries(world, roll).values()} == {"struck"}


def test_every_step_and_every_refusal_is_on_the_trail(world, roll):
    press(world, "agree", world.school.clerk, named(0))
    press(world, "finalise", world.county.reviewer, named(1))
    assert len(world.all(Event, verb="agree", subject="roll_entry")) == 1
    refused = world.all(Event, verb="finalise", outcome=REFUSED)
    assert [e.count for e in refused] == [1]


def test_the_database_keeps_a_person_once_a_roll_and_a_verdict_with_what_was_verified(world, roll):
    with scope.everyone("a test looks"), pytest.raises(Exception, match="verdict"):
        db.session.execute(update(RollEntry.__table__).values(state="final"))
    db.session.rollback()
    with scope.everyone("a test looks"), pytest.raises(Exception, match=r"(?i)unique"):
        db.session.execute(update(RollEntry.__table__).values(id_index=b"0" * 16))
    db.session.rollback()


def test_a_roll_with_people_on_it_cannot_be_deleted(world, roll):
    from app.rolls.models import Roll

    with scope.everyone("a test looks"), pytest.raises(Exception, match=r"(?i)foreign key"):
        db.session.execute(delete(Roll.__table__))
    db.session.rollback()
