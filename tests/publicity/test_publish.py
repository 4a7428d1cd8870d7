"""The notice: who publishes, from when to when, and by which calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db
from app.kernel.errors import Refused
from app.publicity import queries
from tests.engine import line, lines, replace, student
from tests.publicity.test_submit import refusal


@pytest.fixture
def target(world):
    return world.through(world.listed(world.school, lines(3)), "submitted")


def publish(world, target, actor=None, on="2026-09-17T10:00"):
    with clock.at(on):
        return world.press("publish", target, actor or world.county.approver)


@pytest.mark.parametrize(("on", "closes"), [
    ("2026-03-02", "2026-03-09"),  # a plain week
    ("2026-02-11", "2026-02-25"),  # 春节 from the 15th; Saturday the 14th is a working day
    ("2026-04-28", "2026-05-08"),  # 1 to 5 May off
    ("2026-04-30", "2026-05-11"),  # Saturday 9 May is a working day
    ("2026-09-17", "2026-09-23"),  # Sunday the 20th is a working day
    ("2026-09-24", "2026-10-09"),  # 中秋, three days of work, 国庆
    ("2026-09-28", "2026-10-10"),  # ends on a Saturday that is a working day
])  # fmt: skip
def test_a_notice_closes_on_the_fifth_working_day_after(world, target, on, closes):
    assert publish(world, target, on=on).moved == 1
    now = world.fresh(target)
    assert (now.state, now.closes_on, now.provisional) == (
        "published", dt.date.fromisoformat(closes), False,
    )  # fmt: skip


@pytest.mark.parametrize("hour", ["00:00", "23:59:59"])
def test_the_hour_of_publishing_does_not_matter(world, target, hour):
    publish(world, target, on=f"2026-09-17T{hour}")
    assert world.fresh(target).closes_on == dt.date(2026, 9, 23)


def test_the_calendar_that_was_used_is_named(world, target):
    publish(world, target)
    assert world.fresh(target).calendar_version == load_calendar(db.session).version


def test_the_moment_of_publishing_stands_on_the_list(world, target):
    publish(world, target, on="2026-09-17T10:00")
    assert clock.moment_of(world.fresh(target).published_at) == clock.moment_of("2026-09-17T10:00")


def test_a_notice_that_runs_into_an_unconfirmed_year_is_provisional(world, target):
    publish(world, target, on="2026-12-28")
    now = world.fresh(target)
    assert now.provisional
    assert now.closes_on >= dt.date(2027, 1, 4), "New Year is never counted as work"


def test_every_list_of_a_press_has_the_same_dates(world):
    for school, start in ((world.school, 0), (world.second, 5)):
        world.through(world.listed(school, lines(2, start=start)), "submitted")
    with clock.at("2026-09-17T10:00"), scope.scope(world.county.path):
        from app.publicity.models import AidList
        from app.publicity.workflow import PUBLICITY

        out = PUBLICITY.take("publish", AidList.month == world.month, world.county.approver)
        db.session.commit()
    assert out.moved == 2
    assert {x.closes_on for x in world.all(AidList)} == {dt.date(2026, 9, 23)}


def test_the_board_shows_the_notice_until_the_end_of_its_last_day(world, target):
    publish(world, target)
    for moment, shown in (
        ("2026-09-17T10:00", 1), ("2026-09-23T23:59:59", 1), ("2026-09-24T00:00", 0),
    ):  # fmt: skip
        with clock.at(moment):
            assert len(queries.on_notice()) == shown
            assert len(queries.shown_lines(target.id)) == 3 * shown


def test_the_board_does_not_show_a_removed_student(world, target):
    publish(world, target)
    world.remove(target, 2)
    with clock.at("2026-09-18"):
        assert [s.name for s in queries.shown_lines(target.id)] == [
            student(1).name, student(2).name,
        ]  # fmt: skip


# --- refused


def test_who_submitted_the_list_cannot_publish_it(world, target):
    both = replace(world.county.approver, id=world.school.reviewer.id)
    assert "不同的人" in refusal(publish(world, target, both))


def test_who_uploaded_the_list_cannot_publish_it(world, target):
    both = replace(world.county.approver, id=world.school.clerk.id)
    assert "不同的人" in refusal(publish(world, target, both))


def test_the_province_is_above_and_still_not_the_schools_bureau(world, target):
    assert "直接主管部门" in refusal(publish(world, target, world.province.approver))


def test_another_county_does_not_even_see_the_list(world, target):
    out = publish(world, target, world.other.approver)
    assert (out.moved, out.refused_total) == (0, 0)


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "exporter", "poster"])
def test_only_the_approver_publishes(world, target, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        publish(world, target, world.county.actor(duty))


def test_neither_the_clock_nor_the_school_publishes(world, target):
    for actor in (CLOCK, world.school.clerk, world.school.reviewer):
        with pytest.raises(Refused, match="您的岗位不能"):
            publish(world, target, actor)


def test_a_draft_is_not_published(world):
    target = world.listed(world.school, lines(1))
    assert "当前状态" in refusal(publish(world, target))


def test_a_block_found_after_submitting_stands_in_the_way(world, target):
    from app.publicity import service

    world.hold(line(student(0)), world.month)
    with scope.scope(world.school.path):
        service.recheck(target, world.school.clerk)
        db.session.commit()
    assert "必须处理" in refusal(publish(world, target))


def test_a_list_is_published_once(world, target):
    publish(world, target)
    first = world.fresh(target).closes_on
    assert "当前状态" in refusal(publish(world, target, on="2026-09-20"))
    assert world.fresh(target).closes_on == first
    assert len(world.all(Event, verb="publish", outcome="ok")) == 1
