"""Funds at hand: checked by two, spent by bank files, exceeded only by a decision that is told."""

from __future__ import annotations

import datetime as dt

import pytest

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import desk, exporting, funds, opening
from app.payments.banks import shipped
from app.payments.models import Attempt, FundArrival, PayRun
from app.publicity import service
from app.registry.service import programme
from tests.engine import MONTHLY, OVER

TOTAL = 5 * MONTHLY
BEFORE = "2026-09-23T10:00"


def arrive(world, fen, actor=None, checked=True, day=dt.date(2026, 9, 20)):
    actor = actor or world.county.clerk

    def write():
        row = FundArrival(programme_id=programme("GRANT").id, source="central", fen=fen,
                          arrived_on=day, document_no="闽财教指〔2026〕8号")  # fmt: skip
        return funds.arrive(row, actor)

    with clock.at(BEFORE):
        row = world.act(actor, write)
    if checked:
        assert press(world, "confirm_funds", row, world.county.reviewer).moved == 1
    return row


def press(world, step, row, actor):
    with clock.at(BEFORE):
        return world.press(step, row, actor)


def export(world, run, decision=""):
    actor = world.county.exporter
    with clock.at(OVER):
        bank = shipped()["pipe_gbk"]
        world.act(actor, exporting.export, run, bank, world.package_of(run), actor, decision)


def left(world):
    with scope.everyone("a test looks"):
        found = funds.at_hand(world.county.id, programme("GRANT").id)
    return found and found.left


def test_who_records_no_funds_is_held_to_none(world, waiting_run):
    assert left(world) is None
    export(world, waiting_run)


def test_a_record_nobody_checked_is_no_money(world, waiting_run):
    arrive(world, 1, checked=False)
    assert left(world) is None
    export(world, waiting_run)


@pytest.mark.parametrize("checker", ["reviewer", "approver"])
def test_what_was_recorded_waits_for_those_who_check_at_that_bureau(world, checker):
    arrive(world, TOTAL, checked=False)
    arrive(world, TOTAL)
    assert funds_waiting(getattr(world.county, checker)) == [
        (1, "/fundgrid/list/?_flt_0_state=recorded")
    ]
    assert funds_waiting(getattr(world.other, checker)) == []
    assert funds_waiting(world.county.clerk) == []


def funds_waiting(actor):
    with scope.scope(actor.org_path):
        waiting = [w for w in desk.of_my_bureau(actor) if "/fundgrid/" in w.url]
        db.session.rollback()
    return [(w.count, w.url) for w in waiting if w.count]


def test_enough_funds_are_spent_by_the_file(world, waiting_run):
    arrive(world, TOTAL)
    export(world, waiting_run)
    assert left(world) == 0
    assert world.count(Event, verb="overdraw") == 0


def test_without_enough_nothing_is_exported(world, waiting_run):
    arrive(world, TOTAL - 1)
    with pytest.raises(Refused, match=r"还缺0\.01元"):
        export(world, waiting_run)
    assert world.fresh(waiting_run).state == "open"
    assert not world.package_of(waiting_run).exists()


def test_a_decision_lets_it_go_and_stands_in_the_trail(world, waiting_run):
    arrive(world, TOTAL - 300)
    export(world, waiting_run, "款项在途，县财政垫付")
    told = world.one(Event, verb="overdraw", subject="pay_run")
    assert (told.subject_id, told.fen, told.note) == (waiting_run.id, 300, "款项在途，县财政垫付")
    assert left(world) == -300


def test_a_decision_nobody_needed_is_not_told(world, waiting_run):
    arrive(world, TOTAL)
    export(world, waiting_run, "备用理由")
    assert world.count(Event, verb="overdraw") == 0


def test_what_failed_or_came_back_is_at_hand_again(world, waiting_run):
    arrive(world, TOTAL)
    export(world, waiting_run)
    refs = world.refs(waiting_run)
    world.results(waiting_run, {refs[0]: "failed", refs[1]: "paid", refs[2]: "unknown"})
    assert left(world) == MONTHLY
    world.results(waiting_run, {refs[1]: "returned"})
    assert left(world) == 2 * MONTHLY


def test_struck_funds_count_no_more(world, waiting_run):
    arrive(world, TOTAL)
    row = arrive(world, 1000)
    assert left(world) == TOTAL + 1000
    assert press(world, "strike_funds", row, world.county.approver).moved == 1
    assert left(world) == TOTAL


def test_who_recorded_does_not_check(world):
    clerk = world.county.clerk
    row = arrive(world, 1, checked=False)
    same = type(clerk)(clerk.id, clerk.username, clerk.name, "bureau_reviewer", clerk.org_id,
                       clerk.org_path)  # fmt: skip
    assert press(world, "confirm_funds", row, same).moved == 0
    assert press(world, "confirm_funds", row, world.province.reviewer).moved == 0


def test_the_day_lies_not_ahead_and_schools_record_nothing(world):
    with pytest.raises(Refused, match="晚于今天"):
        arrive(world, 1, day=dt.date(2026, 9, 24))
    for actor in (world.school.clerk, world.county.reviewer):
        with pytest.raises(Refused, match="经办人"):
            arrive(world, 1, actor=actor)


@pytest.mark.parametrize("what", ["list", "run"])
def test_money_for_schools_is_in_no_students_file(world, what):
    """免学费: neither a list of students nor a run, and so no order and no bank file."""
    actor = world.school.clerk if what == "list" else world.county.clerk
    tried = {
        "list": lambda: service.draft_for(None, world.month, "TUITION_FREE", actor),
        "run": lambda: opening.open_run(world.month, None, actor, "TUITION_FREE"),
    }
    with pytest.raises(Refused, match="拨付给学校"), scope.scope(actor.org_path):
        tried[what]()
    db.session.rollback()
    assert (world.count(PayRun), world.count(Attempt)) == (0, 0)
