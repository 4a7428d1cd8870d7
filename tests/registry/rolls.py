"""Registry files for tests: what a school writes in its spreadsheet, and sending it in."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from app.kernel import clock, files, scope
from app.kernel.db import db
from app.registry import intake
from app.registry.models import Enrolment
from tests.engine import students

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.registry.models import RegistryUpload
    from tests.engine import Place, Student, World

HEADS = ("姓名", "身份证件号", "学籍号", "年级", "专业代码", "专业名称", "班级", "入学年月",
         "学籍状态", "异动年月")  # fmt: skip


def pupil(who: Student, **but: str) -> dict[str, str]:
    """What a school says of one student, by the template's headings."""
    return {
        "姓名": who.name, "身份证件号": who.id_no, "学籍号": f"G{who.id_no}", "年级": "一年级",
        "专业代码": "610102", "专业名称": "现代农艺技术", "班级": "1班", "入学年月": "2026-09",
        "学籍状态": "在读", "异动年月": "",
    } | but  # fmt: skip


def pupils(count: int, start: int = 0, **but: str) -> list[dict[str, str]]:
    return [pupil(who, **but) for who in students(count, start)]


def send(world: World, school: Place, rows: list[dict[str, str]], actor: Actor | None = None
         ) -> RegistryUpload:  # fmt: skip
    """The file is kept and staged."""
    actor = actor or school.clerk
    path = world.folder / "学籍.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys() if rows else HEADS)
        writer.writeheader()
        writer.writerows(rows)
    with clock.at(world.moment), scope.scope(actor.org_path), path.open("rb") as stream:
        where = intake.school_for(school.code, actor)
        files.keep(stream)
        made = intake.stage(path, path.name, where, actor)
        db.session.commit()
    return made


def take(world: World, upload: RegistryUpload, actor: Actor | None = None, **how: Any
         ) -> RegistryUpload:  # fmt: skip
    actor = actor or world.place(upload.school_id).clerk
    with clock.at(world.moment):
        world.act(actor, intake.take, upload, actor, **how)
    return upload


def load(world: World, school: Place, rows: list[dict[str, str]]) -> RegistryUpload:
    """The school's registry says what these rows say."""
    return take(world, send(world, school, rows))


def roll(world: World, school: Place) -> dict[str, Enrolment]:
    """The school's enrolments by name."""
    return {e.name: e for e in world.all(Enrolment, school_id=school.id)}
