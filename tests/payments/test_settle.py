"""A run is settled when every order has an answer and every row of the bank an explanation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.kernel.errors import Refused
from app.payments.models import PayRun, ResultLine
from tests.engine import lines


@pytest.fixture
def checked(world, run):
    world.press("check", run, world.county.reviewer)
    return run


def settle(world, run, actor=None):
    return world.press("settle", run, actor or world.county.poster)


def refusal(out):
    assert out.moved == 0
    return next(iter(out.refused.values()))


def explain(world, row, note="银行更正,见函", actor=None):
    actor = actor or world.county.reviewer
    return world.press("explain", row, actor, note)


def test_a_run_whose_every_order_is_paid_or_failed_is_settled(world, checked):
    refs = world.refs(checked)
    world.results(checked, dict.fromkeys(refs[:3], "paid") | dict.fromkeys(refs[3:], "failed"))
    assert settle(world, checked).moved == 1
    assert world.fresh(checked).state == "settled"


def test_what_failed_in_a_settled_run_may_be_paid_again(world, checked):
    world.paid(checked, "failed")
    settle(world, checked)
    assert world.again(checked).line_count == 5


@pytest.mark.parametrize("outcome", ["sent", "unknown"])
def test_one_order_without_a_clear_answer_keeps_the_run_open(world, checked, outcome):
    refs = world.refs(checked)
    world.results(checked, dict.fromkeys(refs[1:], "paid"))
    if outcome == "unknown":
        world.results(checked, {refs[0]: outcome})
    assert "没有银行结果或待查明" in refusal(settle(world, checked))


def test_one_row_set_aside_keeps_the_run_open_until_it_is_explained(world, checked):
    world.paid(checked)
    world.results(checked, [world.answer(world.refs(checked)[0], "paid", fen=1)])
    assert "搁置的行" in refusal(settle(world, checked))
    assert explain(world, world.one(ResultLine, fate="aside")).moved == 1
    assert settle(world, checked).moved == 1


def test_explaining_a_row_changes_no_order(world, checked):
    world.results(checked, [world.answer(world.refs(checked)[0], "paid", fen=1)])
    explain(world, world.one(ResultLine, fate="aside"))
    assert world.states(checked) == ["sent"] * 5


def test_an_explanation_needs_its_words(world, checked):
    world.results(checked, [world.answer(world.refs(checked)[0], "paid", fen=1)])
    with pytest.raises(Refused, match="须填写理由"):
        explain(world, world.one(ResultLine), note=" ")


def test_a_posted_row_needs_no_explanation(world, checked):
    world.paid(checked)
    out = explain(world, world.all(ResultLine)[0])
    assert out.moved == 0


def test_who_imported_the_answer_does_not_explain_it_away(world, checked):
    world.results(checked, [world.answer(world.refs(checked)[0], "paid", fen=1)])
    with pytest.raises(Refused, match="您的岗位不能"):
        explain(world, world.one(ResultLine), actor=world.county.poster)


def test_nor_does_he_with_another_duty(world, checked):
    """Whoever brought the rows in is no second pair of eyes, whatever his duty is by now."""
    world.results(checked, [world.answer(world.refs(checked)[0], "paid", fen=1)])
    importer = replace(world.county.poster, role=world.county.reviewer.role)
    out = explain(world, world.one(ResultLine), actor=importer)
    assert "由另一人说明" in refusal(out)
    assert explain(world, world.one(ResultLine)).moved == 1


def test_an_unchecked_run_is_not_settled(world, run):
    assert "当前状态" in refusal(settle(world, run))


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "approver", "exporter"])
def test_only_the_poster_settles(world, checked, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        settle(world, checked, world.county.actor(duty))


def test_another_bureau_settles_nothing(world, checked):
    world.paid(checked)
    assert "开立它的主管部门" in refusal(settle(world, checked, world.province.poster))


def test_two_runs_of_a_bureau_do_not_wait_for_each_other(world, checked):
    world.confirmed(world.second, lines(1, start=30))
    world.opened()
    world.paid(checked)
    assert settle(world, checked).moved == 1
    assert {r.state for r in world.all(PayRun)} == {"settled", "open"}
