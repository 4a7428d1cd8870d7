"""A month's lists of the whole province, written as the schools and bureaus would have left them:
sets, never rows one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, insert, literal, select

from app.accounts.models import APPROVER, CLERK, REVIEWER, SCHOOL, Org
from app.kernel.db import db
from app.kernel.types import YearMonth
from app.publicity.models import AidLine, AidList, Upload
from app.publicity.seal import seal_lists
from app.publicity.workflow import WORKDAYS_SHOWN
from app.registry.models import Card, DueMonth, Enrolment
from app.world.founding import school_year
from app.world.trail import leave, put

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement

    from app.kernel.clock import WorkCalendar

GRANTED = 27, 160
"""How many of how many in the registry get the grant: 67,500 of 400,000."""
SHARES = 10_000
A, L, E, C, D, U, S = (
    m.__table__ for m in (AidList, AidLine, Enrolment, Card, DueMonth, Upload, Org)
)
LIFE = ("draft", "submitted", "published", "confirmed")
BEHIND = {3: 1, 4: 2}
"""In a month that is not over, of five schools one is a step behind the others, one is two."""


@dataclass(frozen=True)
class Month:
    """One month of one programme. `days`: when its lists were uploaded, submitted, published,
    confirmed; a month that is not over has fewer."""

    month: YearMonth
    programme_id: int
    days: list[dt.datetime]
    calendar: WorkCalendar

    @property
    def lists(self) -> ColumnElement[bool]:
        return and_(A.c.month == self.month, A.c.programme_id == self.programme_id)

    def come_to(self, step: int) -> ColumnElement[bool]:
        """The lists that have come so far in their life, or farther."""
        return and_(self.lists, A.c.state.in_(LIFE[step:]))


def write_lists(month: Month) -> None:
    """Every school has its list of the month, with lines, seal, upload and events."""
    schools = select(S.c.id, S.c.parent_id, S.c.path).where(S.c.level == SCHOOL).order_by(S.c.id)
    rows = [_list(month, n, *school) for n, school in enumerate(db.session.execute(schools))]
    db.session.execute(insert(A), rows)
    _write_lines(month)
    seal_lists(select(A.c.id).where(month.lists))
    _write_uploads(month)
    _write_events(month)


def _list(month: Month, turn: int, school_id: int, bureau_id: int, path: str) -> dict[str, Any]:
    reached = len(month.days) - 1
    if reached < len(LIFE) - 1:
        reached -= BEHIND.get(turn % 5, 0)
    row = {
        "programme_id": month.programme_id, "school_id": school_id, "bureau_id": bureau_id,
        "month": month.month, "first_month": month.month, "org_path": path,
        "state": LIFE[reached], "created_at": month.days[0], "published_at": None,
        "closes_on": None, "provisional": False, "calendar_version": "",
    }  # fmt: skip
    return row | (_shown(month) if reached >= LIFE.index("published") else {})


def _shown(month: Month) -> dict[str, Any]:
    published = month.days[2]
    closes_on, provisional = month.calendar.add_workdays(published.date(), WORKDAYS_SHOWN)
    return {"published_at": published, "closes_on": closes_on, "provisional": provisional,
            "calendar_version": month.calendar.version}  # fmt: skip


def _write_lines(month: Month) -> None:
    """Those of the ones at school that month who get the grant: the same month after month."""
    year = school_year(month.month)
    grades = {YearMonth.at(year - n, 9): str(n + 1) for n in range(3)}
    grade = case(grades, value=E.c.enrolled_in)
    there = and_(E.c.enrolled_in.in_(grades), E.c.state.in_(("01", "07")))
    some, of = GRANTED
    known, eligible = db.session.execute(
        select(func.count(), func.sum(case((there, 1), else_=0))).select_from(E)
    ).one()
    chosen = E.c.person_id * 7919 % SHARES < SHARES * known * some // of // (eligible or 1)
    seq = func.row_number().over(partition_by=A.c.id, order_by=E.c.id)
    same = ("person_id", "name", "id_mask", "major", "class_name")
    put(L, {key: E.c[key] for key in same} | {
        "org_path": A.c.org_path, "list_id": A.c.id, "card_id": C.c.id, "seq": seq,
        "card_mask": C.c.card_mask, "grade": D.c.grade, "first_month": month.month,
        "last_month": month.month, "amount_fen": D.c.fen, "state": "normal", "remark": "",
        "unbankable": False,
    }, select().select_from(A)
        .join(E, E.c.school_id == A.c.school_id)
        .join(C, and_(C.c.person_id == E.c.person_id, C.c.state == "active"))
        .join(D, and_(D.c.programme_id == A.c.programme_id, D.c.month == A.c.month,
                      D.c.grade == grade))
        .where(month.lists, there, chosen))  # fmt: skip


def _write_uploads(month: Month) -> None:
    put(U, {
        "list_id": A.c.id, "school_id": A.c.school_id, "org_path": A.c.org_path,
        "file_name": f"{month.month}受助学生名单.xlsx", "sha256": A.c.digest,
        "size": A.c.line_count * 110 + 6000, "state": "taken", "row_count": A.c.line_count,
        "accepted": A.c.line_count, "rejected": 0, "total_fen": A.c.total_fen, "problems": [],
        "by": literal("s").concat(S.c.code).concat("_clerk"), "at": month.days[0],
    }, select().join_from(A, S, S.c.id == A.c.school_id).where(month.lists))  # fmt: skip


def _write_events(month: Month) -> None:
    """Who did what to each list, with the seal of what was decided on."""
    steps = (
        ("upload", "school_id", CLERK), ("submit", "school_id", REVIEWER),
        ("publish", "bureau_id", APPROVER), ("confirm", "bureau_id", APPROVER),
    )  # fmt: skip
    seal = {"count": A.c.line_count, "fen": A.c.total_fen, "digest": A.c.digest}
    for n, (at, (verb, place, duty)) in enumerate(zip(month.days, steps, strict=False)):
        moved = {"old": LIFE[n - 1], "new": LIFE[n]} if n else {}
        leave(verb, A, month.come_to(n), place, duty, at, **seal, **moved)
