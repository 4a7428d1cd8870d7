"""Files of suspicious records for tests, and what becomes of them in a few words."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import clock, files, scope
from app.kernel.db import db
from app.registry.service import programme
from app.verification import intake, service
from app.verification.models import Case, Round
from app.verification.rules import Answer

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.verification.models import CaseUpload
    from tests.engine import Place, Student, World

HEADS = ("学校标识码", "学校名称", "姓名", "身份证件号", "异常类型", "异常说明", "起始年月",
         "截止年月", "涉及金额（元）")  # fmt: skip
DAY = dt.date(2026, 9, 17)
"""The day on which the tests of this room happen."""
DUE = dt.date(2026, 10, 15)


def suspect(who: Student, school: Place, **but: str) -> dict[str, str]:
    """What the national file says of one student."""
    return {
        "学校标识码": school.code, "学校名称": "", "姓名": who.name, "身份证件号": who.id_no,
        "异常类型": "与高校学籍重复", "异常说明": "2025年9月在某大学注册", "起始年月": "2025-09",
        "截止年月": "2026-01", "涉及金额（元）": "1000",
    } | but  # fmt: skip


def opened(world: World, bureau: Place | None = None, title: str = "2026年秋季查重",
           due: dt.date = DUE) -> Round:  # fmt: skip
    """A round of the bureau (the province, unless told) is under way."""
    actor = (bureau or world.province).clerk
    row = Round(title=title, due_on=due, programme=programme("GRANT"))
    with clock.at(world.moment):
        return world.act(actor, service.open_round, row, actor)


def send(world: World, of: Round, rows: list[dict[str, str]], actor: Actor | None = None
         ) -> CaseUpload:  # fmt: skip
    """The file is kept and split; nothing is written."""
    actor = actor or world.place(of.bureau_id).clerk
    path = world.folder / "异常数据.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys() if rows else HEADS)
        writer.writeheader()
        writer.writerows(rows)
    with clock.at(world.moment), scope.scope(actor.org_path), path.open("rb") as stream:
        files.keep(stream)
    return world.act(actor, _stage, path, path.name, of.id, actor)


def _stage(path: Any, name: str, round_id: int, actor: Actor) -> CaseUpload:
    return intake.stage(path, name, intake.round_for(round_id, actor), actor)


def take(world: World, upload: CaseUpload, actor: Actor | None = None, **how: Any) -> CaseUpload:
    actor = actor or world.place(world.fresh(world.one(Round, id=upload.round_id)).bureau_id).clerk
    with clock.at(world.moment):
        return world.act(actor, intake.take, upload, actor, **how)


def load(world: World, of: Round, rows: list[dict[str, str]]) -> CaseUpload:
    return take(world, send(world, of, rows))


def told(**but: Any) -> Answer:
    """A whole answer: nothing is wrong with the student."""
    return Answer(**{
        "finding": "FALSE", "action": "KEEP", "explanation": "五年专学生，仍在我校就读",
        "checked_by": "林老师", "checked_on": DAY, "proof": "在读证明2026-11号",
    } | but)  # fmt: skip


BACK = {"finding": "TRUE", "action": "RECOVER", "proof": "", "back_fen": 100_000}


def answer(world: World, case: Case, answer: Answer | None = None, actor: Actor | None = None
           ) -> Case:  # fmt: skip
    """The school of the case has answered."""
    actor = actor or world.place(case.school_id).clerk
    with clock.at(world.moment):
        return world.act(actor, service.answer, case, answer or told(), actor)


def close(world: World, case: Case) -> None:
    bureau = world.bureau_of(world.place(case.school_id))
    assert world.press("close_case", case, bureau.reviewer).moved == 1


def given_to(world: World, case: Case, school: Place, actor: Actor) -> Case:
    """The case is the other school's now."""

    with scope.everyone("a test names a school"):
        found = db.session.scalars(select(Org).where(Org.id == school.id)).one()
    return world.act(actor, service.reassign, case, found, actor)


def end(world: World, of: Round, actor: Actor | None = None) -> Any:
    actor = actor or world.place(of.bureau_id).reviewer
    return world.act(actor, service.end_rounds, Round.id == of.id, actor)


def cases(world: World, of: Round) -> dict[str, Case]:
    """The round's cases by name."""
    return {c.name: c for c in world.all(Case, round_id=of.id)}
