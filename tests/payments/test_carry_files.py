"""Bank files leave the house once a second person has checked them, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.accounts.models import BUREAU_REVIEWER
from app.kernel.errors import Refused
from app.payments import hands

UNCHECKED = str(hands.UNCHECKED)


@pytest.fixture
def may(world):
    """Whether this actor may carry the run's files; the sentence when he may not."""

    def ask(actor, run):
        try:
            world.act(actor, hands.refuse_to_carry, world.fresh(run), actor)
        except Refused as refused:
            return refused.sentence
        return True

    return ask


def test_who_made_the_files_carries_them_once_they_are_checked(world, run, may):
    assert may(world.county.exporter, run) == UNCHECKED
    world.checked(run)
    assert may(world.county.exporter, run) is True


def test_who_may_check_looks_before_and_after(world, run, may):
    there = (world.county.reviewer, world.county.approver)
    assert [may(actor, run) for actor in there] == [True, True]
    world.checked(run)
    assert [may(actor, run) for actor in there] == [True, True]


def test_a_settled_run_is_a_checked_one(world, run, may):
    world.paid(run)
    assert world.press("settle", run, world.county.poster).moved == 1
    assert may(world.county.exporter, run) is True


@pytest.mark.parametrize("earlier", ["clerk", "exporter"])
def test_a_checker_who_opened_or_made_it_under_an_earlier_duty_looks_into_nothing(
    world, run, may, earlier
):
    now = replace(getattr(world.county, earlier), role=BUREAU_REVIEWER)
    assert may(now, run) == UNCHECKED
    world.checked(run)
    assert may(now, run) is True


def test_before_the_export_there_is_nothing_to_look_into(world, waiting_run, may):
    assert may(world.county.reviewer, waiting_run) == UNCHECKED


@pytest.mark.parametrize("duty", ["clerk", "poster"])
def test_other_duties_carry_nothing_at_any_time(world, run, may, duty):
    world.checked(run)
    assert may(getattr(world.county, duty), run) == "您的岗位不能下载银行文件"


def test_those_above_carry_nothing_at_any_time(world, run, may):
    world.checked(run)
    assert may(world.province.reviewer, run) == "支付批次由开立它的主管部门办理"
