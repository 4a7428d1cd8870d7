"""Every step of every life cycle does, or refuses, exactly as it is declared: by role and state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import ROLES
from app.factory import in_rooms, load
from app.kernel import scope
from app.kernel.audit import OK, Event
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.workflow import Workflow
from tests import world

load([*in_rooms("models"), *in_rooms("workflow")])
FLOWS = [w for w in Workflow.all if w.model.__module__.startswith("app.")]
EVERY = [(w, s) for w in FLOWS for s in w.steps.values()]
NAMES = [f"{w.model.__tablename__}.{s.name}" for w, s in EVERY]


@pytest.fixture
def rows(house, stage):
    """The tables of the lived months, whatever happens to them is undone."""
    with stage.staff.app_context(), scope.everyone("a test presses every button"), writing():
        yield
        db.session.rollback()


def somebody(role: str):
    """An account of no other history, in this role, at the province."""
    return replace(world.actor("fujian_clerk"), id=-1, username="somebody", role=role)


def put_into(flow: Workflow, state: str) -> int:
    """One row of the table stands in this state; its key."""
    key = db.session.scalar(select(func.min(flow.model.id)))
    assert key, f"the lived months have no {flow.model.__tablename__}"
    db.session.execute(update(flow.model).where(flow.model.id == key).values(state=state)
                       .execution_options(synchronize_session=False))  # fmt: skip
    return key


def state_of(flow: Workflow, key: int) -> str:
    return db.session.scalar(select(flow.model.state).where(flow.model.id == key))


def test_there_are_as_many_life_cycles_as_rooms_declare():
    assert len(FLOWS) >= 6
    assert len(EVERY) >= 20


@pytest.mark.parametrize(("flow", "step"), EVERY, ids=NAMES)
def test_only_the_roles_it_names_may_take_it(rows, flow, step):
    for role in sorted(set(ROLES) - step.by):
        for state in flow.states:
            key = put_into(flow, state)
            with pytest.raises(Refused):
                flow.take(step.name, flow.model.id == key, somebody(role), "说明")
            assert state_of(flow, key) == state


@pytest.mark.parametrize(("flow", "step"), EVERY, ids=NAMES)
def test_it_leaves_rows_in_any_other_state_where_they_are(rows, flow, step):
    role = min(step.by)
    for state in sorted(set(flow.states) - set(step.source)):
        key = put_into(flow, state)
        out = flow.take(step.name, flow.model.id == key, somebody(role), "说明")
        assert (out.moved, out.refused_total) == (0, 1)
        assert str(flow.states[state]) in out.refused[key]
        assert state_of(flow, key) == state


@pytest.mark.parametrize(("flow", "step"), EVERY, ids=NAMES)
def test_it_moves_a_ready_row_to_its_target_and_writes_the_event(rows, flow, step):
    for role in sorted(step.by):
        for state in step.source:
            key = put_into(flow, state)
            actor = somebody(role)
            ready = flow.model.id == key
            may = bool(db.session.scalar(select(flow.ready(step, actor)).where(ready)))
            out = flow.take(step.name, ready, actor, "说明")
            assert (out.moved, out.refused_total) == ((1, 0) if may else (0, 1))
            assert state_of(flow, key) == (step.target if may else state)
            assert written(flow, step, key, actor) == int(may)
            db.session.rollback()


def written(flow, step, key, actor) -> int:
    """How many events say that this actor took the step on the row."""
    found = select(func.count()).select_from(Event).where(
        Event.subject == flow.model.__tablename__, Event.subject_id == key,
        Event.verb == step.name, Event.actor_id == actor.id, Event.outcome == OK,
    )  # fmt: skip
    return db.session.scalar(found)


@pytest.mark.parametrize(("flow", "step"), EVERY, ids=NAMES)
def test_each_unmet_condition_is_named_in_its_own_words(rows, flow, step):
    """Guards are asked one by one: a row that fails one is refused with that one's sentence."""
    actor = somebody(min(step.by))
    keys = db.session.scalars(select(flow.model.id).order_by(flow.model.id).limit(40)).all()
    for state in step.source[:1]:
        for key in keys:
            with db.session.begin_nested() as undone:
                mark = update(flow.model).where(flow.model.id == key).values(state=state)
                try:
                    db.session.execute(mark.execution_options(synchronize_session=False))
                except Exception:  # noqa: BLE001  (two rows of one key may not both stand there)
                    undone.rollback()
                    continue
                out = flow.take(step.name, flow.model.id == key, actor, "说明")
                says = {str(g.otherwise) for g in step.guards}
                assert set(out.refused.values()) <= says
                undone.rollback()


@pytest.mark.parametrize(
    ("flow", "step"), [(w, s) for w, s in EVERY if s.note],
    ids=[f"{w.model.__tablename__}.{s.name}" for w, s in EVERY if s.note],
)  # fmt: skip
def test_it_asks_for_the_reason_it_declares(rows, flow, step):
    key = put_into(flow, step.source[0])
    with pytest.raises(Refused):
        flow.take(step.name, flow.model.id == key, somebody(min(step.by)), "  ")
    assert state_of(flow, key) == step.source[0]
