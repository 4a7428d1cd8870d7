"""A round ends when every case of it is closed, and by other hands than those that opened it."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock
from app.kernel.errors import Refused
from app.verification import service
from app.verification.models import Case, Round
from tests.engine import student
from tests.verification.suspects import answer, cases, close, end, load, opened, suspect


@pytest.fixture
def of(world):
    made = opened(world)
    load(world, made, [suspect(student(n), world.school) for n in range(3)])
    return made


def test_what_a_round_lacks_is_said_by_number(world, of):
    first, second, _third = cases(world, of).values()
    answer(world, first)
    answer(world, second)
    close(world, second)
    out = end(world, of)
    assert out.moved == 0
    assert "2条" in out.refused[of.id]
    assert "待学校核实1" in out.refused[of.id]
    assert "已反馈1" in out.refused[of.id]
    assert world.fresh(of).state == "running"


def test_a_round_all_of_whose_cases_are_closed_ends(world, of):
    for case in cases(world, of).values():
        answer(world, case)
        close(world, case)
    assert end(world, of).moved == 1
    now = world.fresh(of)
    assert now.state == "ended"
    assert now.ended_at is not None


def test_another_bureau_does_not_end_it(world, of):
    for actor in (world.county.reviewer, world.other.approver):
        assert end(world, of, actor).moved == 0
    with pytest.raises(Refused):
        end(world, of, world.province.clerk)


def test_whoever_opened_it_does_not_end_it(world):
    made = opened(world)
    turned = world.province.reviewer.__class__(
        **{**as_dict(world.province.reviewer), "id": world.province.clerk.id}
    )
    out = end(world, made, turned)
    assert (out.moved, "不同的人" in out.refused[made.id]) == (0, True)


def as_dict(actor):
    from dataclasses import asdict, is_dataclass

    return asdict(actor) if is_dataclass(actor) else actor._asdict()


def test_only_a_bureaus_clerk_opens_a_round(world):
    for actor in (world.province.reviewer, world.school.clerk):
        row = Round(title="查重", due_on=dt.date(2026, 10, 1))
        with pytest.raises(Refused, match="经办人"):
            world.act(actor, service.open_round, row, actor)


def test_a_round_is_not_due_before_it_begins(world):
    with pytest.raises(Refused, match="截止日"):
        opened(world, due=dt.date(2026, 9, 1))


def test_a_later_day_and_a_better_name_reach_the_cases(world, of):
    def change():
        row = Round.query.filter_by(id=of.id).one()
        row.title, row.due_on = "秋季学籍查重", dt.date(2026, 11, 1)
        service.carry_over(row)

    with clock.at(world.moment):
        world.act(world.province.clerk, change)
    told = {(c.round_title, c.due_on) for c in world.all(Case, round_id=of.id)}
    assert told == {("秋季学籍查重", dt.date(2026, 11, 1))}
