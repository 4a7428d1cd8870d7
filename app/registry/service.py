"""Use-cases of the registry: standards spread out, programmes laid down, students put on hold."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, delete, exists, func, insert, literal, or_, select

from app.kernel import audit, clock
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone
from app.kernel.types import YearMonth
from app.registry.models import (
    GRANT,
    CalendarMonth,
    DueMonth,
    Enrolment,
    Hold,
    Programme,
    Standard,
)
from app.registry.rules import HORIZON, spread

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

FIRST_MONTH = YearMonth.at(2007, 9)
HELD_BACK, HELD_AHEAD = 36, 12
"""How many months before this one, and after it, a hold may begin."""
RATES = [
    # from, to, yuan a year, grades, source
    ((2007, 9), (2015, 1), 1500, "1,2", "财教〔2007〕84号"),
    ((2015, 2), (2025, 1), 2000, "1,2", "国务院常务会议2015-02-25；财科教〔2016〕35号"),
    ((2025, 2), None, 2300, "1,2,3", "财教〔2024〕181号"),
]
TOLD_AT_ONCE = 10_000
"""So many keys one statement may name."""


def lay_down_programmes() -> None:
    """The known programmes, the grant's standards and every calendar month stand in the tables."""
    names = [(GRANT, "中职国家助学金", "student"), ("TUITION_FREE", "免学费", "school"),
             ("SCHOLARSHIP", "中职国家奖学金", "student")]  # fmt: skip
    known = set(db.session.scalars(select(Programme.code)))
    db.session.add_all(Programme(code=c, name=n, paid_to=p) for c, n, p in names if c not in known)
    db.session.flush()
    grant = programme(GRANT)
    if not db.session.scalar(select(exists().where(Standard.programme_id == grant.id))):
        db.session.add_all(
            Standard(programme_id=grant.id, valid_from=YearMonth.at(*a),
                     valid_to=YearMonth.at(*b) if b else None, yearly_fen=yuan * 100,
                     grades=grades, source=source)
            for a, b, yuan, grades, source in RATES
        )  # fmt: skip
    db.session.flush()
    spread_standards()
    _lay_down_months()


def _lay_down_months() -> None:
    if not db.session.scalar(select(exists().where(CalendarMonth.id.is_not(None)))):
        months = FIRST_MONTH.until(HORIZON)
        db.session.execute(insert(CalendarMonth), [{"month": m} for m in months])


def spread_standards() -> None:
    """`DueMonth` says again exactly what the standards say."""
    db.session.execute(delete(DueMonth))
    rows = [
        {"programme_id": p, "month": m, "grade": g, "fen": fen}
        for p, m, g, fen in spread(db.session.scalars(select(Standard)).all())
    ]
    if rows:
        db.session.execute(insert(DueMonth), rows)


def programme(code: str) -> Programme:
    """The programme of a code; Refused with the known codes otherwise."""
    found = db.session.scalar(select(Programme).where(Programme.code == code))
    if found is None:
        known = "、".join(db.session.scalars(select(Programme.code).order_by(Programme.id)))
        raise Refused(_("没有代码为「%(code)s」的资助项目，可用的有：%(known)s",
                        code=code, known=known))  # fmt: skip
    return found


def months_of_hold() -> tuple[YearMonth, YearMonth]:
    """The earliest and the latest month with which a hold may begin: as far back as somebody who
    is in his third year has been paid, and a year ahead."""
    return clock.this_month() - HELD_BACK, clock.this_month() + HELD_AHEAD


def held_already(enrolments: ColumnElement[bool], programme_code: str,
                 first: YearMonth | None = None) -> dict[int, YearMonth]:  # fmt: skip
    """Of these enrolments those whose students a hold from that month on would not hold, and since
    when they are held."""
    e, h = Enrolment.__table__, Hold.__table__
    mine = _held(programme(programme_code), first or clock.this_month())
    found = select(e.c.id, func.min(h.c.first_month)).join_from(e, h, and_(*mine))
    with everyone("调用方已按管辖范围限定学籍"):
        rows = db.session.execute(found.where(enrolments).group_by(e.c.id).order_by(e.c.id))
        return {pk: YearMonth(month) for pk, month in rows}


def _held(aid: Programme, first: YearMonth) -> tuple[ColumnElement[bool], ...]:
    """The student of the enrolment is on hold, from that month on or longer."""
    e, h = Enrolment.__table__, Hold.__table__
    return (
        h.c.person_id == e.c.person_id,
        h.c.programme_id == aid.id,
        h.c.state == "on",
        or_(h.c.last_month.is_(None), h.c.last_month >= max(first, clock.this_month())),
    )


def hold(enrolments: ColumnElement[bool], programme_code: str, actor: Actor, note: str,
         first: YearMonth | None = None) -> int:  # fmt: skip
    """The students of these enrolments are not paid this programme from a month on, this one when
    nothing is said; who came later than that, from the month he came in.

    `enrolments`: a condition on `Enrolment`, narrowed to the actor's place by the caller. Two
    statements, and one more for every 10,000; who is held already, or enrolled twice, is not held
    twice. The trail names who set each of them.
    """
    first, (earliest, latest) = first or clock.this_month(), months_of_hold()
    if not note.strip():
        raise Refused(_("停发须填写理由"))
    if not earliest <= first <= latest:
        raise Refused(_("停发起始月须在%(a)s至%(b)s之间", a=earliest, b=latest))
    aid, e, h = programme(programme_code), Enrolment.__table__, Hold.__table__
    held = exists().where(*_held(aid, first))
    once = select(func.max(e.c.id)).where(enrolments).group_by(e.c.person_id)
    begins = case((e.c.enrolled_in > first, e.c.enrolled_in), else_=literal(int(first)))
    cells = (e.c.org_path, e.c.person_id, literal(aid.id), e.c.name, e.c.id_mask, begins,
             literal(note[:200]), literal("on"))  # fmt: skip
    names = ("org_path", "person_id", "programme_id", "name", "id_mask", "first_month", "reason",
             "state")  # fmt: skip
    with everyone("调用方已按管辖范围限定学籍"):
        source = select(*cells).where(e.c.id.in_(once), ~held)
        made = list(db.session.scalars(insert(h).from_select(names, source).returning(h.c.id)))
    each = {"verb": "hold", "subject": h.name, "subject_id": h.c.id, "org_path": h.c.org_path,
            "note": note[:2000], "bulk": audit.new_bulk()}  # fmt: skip
    told = iter(made)
    while some := list(islice(told, TOLD_AT_ONCE)):
        audit.record_each(audit.who(actor) | each, h.c.id.in_(some))
    return len(made)
