"""After five working days: who is confirmed, when at the earliest, which cards come into use."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.calendar_models import CalendarYear, SpecialDay
from app.kernel.db import db
from app.kernel.errors import Refused
from app.publicity import service
from app.publicity.models import AidLine, AidList
from app.publicity.workflow import PUBLICITY
from app.registry.models import Card
from tests.engine import OVER, card, line, lines, student
from tests.publicity.test_submit import refusal


@pytest.fixture
def target(world):
    return world.through(world.listed(world.school, lines(3)), "published")


def confirm(world, target, actor=None, on=OVER):
    with clock.at(on):
        return world.press("confirm", target, actor or world.county.approver)


def cards(world):
    """The state of each card, by its last four digits."""
    return {c.card_mask[-4:]: c.state for c in world.all(Card)}


def last4(n: int) -> str:
    return card(n)[-4:]


def test_a_list_is_confirmed_from_the_first_minute_after_its_last_day(world, target):
    for moment in ("2026-09-17T23:00", "2026-09-23T00:00", "2026-09-23T23:59:59"):
        assert "未满五个工作日" in refusal(confirm(world, target, on=moment))
    assert confirm(world, target, on="2026-09-24T00:00").moved == 1
    assert world.fresh(target).state == "confirmed"


def test_the_clock_confirms_what_nobody_pressed(world, target):
    assert confirm(world, target, CLOCK).moved == 1
    assert world.one(Event, verb="confirm").actor == "clock"


def test_the_cards_of_the_list_come_into_use(world, target):
    confirm(world, target)
    assert set(cards(world).values()) == {"active"}


def test_the_card_used_before_is_closed(world):
    world.card_of(line(student(0), card_no=card(50)))
    world.confirmed(world.school, lines(1))
    assert cards(world) == {last4(50): "closed", last4(0): "active"}


def test_a_card_in_use_stays_in_use(world):
    world.confirmed(world.school, lines(1), month=world.month - 3)
    world.confirmed(world.second, lines(1))
    assert cards(world) == {last4(0): "active"}


def test_a_student_who_goes_back_to_his_old_card_is_paid_on_it_again(world):
    old = world.card_of(line(student(0)), state="closed")
    world.card_of(line(student(0), card_no=card(50)))
    world.confirmed(world.school, lines(1))
    assert world.fresh(old).state == "active"
    assert cards(world)[last4(50)] == "closed"


def test_a_list_of_long_ago_confirmed_late_does_not_bring_back_the_card_of_then(world):
    """The later list names another card: it must not be closed for one stated earlier."""
    early = world.through(world.listed(world.school, lines(1), month=world.month - 3), "published")
    world.moment += dt.timedelta(minutes=5)
    world.confirmed(world.school, [line(student(0), card_no=card(50))], enrol=False)
    assert confirm(world, early).moved == 1
    assert cards(world) == {last4(0): "claimed", last4(50): "active"}


def test_the_card_of_an_objected_line_waits(world, target):
    world.object_to(target, 2)
    confirm(world, target)
    assert cards(world) == {last4(0): "claimed", last4(1): "active", last4(2): "active"}


def test_the_card_comes_into_use_when_the_objection_is_dismissed(world, target):
    frozen = world.object_to(target, 2)
    confirm(world, target)
    assert world.press("dismiss", frozen, world.county.approver).moved == 1
    assert cards(world)[last4(0)] == "active"


def test_a_card_stays_claimed_while_the_objection_is_dismissed_on_an_open_notice(world, target):
    frozen = world.object_to(target, 2)
    assert world.press("dismiss", frozen, world.county.approver).moved == 1
    assert cards(world)[last4(0)] == "claimed"


def test_two_students_let_pass_with_one_number_do_not_break_the_press(world):
    """Only one of them can own the number; the other's card stays claimed."""
    rows = [line(student(0)), line(student(1), card_no=card(0)), line(student(2))]
    target = world.listed(world.school, rows)
    world.overrule(target, "CARD_OF_OTHER")
    world.through(target, "published")
    assert confirm(world, target).moved == 1
    by_person = {c.person_id: c.state for c in world.all(Card)}
    assert sorted(by_person.values()) == ["active", "active", "claimed"]


