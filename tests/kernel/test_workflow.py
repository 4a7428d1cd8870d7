"""A step taken: locked, explained, written to the trail, moved; in a fixed number of statements."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select, true, update

from app.kernel import scope
from app.kernel.actor import CLOCK, CLOCK_ROLE
from app.kernel.audit import Event
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.workflow import SHOWN, Step, Workflow
from tests.kernel.world_of_grids import (
    CAST,
    COMPLAINTS,
    COUNTY,
    SCHOOL_A,
    SCHOOL_B,
    Complaint,
    Remark,
)

LIN, WU, CHEN, ZHENG, HE = (CAST[n] for n in ("lin", "wu", "chen", "zheng", "he"))
EVERYBODY = Complaint.id > 0


@pytest.fixture
def take(world):
    """`take(step, actor, where)` as that person would, committed; the outcome."""

    def take(step, actor, where=EVERYBODY, note="", filter_text="", workflow=COMPLAINTS):
        with world.app.app_context(), scope.scope(actor.org_path), writing():
            outcome = workflow.take(step, where, actor, note, filter_text)
            db.session.commit()
            return outcome

    return take


def _state(world, number: int) -> str:
    return world.complaint(number).state


def test_a_step_moves_the_ready_rows_of_ones_place(world, take):
    outcome = take("accept", LIN)
    assert (outcome.moved, outcome.refused, outcome.refused_total) == (2, {}, 0)
    assert [_state(world, n) for n in (1, 2, 3, 4)] == ["open", "open", "new", "new"]


def test_every_moved_row_has_its_event_with_the_evidence_of_that_moment(world, take):
    take("accept", LIN, Complaint.id == 1, note="属实", filter_text="编号 1")
    with world.at() as session:
        session.execute(update(Complaint).where(Complaint.id == 1).values(said="改了", fen=9))
        session.commit()
    [event] = world.events()
    assert (event.verb, event.subject, event.subject_id) == ("accept", "demo_complaint", 1)
    assert (event.old, event.new, event.outcome) == ("new", "open", "ok")
    assert (event.actor, event.actor_id, event.role, event.ip) == ("lin", 1, "clerk", "10.0.0.1")
    assert (event.org_path, event.note, event.filter_text) == (SCHOOL_A, "属实", "编号 1")
    assert (event.digest, event.fen) == ("饭菜凉", 100)
    assert event.at is not None


def test_the_events_of_one_press_belong_together(world, take):
    take("accept", CHEN)
    assert len({e.bulk for e in world.events(outcome="ok")}) == 1
    assert [e.org_path for e in world.events()] == [SCHOOL_A, SCHOOL_A, SCHOOL_B]


def test_rows_in_another_state_are_refused_with_the_state_they_are_in(take):
    take("accept", LIN, Complaint.id == 1)
    outcome = take("accept", LIN)
    assert outcome.moved == 1
    assert outcome.refused == {1: "当前状态为「核实中」，不能「受理」"}


def test_a_guard_refuses_with_its_own_sentence(world, take):
    world.fill(1, state="open", urgent=True, said="加急")
    outcome = take("close", CHEN, Complaint.said == "加急")
    assert (outcome.moved, list(outcome.refused.values())) == (0, ["加急的要先单独处理"])


def test_the_first_twenty_refusals_are_named_and_all_are_counted(world, take):
    world.fill(50, state="open")
    outcome = take("accept", LIN)
    assert (outcome.moved, len(outcome.refused), outcome.refused_total) == (2, SHOWN, 50)
    [refusal] = world.events(outcome="refused")
    assert (refusal.count, refusal.actor, refusal.subject) == (50, "lin", "demo_complaint")


def test_who_took_the_step_before_may_not_take_the_next(world, take):
    take("accept", CHEN, Complaint.id == 1)
    take("accept", LIN, Complaint.id == 2)
    outcome = take("close", CHEN, Complaint.id.in_([1, 2]))
    assert outcome.moved == 1
    assert "须由不同的人办理" in outcome.refused[1]
    assert (_state(world, 1), _state(world, 2)) == ("open", "closed")
    assert take("close", ZHENG, Complaint.id == 1).moved == 1


def test_four_eyes_are_counted_over_the_whole_life_of_the_row(take):
    take("accept", CHEN, Complaint.id == 1)
    take("send_back", CHEN, Complaint.id == 1, note="再核实")
    take("accept", LIN, Complaint.id == 1)
    assert take("close", CHEN, Complaint.id == 1).refused_total == 1


def test_a_refused_attempt_is_no_first_pair_of_eyes(take):
    take("accept", LIN, Complaint.id == 1)
    assert take("accept", CHEN, Complaint.id == 1).refused_total == 1
    assert take("close", CHEN, Complaint.id == 1).moved == 1


def test_a_role_without_the_step_is_refused_before_anything_is_looked_at(world, take):
    with pytest.raises(Refused, match="您的岗位不能「办结」"):
        take("close", LIN)
    with pytest.raises(Refused, match="没有「fly」这一步"):
        take("fly", CHEN)
    assert world.events() == []


@pytest.mark.parametrize("note", ["", "   "])
def test_a_reason_is_given_where_the_step_asks_for_one(world, take, note):
    take("accept", LIN, Complaint.id == 1)
    with pytest.raises(Refused, match="须填写理由"):
        take("send_back", CHEN, Complaint.id == 1, note=note)
    assert _state(world, 1) == "open"


def test_rows_of_another_place_are_neither_moved_nor_named(world, take):
    outcome = take("accept", WU, Complaint.id.in_([1, 2, 4]))
    assert (outcome.moved, outcome.refused_total) == (0, 0)
    assert world.events() == []


def test_without_a_scope_no_step_is_taken(world):
    with world.app.app_context(), pytest.raises(scope.ScopeMissing):
        COMPLAINTS.take("accept", true(), LIN)


@pytest.fixture
def with_step(monkeypatch):
    """The demo life cycle with one of its steps changed for a while."""

    def change(name, **changes) -> None:
        step = replace(COMPLAINTS.steps[name], **changes)
        monkeypatch.setitem(COMPLAINTS.steps, name, step)

    return change


def test_stamps_are_set_with_the_state(world, take, with_step):
    with_step("accept", stamps=lambda actor: {"code": actor.username, "fen": Complaint.fen + 1})
    take("accept", LIN, Complaint.id == 1)
    row = world.complaint(1)
    assert (row.code, row.fen, row.state) == ("lin", 101, "open")


def test_the_version_goes_up_with_every_step(world, take):
    take("accept", LIN, Complaint.id == 1)
    assert (world.complaint(1).version, world.complaint(2).version) == (2, 1)


def test_effects_work_on_exactly_the_moved_rows_in_the_same_transaction(world, take, with_step):
    world.fill(1, state="open", said="不该动")
    seen = {}

    def mark(moved, actor):
        seen["ids"] = sorted(db.session.scalars(moved, execution_options=scope.placed()))
        db.session.execute(update(Complaint).where(Complaint.id.in_(moved)).values(urgent=True))

    with_step("accept", then=(mark,))
    take("accept", LIN)
    assert seen["ids"] == [1, 2]
    with world.at() as session:
        assert {c.id for c in session.query(Complaint).filter_by(urgent=True)} == {1, 2}


def test_an_effect_that_refuses_undoes_the_whole_step(world, take, with_step):
    def refuse(moved, actor):
        raise Refused("余额不足")

    with_step("accept", then=(refuse,))
    with pytest.raises(Refused, match="余额不足"):
        take("accept", LIN)
    assert _state(world, 1) == "new"
    assert world.events() == []


def test_rows_and_events_that_disagree_undo_the_whole_step(world, take, with_step, monkeypatch):
    """As if a row were snatched away between its event and its move."""
    trail = Workflow._trail

    def snatched(self, step, here, actor, bulk, note, filter_text):
        written = trail(self, step, here, actor, bulk, note, filter_text)
        gone = update(Complaint).where(Complaint.id == 1).values(state="closed")
        db.session.execute(gone.execution_options(synchronize_session=False))
        return written

    monkeypatch.setattr(Workflow, "_trail", snatched)
    with pytest.raises(RuntimeError, match="2 events but 1 rows"):
        take("accept", LIN)
    assert _state(world, 1) == "new"
    assert world.events() == []


def test_two_presses_at_the_same_moment_move_each_row_once(world, take):
    world.fill(200, said="同时")
    outcomes, gate = [], threading.Barrier(2)

    def press(actor) -> None:
        gate.wait()
        outcomes.append(take("accept", actor, Complaint.said == "同时"))

    hands = [threading.Thread(target=press, args=(actor,)) for actor in (LIN, CHEN)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(o.moved for o in outcomes) == [0, 200]
    assert sorted(o.refused_total for o in outcomes) == [0, 200]
    assert len(world.events(outcome="ok")) == 200


def test_the_machine_passes_the_same_gates(world, take, with_step):
    with pytest.raises(Refused):
        take("close", CLOCK)
    with_step("close", by=frozenset({CLOCK_ROLE}))
    world.fill(1, state="open", said="到期")
    world.fill(1, state="open", said="到期", urgent=True)
    outcome = take("close", CLOCK, Complaint.said == "到期")
    assert (outcome.moved, outcome.refused_total) == (1, 1)
    assert world.events(verb="close", outcome="ok")[0].actor == "clock"


def test_fifty_thousand_rows_cost_as_many_statements_as_one(world, take):
    def cost(said: str) -> int:
        with world.statements() as seen:
            outcome = take("accept", CHEN, Complaint.said == said)
        assert outcome.moved
        return len(seen)

    world.fill(1, said="一件")
    world.fill(50_000, said="五万件")
    assert cost("一件") == cost("五万件") <= 5
    with world.at() as session:
        moved = select(func.count()).where(Complaint.said == "五万件", Complaint.state == "open")
        assert session.scalar(moved) == 50_000
        told = select(func.count()).where(Event.verb == "accept")
        assert session.scalar(told) == 50_001


def test_refusing_fifty_thousand_rows_costs_no_more(world, take):
    world.fill(50_000, state="open")
    with world.statements() as seen:
        outcome = take("accept", LIN)
    assert (outcome.moved, outcome.refused_total, len(outcome.refused)) == (2, 50_000, SHOWN)
    assert len(seen) <= 6


@pytest.mark.parametrize("actor", [LIN, CHEN, HE], ids=lambda a: a.username)
@pytest.mark.parametrize("step", list(COMPLAINTS.steps))
@pytest.mark.parametrize("state", list(COMPLAINTS.states))
def test_every_step_does_or_refuses_as_declared(world, take, actor, step, state):
    world.fill(1, said="样本", state=state)
    wanted = COMPLAINTS.steps[step]
    if actor.role not in wanted.by:
        with pytest.raises(Refused):
            take(step, actor, Complaint.said == "样本", note="理由")
        return
    outcome = take(step, actor, Complaint.said == "样本", note="理由")
    ready = state in wanted.source
    assert (outcome.moved, outcome.refused_total) == ((1, 0) if ready else (0, 1))
    with world.at() as session:
        now = session.query(Complaint).filter_by(said="样本").one().state
    assert now == (wanted.target if ready else state)


def test_a_bureau_s_press_reaches_all_schools_below_and_no_further(world, take):
    assert take("accept", CHEN).moved == 3
    assert _state(world, 4) == "new"
    assert CHEN.org_path == COUNTY


def test_states_that_nobody_declared_are_a_mistake_found_at_once():
    with pytest.raises(ValueError, match="unknown states"):
        Workflow(Remark, {"a": "甲"}, [Step("go", "去", ("a",), "b", frozenset())])


def test_the_buttons_of_a_role_are_the_steps_it_may_take():
    assert [s.name for s in COMPLAINTS.takeable("clerk")] == ["accept"]
    assert [s.name for s in COMPLAINTS.takeable("boss")] == ["accept", "send_back", "close"]


def test_the_diagram_has_every_arrow():
    drawn = COMPLAINTS.mermaid()
    for arrow in ("new --> open: 受理", "open --> new: 退回", "open --> closed: 办结"):
        assert arrow in drawn
