"""A month of 2,000 students costs as many statements as a month of 10."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, literal, select

from app.kernel import scope
from app.kernel.db import db
from app.payments.models import Attempt
from app.publicity import service
from app.publicity.models import AidLine, StagedLine
from app.publicity.previewing import changes
from app.registry.models import Card, CoveredMonth, Enrolment, Person
from tests.engine import lines, result_file

FEW, MANY, ALL = 10, 2_000, 50_000
ANSWER = "回盘.txt"


class Month:
    """The month, step by step, with the statements each step cost.

    A word to the planner (SET LOCAL) touches no row and is said only when there are many.
    """

    def __init__(self, world, statements, rows):
        self.world, self.statements, self.rows = world, statements, rows
        self.cost = {}

    def step(self, name, verb, *given):
        with self.statements() as seen:
            made = verb(*given)
        self.cost[name] = sum(not statement.startswith("SET LOCAL") for statement in seen)
        return made

    def list_is_confirmed(self):
        world, target = self.world, self.world.draft()
        staged = self.step("stage", world.upload, target, self.rows)
        self.step("preview", preview, staged)
        self.step("take", world.take, staged)
        enrol_everybody(world)
        self.step("recheck", recheck, world, target)
        for state in ("submitted", "published", "confirmed"):
            self.step(state, world.through, target, state)

    def run_is_answered(self):
        world = self.world
        run = self.step("open", world.opened)
        self.step("void", world.press, "void", run, world.county.clerk)
        run = self.step("open again", world.opened)
        self.step("export", world.exported, run)
        (world.folder / ANSWER).write_bytes(answer(run))
        self.step("results", world.post, run, world.folder / ANSWER)
        self.step("same results", world.post, run, world.folder / ANSWER)
        self.step("pay again", world.again, run)


def preview(staged):
    with scope.scope(staged.org_path):
        assert changes(staged)["new"] == staged.accepted


def recheck(world, target):
    with scope.scope(world.school.path):
        service.recheck(target, world.school.clerk)
        db.session.commit()
    assert world.codes(target) == set()


def enrol_everybody(world):
    """The students of the lines just taken, by one statement."""
    same = ["person_id", "name", "id_mask", "grade", "major", "class_name"]
    fixed = {"org_path": world.school.path, "school_id": world.school.id, "state": "01",
             "major_code": ""}  # fmt: skip
    source = select(*(AidLine.__table__.c[k] for k in same), *map(literal, fixed.values()))
    with scope.everyone("a test arranges"):
        db.session.execute(insert(Enrolment.__table__).from_select([*same, *fixed], source))
        db.session.commit()


def answer(run):
    """Every fourth order failed, every tenth is in doubt, the others arrived."""
    t = Attempt
    orders = select(t.seq, t.name, t.card_mask, t.fen, t.ref).where(t.run_id == run.id)
    with scope.everyone("a test looks"):
        found = db.session.execute(orders.order_by(t.seq)).all()
    return result_file([
        {"seq": seq, "name": name, "card": mask, "fen": fen, "ref": ref, "bank_ref": f"B{seq}",
         "outcome": "failed" if seq % 4 == 0 else "unknown" if seq % 10 == 1 else "paid",
         "reason": "户名不符" if seq % 4 == 0 else "", "day": "20260928"}
        for seq, name, mask, fen, ref in found
    ])  # fmt: skip


def lived(world, statements, n):
    """A month of n students, and that it really was one."""
    month = Month(world.anew(), statements, lines(n))
    month.list_is_confirmed()
    month.run_is_answered()
    assert world.count(CoveredMonth) == world.count(Person) == world.count(Card) == n
    assert world.count(StagedLine) == 0
    assert (world.count(Attempt), world.count(Attempt, state="waiting")) == (n + n // 4, n // 4)
    return month


def test_every_step_costs_the_same_for_few_and_for_many(world, statements):
    few, many = (lived(world, statements, n).cost for n in (FEW, MANY))
    assert {k: (few[k], many[k]) for k in few if few[k] != many[k]} == {}
    assert all(0 < cost < 60 for cost in few.values())


def test_a_month_of_fifty_thousand_costs_no_statement_more(engine, world, statements):
    if not engine.is_postgresql:
        pytest.skip("fifty thousand lines are for the database of production")
    few, all_ = (lived(world, statements, n).cost for n in (FEW, ALL))
    assert all_ == few
