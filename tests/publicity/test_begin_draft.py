"""Which draft a file goes to: one a month and kind, supplements as many as it takes."""

from __future__ import annotations

import pytest

from app.kernel import clock, scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.publicity import service
from app.publicity.models import AidList
from tests.engine import MONTHLY, PUBLISHED, line, lines, student
from tests.publicity.test_submit import refusal


def begin(world, actor, month=None, programme="GRANT", **more):
    with clock.at(PUBLISHED), scope.scope(actor.org_path):
        return service.draft_for(more.pop("code", None), month or world.month, programme, actor,
                                 **more)  # fmt: skip


def report_nobody(world, target, actor=None):
    actor = actor or world.school.clerk
    with scope.scope(actor.org_path):
        service.report_nobody(target, actor)
        db.session.commit()


def test_a_draft_lies_at_its_school_and_belongs_to_the_bureau_above(world):
    made = begin(world, world.school.clerk)
    assert (made.org_path, made.school_id, made.bureau_id) == (
        world.school.path, world.school.id, world.county.id,
    )  # fmt: skip
    assert (made.month, made.first_month, made.kind) == (world.month, world.month, "REGULAR")


def test_the_same_month_again_is_the_same_draft(world):
    assert world.draft().id == world.draft().id


def test_every_kind_and_every_month_has_a_draft_of_its_own(world):
    made = {world.draft(kind=k).id for k in ("REGULAR", "SUPPLEMENT", "AUTO")}
    made.add(world.draft(month=world.month - 3).id)
    assert len(made) == 4


def test_a_second_supplement_begins_when_the_first_has_left_the_school(world):
    first = world.listed(world.school, lines(1), kind="SUPPLEMENT")
    world.through(first, "submitted")
    second = world.draft(kind="SUPPLEMENT")
    assert second.id != first.id
    world.enrol(world.school, lines(1, start=1))
    assert world.fill(second, lines(1, start=1)).line_count == 1


def test_a_supplement_goes_through_to_payment_beside_the_regular_list(world):
    world.confirmed(world.school, lines(2))
    world.opened()
    world.enrol(world.school, lines(1, start=2))
    late = world.draft(kind="SUPPLEMENT", first=world.month - 3)
    world.fill(late, [line(student(2), amount_fen=2 * MONTHLY)])
    world.through(late)
    opened = world.open()
    assert (opened.accepted, opened.run.total_fen) == (1, 2 * MONTHLY)


def test_a_supplement_for_a_month_already_paid_is_blocked(world):
    world.confirmed(world.school, lines(1))
    world.opened()
    late = world.fill(world.draft(kind="SUPPLEMENT"), lines(1))
    assert "必须处理" in refusal(world.press("submit", late, world.school.reviewer))


def test_the_first_month_may_be_told_anew_while_the_list_is_a_draft(world):
    world.draft(kind="SUPPLEMENT", first=world.month - 3)
    assert world.draft(kind="SUPPLEMENT", first=world.month - 2).first_month == world.month - 2


def test_a_zero_report_says_so_on_the_list(world):
    target = world.draft()
    report_nobody(world, target)
    assert world.fresh(target).zero_report
    world.through(target)
    assert world.fresh(target).state == "confirmed"


def test_a_confirmed_zero_report_gives_nothing_to_pay(world):
    target = world.draft()
    report_nobody(world, target)
    world.through(target)
    with pytest.raises(Refused, match="没有可支付"):
        world.open()


# --- refused


def test_a_month_that_lies_ahead(world):
    with pytest.raises(Refused, match="未来月份"):
        begin(world, world.school.clerk, world.month + 1)


def test_a_first_month_after_the_month(world):
    with pytest.raises(Refused, match="起始月份"):
        begin(world, world.school.clerk, kind="SUPPLEMENT", first_month=world.month + 1)


def test_a_kind_nobody_knows(world):
    with pytest.raises(Refused, match="名单类型"):
        begin(world, world.school.clerk, kind="EXTRA")


def test_a_programme_that_pays_schools(world):
    with pytest.raises(Refused, match="拨付给学校"):
        begin(world, world.school.clerk, programme="TUITION_FREE")


def test_a_programme_nobody_knows_and_the_known_ones_are_named(world):
    with pytest.raises(Refused, match="GRANT"):
        begin(world, world.school.clerk, programme="NONE")


@pytest.mark.parametrize("duty", ["reviewer", "approver"])
def test_only_the_schools_clerk_uploads(world, duty):
    place = world.school if duty == "reviewer" else world.county
    with pytest.raises(Refused, match="学校经办人"):
        begin(world, place.actor(duty))


def test_another_schools_code(world):
    for other in (world.second, world.far):
        with pytest.raises(Refused, match="不是您所在的学校"):
            begin(world, world.school.clerk, code=other.code)


@pytest.mark.parametrize("state", ["submitted", "published", "confirmed"])
def test_a_list_that_has_left_the_school(world, state):
    world.through(world.listed(world.school, lines(1)), state)
    with pytest.raises(Refused, match="已不在学校手里"):
        begin(world, world.school.clerk)


def test_a_zero_report_of_a_list_with_lines(world):
    target = world.listed(world.school, lines(1))
    with pytest.raises(Refused, match="零报告"):
        report_nobody(world, target)


def test_a_zero_report_by_anybody_but_the_schools_clerk(world):
    target = world.draft()
    for actor in (world.school.reviewer, world.second.clerk):
        with pytest.raises(Refused):
            report_nobody(world, target, actor)
    assert world.one(AidList).zero_report is False