def test_a_number_in_anothers_use_stays_claimed(world):
    world.card_of(line(student(5), card_no=card(0)))
    target = world.listed(world.school, lines(1))
    world.overrule(target, "CARD_OF_OTHER")
    world.through(target)
    assert sorted(c.state for c in world.all(Card)) == ["active", "claimed"]


def test_all_lists_whose_time_is_over_go_in_one_press(world, target):
    second = world.through(world.listed(world.far, lines(2, start=5)), "published")
    with clock.at(OVER), scope.everyone("the night"):
        out = PUBLICITY.take("confirm", AidList.state == "published", CLOCK)
        db.session.commit()
    assert out.moved == 2
    assert world.fresh(second).state == "confirmed"


# --- an unconfirmed calendar


@pytest.fixture
def at_new_year(world):
    target = world.through(world.listed(world.school, lines(1)), "submitted")
    with clock.at("2026-12-28"):
        world.press("publish", target, world.county.approver)
    return target


def learn(year: int, *free: str):
    """The official notice of that year is entered, with these days off."""
    db.session.add(CalendarYear(year=year, confirmed=True))
    db.session.add_all(
        SpecialDay(day=dt.date.fromisoformat(d), is_workday=False, name="假") for d in free
    )
    db.session.commit()


def firm_up():
    with scope.everyone("the night"):
        n = service.firm_up_dates()
        db.session.commit()
    return n


def test_a_provisional_notice_is_not_confirmed_however_late(world, at_new_year):
    assert "日历尚未确认" in refusal(confirm(world, at_new_year, on="2027-06-01"))


def test_knowing_the_year_makes_the_date_firm(world, at_new_year):
    closes = world.fresh(at_new_year).closes_on
    learn(2027, "2027-01-01")
    assert firm_up() == 1
    now = world.fresh(at_new_year)
    assert (now.provisional, now.closes_on) == (False, closes)
    assert confirm(world, at_new_year, on=closes + dt.timedelta(days=1)).moved == 1


def test_more_days_off_lengthen_the_notice(world, at_new_year):
    learn(2027, "2027-01-01", "2027-01-04", "2027-01-05")
    firm_up()
    now = world.fresh(at_new_year)
    assert now.closes_on == dt.date(2027, 1, 7)
    assert "未满五个工作日" in refusal(confirm(world, at_new_year, on="2027-01-07T20:00"))
    assert confirm(world, at_new_year, on="2027-01-08").moved == 1


def test_more_days_of_work_never_shorten_it(world, at_new_year):
    closes = world.fresh(at_new_year).closes_on
    db.session.add(CalendarYear(year=2027, confirmed=True))
    db.session.add_all(SpecialDay(day=dt.date(2027, 1, d), is_workday=True, name="班")
                       for d in (1, 2, 3))  # fmt: skip
    db.session.commit()
    firm_up()
    assert world.fresh(at_new_year).closes_on == closes


def test_nothing_is_made_firm_while_the_year_is_unknown(world, at_new_year):
    assert firm_up() == 0
    assert world.fresh(at_new_year).provisional


def test_firm_notices_are_left_alone(world, target):
    learn(2027)
    before = world.fresh(target).calendar_version
    assert firm_up() == 0
    assert world.fresh(target).calendar_version == before


# --- refused


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "exporter", "poster"])
def test_only_the_approver_or_the_clock_confirms(world, target, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        confirm(world, target, world.county.actor(duty))


def test_only_the_schools_own_bureau_confirms(world, target):
    assert "直接主管部门" in refusal(confirm(world, target, world.province.approver))


@pytest.mark.parametrize("state", ["draft", "submitted", "confirmed"])
def test_only_a_published_list_is_confirmed(world, state):
    target = world.listed(world.school, lines(1))
    if state != "draft":
        world.through(target, state)
    assert "当前状态" in refusal(confirm(world, target))


def test_a_confirmed_list_goes_no_further(world, target):
    confirm(world, target)
    for step in ("withdraw", "void", "send_back", "recall", "publish"):
        actor = world.school.reviewer if step == "recall" else world.county.approver
        assert "当前状态" in refusal(world.press(step, target, actor))


def test_lines_are_as_they_were_before_confirming(world, target):
    with scope.everyone("a test looks"):
        before = db.session.execute(select(AidLine.__table__)).all()
    confirm(world, target)
    with scope.everyone("a test looks"):
        assert db.session.execute(select(AidLine.__table__)).all() == before
