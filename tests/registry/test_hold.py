"""停发: from this month on a student is not paid, once, with a reason, until it is lifted."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts.models import BUREAU_REVIEWER
from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.registry import service
from app.registry.models import Enrolment, Hold
from tests import world as fujian
from tests.engine import OVER, line, lines, student
from tests.stage import signed_in


def hold(world, where=None, actor=None, note="核查中", on=OVER, first=None):
    actor = actor or world.county.reviewer
    where = Enrolment.name.is_not(None) if where is None else where
    with clock.at(on):
        return world.act(actor, service.hold, where, "GRANT", actor, note, first)


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
    told = world.all(Event, verb="hold")
    assert {e.subject_id for e in told} == {h.id for h in world.all(Hold)}
    assert {(e.subject, e.note, e.actor, e.role) for e in told} == {
        ("hold", "核查中", world.county.reviewer.username, BUREAU_REVIEWER)
    }


def test_of_those_held_before_the_trail_names_who_held_them_then(world):
    world.enrol(world.school, lines(2))
    hold(world, Enrolment.name == student(0).name, world.county.approver)
    before = world.one(Hold)
    hold(world)
    (told,) = world.all(Event, verb="hold", subject_id=before.id)
    assert told.actor == world.county.approver.username


@pytest.mark.parametrize("ahead", [-36, -3, 0, 4, 12])
def test_a_hold_begins_with_the_month_that_was_chosen(world, ahead):
    world.enrol(world.school, lines(1), enrolled_in=None)
    assert hold(world, first=world.month + ahead) == 1
    assert world.one(Hold).first_month == world.month + ahead


@pytest.mark.parametrize("ahead", [-37, 13])
def test_a_hold_does_not_begin_ages_ago_or_hence(world, ahead):
    world.enrol(world.school, lines(1))
    with pytest.raises(Refused, match="2023-09至2027-09之间"):
        hold(world, first=world.month + ahead)
    assert world.count(Hold) == 0


def test_nobody_is_held_before_he_came(world):
    world.enrol(world.school, lines(1), enrolled_in=world.month - 2)
    world.enrol(world.school, lines(1, start=1), enrolled_in=world.month - 20)
    assert hold(world, first=world.month - 5) == 2
    assert [h.first_month for h in world.all(Hold)] == [world.month - 2, world.month - 5]


@pytest.mark.parametrize(("ahead", "paid"), [(-3, []), (-2, [-3]), (0, [-3]), (1, [-3, 0])])
def test_months_before_the_one_chosen_are_paid_and_those_from_it_on_are_not(world, ahead, paid):
    for month in (-3, 0):
        world.confirmed(world.school, lines(1), month=world.month + month, enrol=month == -3)
    hold(world, first=world.month + ahead)
    for month in (-3, 0):
        if month in paid:
            assert world.open(month=world.month + month).accepted == 1
            continue
        with pytest.raises(Refused, match="1行处于停发"):
            world.open(month=world.month + month)


def test_the_month_is_asked_for_on_the_page_and_the_page_of_the_hold_names_who_set_it(living):
    reviewer = signed_in(living.staff, fujian.MINHOU_REVIEWER)
    asked = re.findall(r'data-month="([^"]+)"', reviewer.get("/enrolmentgrid/list/").text)
    assert set(asked) == {"2026-11 2023-11 2027-11"}
    with living.staff.app_context(), scope.everyone("a test looks"):
        known = select(Enrolment.id).where(Enrolment.name == fujian.LIN_SIYUAN.name)
        pk = db.session.scalars(known).one()
        db.session.rollback()
    told = {"note": "来信反映未到校", "month": "2026-10"}
    for wrong in ("2099-01", "soon"):
        page = reviewer.post(f"/enrolmentgrid/action/hold/{pk}", data=told | {"month": wrong},
                             follow_redirects=True)  # fmt: skip
        assert "2023-11至2027-11" in page.text or "2026-09 或 202609" in page.text
    reviewer.post(f"/enrolmentgrid/action/hold/{pk}", data=told)
    page = reviewer.post(f"/enrolmentgrid/action/hold/{pk}", data=told | {"month": "2026-09"},
                         follow_redirects=True)  # fmt: skip
    assert "从2026-10起已经停发；要改起始月的，先解除再登记" in page.text
    with living.staff.app_context(), scope.everyone("a test looks"):
        made = db.session.scalar(select(Hold.id).where(Hold.reason == told["note"]))
        db.session.rollback()
    reviewer.post(f"/holdgrid/action/lift/{made}", data={"note": "已到校"})
    page = reviewer.get(f"/holdgrid/show/{made}").text
    for said in ("停发助学金", "来信反映未到校", "解除停发", "已到校", "2026-10"):
        assert said in page


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
