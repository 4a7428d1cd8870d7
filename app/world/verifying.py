"""Two rounds of verification: a county's that is over, and the province's in the midst of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts.models import CLERK, REVIEWER, Org
from app.kernel import clock, files
from app.kernel.db import db
from app.kernel.scope import everyone, scope
from app.registry.models import GRANT
from app.registry.service import programme
from app.verification import intake, service
from app.verification.models import KINDS, Case, Round
from app.verification.rules import Answer
from app.verification.sheets import SUSPECTS
from app.verification.workflow import CASES
from app.world.paper import write_list
from app.world.places import CAPITAL
from app.world.roster import granted

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth
    from app.kernel.workflow import Outcome
    from app.world.deeds import Deeds
    from app.world.roster import Row, Student
    from app.world.story import Story

MINHOU, AOFENG, QISHAN, LANXI = "350121", "3635000002", "3635000003", "3635000004"
RONGJIANG, LUJIANG = "3635000001", "3635000006"
OVER, UNDER_WAY = "闽侯县学籍查重", "全省受助学生异常数据核查"
SUSPECTED: tuple[tuple[str, str, int], ...] = (
    ("DUP_HE", "在某高职院校有学籍，注册时间2026年9月", 0),
    ("AGE", "受助时年满25周岁", 0),
    ("DUP_K12", "普通高中学籍未转出", 0),
    ("NOT_AT_SCHOOL", "学籍状态为退学，其后仍在受助名单中", 920),
    ("DUP_AID", "同月在两个县受助", 230),
)
"""Kind, what the national file says, how many yuan are in question; in turn."""
SPLIT = {RONGJIANG: 4, QISHAN: 6, LANXI: 3, LUJIANG: 3, AOFENG: 3}
"""How many students of which schools the province's file names."""
CLEARED: dict[str, Any] = {
    "finding": "FALSE", "action": "KEEP", "proof": "五年制联合培养协议及在读证明",
    "explanation": "五年专学生，高职阶段学籍为同一培养计划，在校就读",
}  # fmt: skip
CORRECTED: dict[str, Any] = {
    "finding": "PARTLY", "action": "CORRECT",
    "explanation": "学籍系统中入学时间登记有误，已提交更正",
}  # fmt: skip
NOT_OURS: dict[str, Any] = {
    "finding": "NOT_OURS", "action": "REASSIGN", "explanation": "该生上学期已转学，现不在我校就读",
}  # fmt: skip


def tell_verification(story: Story) -> None:
    """闽侯 has looked into its own and is done; the province has sent out what came from above."""
    deeds, before, month = story.deeds, story.days.before, story.months[max(-2, -len(story.months))]
    few = granted(story.students[QISHAN], month)[:3]
    story.note(before(12, 9), begin, deeds, MINHOU, OVER, month, before(1, 9), _rows(few))
    story.note(before(11, 10), reply, deeds, QISHAN, OVER, CLEARED, 2)
    story.note(before(11, 11), reply, deeds, QISHAN, OVER, _recovered(month), 1)
    story.note(before(10, 9), judge, deeds, "close_case", QISHAN, OVER, 3)
    story.note(before(10, 10), end, deeds, MINHOU, OVER)
    _under_way(story, month)


def _under_way(story: Story, month: YearMonth) -> None:
    """Some schools have not begun, one is done, one was sent back, one disowns a student."""
    deeds, before = story.deeds, story.days.before
    some = [s for code, n in SPLIT.items() for s in granted(story.students[code], month)[:n]]
    due = story.days.now + 10 * clock.ONE_DAY
    story.note(before(5, 9), begin, deeds, CAPITAL, UNDER_WAY, month, due, _rows(some))
    story.note(before(4, 9), reply, deeds, RONGJIANG, UNDER_WAY, CLEARED, 4)
    story.note(before(3, 9), judge, deeds, "close_case", RONGJIANG, UNDER_WAY, 3)
    story.note(before(4, 10), reply, deeds, LUJIANG, UNDER_WAY, CORRECTED, 3)
    story.note(before(3, 10), judge, deeds, "close_case", LUJIANG, UNDER_WAY, 3)
    story.note(before(3, 11), reply, deeds, AOFENG, UNDER_WAY, NOT_OURS, 1)
    story.note(before(3, 14), reply, deeds, QISHAN, UNDER_WAY, CLEARED, 3)
    story.note(before(2, 9), judge, deeds, "return_case", QISHAN, UNDER_WAY, 1,
               "在读证明没有盖章，请补齐后重新反馈")  # fmt: skip


