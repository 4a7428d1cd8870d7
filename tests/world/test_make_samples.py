"""The files for a lesson do what they say."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.scope import scope
from app.payments import posting
from app.payments.models import Attempt, PayRun
from app.publicity import service
from app.publicity.models import Finding
from app.publicity.rules import BY_CODE
from app.world.samples import answer_run, make_samples
from tests import world


def uploaded(path, school):
    """The file taken into the school's draft of this month, as its clerk does it."""
    clerk = world.actor(f"s{school}_clerk")
    with scope(clerk.org_path):
        draft = service.draft_for(school, clock.this_month(), "GRANT", clerk)
        staged = service.stage(path, path.name, draft, clerk)
        service.take(staged, clerk)
    return staged


def findings(staged) -> set[str]:
    found = select(Finding.code).where(Finding.list_id == staged.list_id)
    return set(db.session.scalars(found))


def test_the_clean_list_is_taken_whole_and_raises_no_question(living, tmp_path):
    made = make_samples(world.LANXI, tmp_path)
    staged = uploaded(made.files[0], world.LANXI)
    assert (staged.rejected, findings(staged)) == (0, set())
    assert staged.accepted > 15
    db.session.rollback()


def test_the_dirty_list_is_refused_row_by_row_and_asked_about_as_told(living, tmp_path):
    made = make_samples(world.LANXI, tmp_path)
    staged = uploaded(made.files[1], world.LANXI)
    assert (staged.row_count, staged.rejected) == (made.rows, made.to_refuse)
    told = {(p["column"], p["sentence"]) for p in staged.problems}
    assert len(told) == made.to_refuse
    elsewhere = {"ON_HOLD", "UNBANKABLE", "WAS_AWAY", "CARD_ASKED"}
    assert findings(staged) == set(BY_CODE) - elsewhere
    db.session.rollback()


@pytest.mark.parametrize("school", [world.RONGJIANG, world.WUYI])
def test_any_school_may_be_the_example(living, tmp_path, school):
    made = make_samples(school, tmp_path)
    assert all(path.exists() for path in made.files)
    assert made.to_ask_about == 14


def test_there_are_no_samples_of_a_school_that_is_not_there(living, tmp_path):
    with pytest.raises(Refused, match="3635999999"):
        make_samples("3635999999", tmp_path)
    assert list(tmp_path.iterdir()) == []


def run_of(state: str) -> PayRun:
    return db.session.scalars(select(PayRun).where(PayRun.state == state)).first()


def test_the_banks_answer_is_posted_whole(living, tmp_path):
    run = db.session.scalars(
        select(PayRun).where(PayRun.state == "checked").order_by(PayRun.id.desc())
    ).first()
    path = answer_run(run.id, tmp_path)
    poster = world.actor(world.PINGTAN_POSTER)
    with scope(poster.org_path):
        taken = posting.take_results(run, path, path.name, poster)
    assert (taken.posted, taken.aside) == (run.line_count, 0)
    states = set(db.session.scalars(select(Attempt.state).where(Attempt.run_id == run.id)))
    assert {"paid", "unknown"} <= states <= {"paid", "failed", "unknown"}
    db.session.rollback()


def test_the_bank_answers_nothing_to_a_settled_run_or_none(living, tmp_path):
    with pytest.raises(Refused, match="等待银行结果"):
        answer_run(run_of("settled").id, tmp_path)
    with pytest.raises(Refused, match="没有编号"):
        answer_run(9_999, tmp_path)
