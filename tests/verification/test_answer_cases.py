"""A case between the school and its bureau: answered, closed, or sent back with a reason."""

from __future__ import annotations

import datetime as dt

import pytest

from app.accounts import queries as accounts
from app.kernel import scope
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.verification.models import ACTIONS, FINDINGS, Case
from app.verification.rules import FITTING, check
from tests.engine import student
from tests.verification.suspects import (
    BACK,
    DAY,
    answer,
    cases,
    close,
    load,
    opened,
    suspect,
    told,
)

MONTHS = {"back_first": YearMonth.at(2025, 9), "back_last": YearMonth.at(2026, 1)}


@pytest.fixture
def case(world):
    of = opened(world)
    load(world, of, [suspect(student(0), world.school)])
    return cases(world, of)[student(0).name]


def test_a_whole_answer_goes_to_the_bureau(world, case):
    answer(world, case)
    now = world.fresh(case)
    assert (now.state, now.finding, now.action) == ("answered", "FALSE", "KEEP")
    assert (now.answered_by, now.checked_by, now.checked_on) == (
        world.school.clerk.username, "林老师", DAY)  # fmt: skip


@pytest.mark.parametrize(("but", "said"), [
    ({"finding": None}, "请选择"), ({"action": None}, "请选择"), ({"explanation": " "}, "核查说明"),
    ({"checked_by": ""}, "核查人"), ({"checked_on": None}, "核查日期"),
    ({"checked_on": DAY + dt.timedelta(days=1)}, "不能晚于今天"), ({"proof": ""}, "佐证材料"),
    ({"action": "RECOVER"}, "处理方式只能是"), ({"action": "REASSIGN"}, "处理方式只能是"),
    ({"back_fen": 100}, "追缴退回"), ({"voucher_no": "JK1"}, "追缴退回"),
    (BACK | {"back_fen": None} | MONTHS, "追缴金额"), (BACK | {"back_fen": 0} | MONTHS, "追缴金额"),
    (BACK, "起止月份"), (BACK | {"back_first": MONTHS["back_last"],
                             "back_last": MONTHS["back_first"]}, "晚于"),
    (BACK | MONTHS | {"voucher_no": "JK1"}, "一起填写"),
    (BACK | MONTHS | {"repaid_on": DAY}, "一起填写"),
    (BACK | MONTHS | {"voucher_no": "JK1", "repaid_on": DAY + dt.timedelta(days=1)}, "缴款日期"),
])  # fmt: skip
def test_an_answer_that_is_not_whole_is_refused_and_nothing_is_kept(world, case, but, said):
    with pytest.raises(Refused, match=said):
        answer(world, case, told(**but))
    now = world.fresh(case)
    assert (now.state, now.finding, now.explanation) == ("waiting", None, "")


def test_every_finding_has_its_actions_and_every_action_a_finding():
    assert set(FITTING) == set(FINDINGS)
    assert {a for actions in FITTING.values() for a in actions} == set(ACTIONS)
    for finding, actions in FITTING.items():
        for action in actions:
            back = MONTHS | {"back_fen": 5} if action == "RECOVER" else {}
            check(told(finding=finding, action=action, **back), DAY)


def test_nobody_reads_a_bare_word_of_truth():
    assert not {"属实", "不属实"} & {str(words) for words in FINDINGS.values()}


def test_another_school_and_a_bureau_cannot_answer(world, case):
    for actor in (world.second.clerk, world.far.clerk, world.county.clerk, world.school.reviewer):
        with pytest.raises(Refused):
            answer(world, case, actor=actor)
    assert world.fresh(case).state == "waiting"


def test_another_school_does_not_even_see_the_case(world, case):
    for place, seen in ((world.second, 0), (world.far, 0), (world.other, 0), (world.school, 1),
                        (world.county, 1), (world.province, 1)):  # fmt: skip
        with scope.scope(place.path):
            from app.kernel.db import db

            assert db.session.query(Case).count() == seen


def test_an_answer_is_given_once(world, case):
    answer(world, case)
    with pytest.raises(Refused, match="已经反馈"):
        answer(world, case)


def test_the_bureau_right_above_closes_and_no_other(world, case):
    answer(world, case)
    for actor in (world.province.reviewer, world.other.reviewer, world.county.clerk):
        try:
            assert world.press("close_case", case, actor).moved == 0
        except Refused:
            assert actor.role == "bureau_clerk"
    close(world, case)
    now = world.fresh(case)
    assert (now.state, now.closed_by) == ("closed", world.county.reviewer.username)


def test_whoever_answered_does_not_close_whatever_post_he_has_now(world, case):
    answer(world, case)
    turned = world.county.reviewer.__class__(
        **{**vars_of(world.county.reviewer), "id": world.school.clerk.id}
    )
    out = world.press("close_case", case, turned)
    assert out.moved == 0
    assert "不同的人" in out.refused[case.id]


def vars_of(actor):
    from dataclasses import asdict, is_dataclass

    return asdict(actor) if is_dataclass(actor) else actor._asdict()


def test_a_case_sent_back_keeps_its_words_and_tells_the_school_why(world, case):
    answer(world, case)
    with pytest.raises(Refused, match="理由"):
        world.press("return_case", case, world.county.reviewer, note=" ")
    world.press("return_case", case, world.county.reviewer, note="在读证明没有盖章")
    now = world.fresh(case)
    assert (now.state, now.explanation) == ("waiting", "五年专学生，仍在我校就读")
    with scope.scope(world.school.path):
        deeds = accounts.deeds(Case.__tablename__, case.id)
    assert [(d.verb, d.note) for d in deeds][-1] == ("return_case", "在读证明没有盖章")
    answer(world, case)
    close(world, case)


def test_money_asked_back_must_have_come_before_the_case_is_closed(world, case):
    answer(world, case, told(**BACK, **MONTHS))
    out = world.press("close_case", case, world.county.reviewer)
    assert (out.moved, "缴款凭证" in out.refused[case.id]) == (0, True)
    world.press("return_case", case, world.county.reviewer, note="请补缴款凭证")
    answer(world, case, told(**BACK, **MONTHS, voucher_no="JK-7", repaid_on=DAY))
    close(world, case)


def test_nothing_is_answered_once_it_is_closed(world, case):
    answer(world, case)
    close(world, case)
    with pytest.raises(Refused, match="已经反馈"):
        answer(world, case)
    assert world.press("return_case", case, world.county.reviewer).moved == 0