def _recovered(month: YearMonth) -> dict[str, Any]:
    return {
        "finding": "TRUE", "action": "RECOVER", "back_fen": 23_000, "back_first": month,
        "back_last": month, "explanation": "该生当月已离校，多发部分已由学校追回",
    }  # fmt: skip


def _rows(students: list[Student]) -> list[Row]:
    """As the national centre writes them; every other school by its name only."""
    with everyone("学校名录是公开的"):
        names = {o.code: o.name for o in db.session.execute(select(Org.code, Org.name))}
    rows = []
    for n, who in enumerate(students):
        kind, clue, yuan = SUSPECTED[n % len(SUSPECTED)]
        coded = n % 2 == 0
        rows.append({
            "school_code": who.school if coded else "", "school_name": names[who.school],
            "name": who.name, "id_no": who.id_no, "kind": str(KINDS[kind]), "clue": clue,
            "first_month": "", "last_month": "", "fen": yuan or "",
        })  # fmt: skip
    return rows


def begin(deeds: Deeds, bureau: str, title: str, month: YearMonth, due: dt.datetime,
          rows: list[Row]) -> None:  # fmt: skip
    """The bureau's clerk has opened a round, and its file is split to the schools."""
    clerk, path = deeds.people[bureau, CLERK], deeds.folder / f"{title}.xlsx"
    write_list(path, rows, SUSPECTS)
    with scope(clerk.org_path):
        of = Round(title=title, programme=programme(GRANT), first_month=month, last_month=month,
                   due_on=due.date())  # fmt: skip
        service.open_round(of, clerk)
        with path.open("rb") as stream:
            files.keep(stream)
        upload = intake.stage(path, path.name, of, clerk)
        if upload.rejected:
            raise RuntimeError(f"{title}: {upload.problems}")
        intake.take(upload, clerk)


def reply(deeds: Deeds, school: str, title: str, words: dict[str, Any], most: int) -> None:
    """The school has answered so many of its cases in the same words."""
    clerk, today = deeds.people[school, CLERK], clock.today()
    whole: dict[str, Any] = {"checked_by": clerk.name, "checked_on": today, "proof": ""} | words
    if "back_fen" in words:
        whole |= {"voucher_no": f"JK{today:%Y%m%d}-01", "repaid_on": today}
    with scope(clerk.org_path):
        for case in _waiting(school, title, "waiting", most):
            service.answer(case, Answer(**whole), clerk)


def judge(deeds: Deeds, step: str, school: str, title: str, most: int, note: str = "") -> None:
    """The bureau right above has closed so many answers, or sent them back."""
    person = deeds.people[deeds.bureaus[school], REVIEWER]
    with scope(person.org_path):
        keys = [case.id for case in _waiting(school, title, "answered", most)]
        _went(CASES.take(step, Case.id.in_(keys), person, note), most)


def _waiting(school: str, title: str, state: str, most: int) -> list[Case]:
    found = select(Case).where(Case.round_title == title, Case.state == state,
                               Case.school.has(code=school))  # fmt: skip
    return list(db.session.scalars(found.order_by(Case.id).limit(most)))


def end(deeds: Deeds, bureau: str, title: str) -> None:
    person = deeds.people[bureau, REVIEWER]
    with scope(person.org_path):
        _went(service.end_rounds(Round.title == title, person), 1)


def _went(outcome: Outcome, wanted: int) -> None:
    if outcome.moved != wanted:
        raise RuntimeError(f"{outcome.moved} of {wanted} moved: {outcome.refused}")
