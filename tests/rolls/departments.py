"""Rolls for tests: what a department writes in its spreadsheet, and the verbs of a roll's life."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.kernel import clock, files, scope
from app.kernel.db import db
from app.registry.models import Difficulty
from app.rolls import intake
from app.rolls.models import Roll, RollEntry, RollUpload
from app.rolls.workflow import ENTRIES, ROLLS
from tests.engine import line, students

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome
    from tests.engine import Place, Student, World

HEADS = ("姓名", "身份证件号", "户籍所在县", "乡镇和村（社区）", "户编号", "户主姓名", "备注")


def member(who: Student, **but: str) -> dict[str, str]:
    """What a department says of one person, by the template's headings."""
    return {
        "姓名": who.name, "身份证件号": who.id_no, "户籍所在县": "闽侯县",
        "乡镇和村（社区）": "白沙镇孔元村", "户编号": "3501210012", "户主姓名": "林建国",
        "备注": "",
    } | but  # fmt: skip


def members(count: int, start: int = 0, **but: str) -> list[dict[str, str]]:
    return [member(who, **but) for who in students(count, start)]


def enrol(world: World, school: Place, count: int, start: int = 0, **but: Any) -> None:
    """So many students study at the school."""
    world.enrol(school, [line(who) for who in students(count, start)], **but)


def draw_up(world: World, bureau: Place | None = None, actor: Actor | None = None,
            **but: Any) -> Roll:  # fmt: skip
    """A roll that a bureau's clerk has registered; nobody stands on it."""
    bureau = bureau or world.county
    actor = actor or bureau.clerk
    kind = but.pop("kind", "SUBSISTENCE")
    with clock.at(world.moment), scope.scope(bureau.path):
        difficulty = db.session.scalars(select(Difficulty).where(Difficulty.code == kind)).one()
        roll = Roll(**{"title": f"2026年秋季低保名册{kind}", "department": "civil",
                       "school_year": 2026, "term": "autumn", "difficulty": difficulty,
                       "org_path": bureau.path} | but)  # fmt: skip
        try:
            intake.fill_in(roll, actor)
            db.session.add(roll)
            db.session.commit()
        finally:
            db.session.rollback()
    return roll


def send(world: World, roll: Roll, rows: list[dict[str, str]], actor: Actor | None = None
         ) -> RollUpload:  # fmt: skip
    """The file is kept and staged."""
    actor = actor or world.place(roll.bureau_id).clerk
    path = world.folder / "名册.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys() if rows else HEADS)
        writer.writeheader()
        writer.writerows(rows)
    with clock.at(world.moment), scope.scope(actor.org_path), path.open("rb") as stream:
        where = intake.roll_for(roll.id, actor)
        files.keep(stream)
        made = intake.stage(path, path.name, where, actor)
        db.session.commit()
    return made


def take(world: World, upload: RollUpload, actor: Actor | None = None, **how: Any) -> int:
    actor = actor or world.place(upload.roll.bureau_id).clerk
    with clock.at(world.moment), scope.scope(actor.org_path):
        try:
            found = intake.take(upload, actor, **how)
            db.session.commit()
        finally:
            db.session.rollback()
    return found


def load(world: World, roll: Roll, rows: list[dict[str, str]]) -> RollUpload:
    """The roll says what these rows say, and was compared."""
    upload = send(world, roll, rows)
    take(world, upload)
    return upload


def press(world: World, step: str, actor: Actor, where: Any = None, note: str = "依规定"
          ) -> Outcome:  # fmt: skip
    """One step on the entries under `where`, all of them when nothing is said."""
    where = RollEntry.id > 0 if where is None else where
    with clock.at(world.moment), scope.scope(actor.org_path):
        try:
            out = ENTRIES.take(step, where, actor, note)
            db.session.commit()
        finally:
            db.session.rollback()
    return out


def close(world: World, roll: Roll, actor: Actor | None = None) -> Outcome:
    actor = actor or world.place(roll.bureau_id).reviewer
    with clock.at(world.moment), scope.scope(actor.org_path):
        try:
            out = ROLLS.take("close_roll", Roll.id == roll.id, actor)
            db.session.commit()
        finally:
            db.session.rollback()
    return out


def entries(world: World, roll: Roll) -> dict[str, RollEntry]:
    """The roll's entries by name."""
    return {e.name: e for e in world.all(RollEntry, roll_id=roll.id)}


def standing(world: World, roll: Roll) -> dict[str, tuple[str, str]]:
    """Of each name on the roll what the comparison found, and how far the entry is."""
    return {name: (e.match, e.state) for name, e in entries(world, roll).items()}
