"""Other departments hand over their rolls: one is done, one is in everybody's hands just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.accounts.models import CLERK, REVIEWER
from app.kernel import files
from app.kernel.db import db
from app.kernel.scope import scope
from app.registry.models import Difficulty
from app.rolls import intake
from app.rolls.models import Roll, RollEntry
from app.rolls.sheets import ENTRIES as COLUMNS
from app.rolls.workflow import ENTRIES, ROLLS
from app.world.founding import school_year
from app.world.paper import write_list
from app.world.places import CAPITAL
from app.world.roster import granted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.kernel.types import YearMonth
    from app.world.deeds import Deeds
    from app.world.roster import Row, Student
    from app.world.story import Story

MINHOU, QISHAN, LANXI, YURONG, LUJIANG = (
    "350121", "3635000003", "3635000004", "3635000005", "3635000006",
)  # fmt: skip
DONE, UNDER_WAY = "低保家庭学生名册", "脱贫享受政策家庭学生名册"


def tell_rolls(story: Story) -> None:
    """闽侯's roll of the civil affairs office is final; the province's is being verified."""
    deeds, month, before = story.deeds, story.months[-1], story.days.before
    own = [s for code in (QISHAN, LANXI) for s in story.students[code] if s.is_there(month)]
    listed = granted(own, month)
    few = [*listed[::9], *[s for s in own if s not in listed][::11]]
    story.note(
        before(9, 9), receive, deeds, MINHOU, DONE, "civil", "SUBSISTENCE", month, _rows(few)
    )
    for school in (QISHAN, LANXI):
        story.note(before(8, 10), press, deeds, "agree", school, CLERK, DONE)
    story.note(before(7, 10), press, deeds, "finalise", MINHOU, REVIEWER, DONE)
    story.note(before(7, 11), close, deeds, MINHOU, DONE)
    _under_way(story, month)


def _under_way(story: Story, month: YearMonth) -> None:
    """Some wait for their schools, some for their bureau, some are final, some nobody knows."""
    deeds, before = story.deeds, story.days.before
    some = [s for code in (QISHAN, LANXI, YURONG, LUJIANG)
            for s in story.students[code] if s.is_there(month)][::7]  # fmt: skip
    rows = [*_rows(some), *_strangers()]
    rows[1]["name"] += "儿"
    story.note(before(4, 9), receive, deeds, CAPITAL, UNDER_WAY, "rural", "OUT_OF_POVERTY", month,
               rows)  # fmt: skip
    story.note(before(3, 9), press, deeds, "agree", LUJIANG, CLERK, UNDER_WAY)
    story.note(before(2, 9), press, deeds, "finalise", deeds.bureaus[LUJIANG], REVIEWER, UNDER_WAY)
    story.note(before(3, 10), press, deeds, "disagree", LANXI, CLERK, UNDER_WAY, 1,
               "已随家长外出务工，本学期未到校")  # fmt: skip
    story.note(before(3, 11), press, deeds, "agree", LANXI, CLERK, UNDER_WAY)


def _rows(students: Iterable[Student]) -> list[Row]:
    return [
        {"name": s.name, "id_no": s.id_no, "county": "闽侯县", "village": "白沙镇孔元村",
         "household_no": f"35012100{n:04d}", "householder": "", "remark": ""}
        for n, s in enumerate(students, 1)
    ]  # fmt: skip


def _strangers() -> list[Row]:
    """People of the same villages who study nowhere we know of."""
    told: dict[str, Any] = {"county": "闽侯县", "village": "白沙镇孔元村", "householder": "",
                            "household_no": "3501210099", "remark": "在外地就读"}  # fmt: skip
    numbers = (("林建国", "350121197003120016"), ("陈秀英", "350121197205060023"))
    return [{"name": name, "id_no": number, **told} for name, number in numbers]


def receive(deeds: Deeds, bureau: str, title: str, department: str, kind: str, month: YearMonth,
            rows: list[Row]) -> None:  # fmt: skip
    """The bureau's clerk has registered the roll and taken the department's file."""
    clerk, path = deeds.people[bureau, CLERK], deeds.folder / f"{title}.xlsx"
    write_list(path, rows, COLUMNS)
    with scope(clerk.org_path):
        kinds = select(Difficulty).where(Difficulty.code == kind)
        term = "autumn" if month.month >= 9 or month.month == 1 else "spring"
        roll = Roll(title=title, department=department, difficulty=db.session.scalars(kinds).one(),
                    school_year=school_year(month), term=term, org_path=clerk.org_path)  # fmt: skip
        intake.fill_in(roll, clerk)
        db.session.add(roll)
        db.session.flush()
        with path.open("rb") as stream:
            files.keep(stream)
        upload = intake.stage(path, path.name, roll, clerk)
        if upload.rejected:
            raise RuntimeError(f"{title}: {upload.problems}")
        intake.take(upload, clerk)


def press(deeds: Deeds, step: str, place: str, duty: str, title: str, most: int = 0,
          note: str = "") -> None:  # fmt: skip
    """The place's entries of the roll have taken the step, at most so many of them."""
    actor = deeds.people[place, duty]
    with scope(actor.org_path):
        outcome = ENTRIES.take(step, _of_roll(title, step, most), actor, note)
    if not outcome.moved or outcome.refused_total:
        raise RuntimeError(f"{step} at {place}: {outcome}")


def _of_roll(title: str, step: str, most: int) -> ColumnElement[bool]:
    ready = RollEntry.state.in_(ENTRIES.steps[step].source) & (RollEntry.title == title)
    if not most:
        return ready
    first = select(RollEntry.id).where(ready).order_by(RollEntry.id).limit(most)
    return RollEntry.id.in_(list(db.session.scalars(first)))


def close(deeds: Deeds, bureau: str, title: str) -> None:
    actor = deeds.people[bureau, REVIEWER]
    with scope(actor.org_path):
        outcome = ROLLS.take("close_roll", Roll.title == title, actor)
    if outcome.moved != 1:
        raise RuntimeError(f"{title}: {outcome.refused}")
