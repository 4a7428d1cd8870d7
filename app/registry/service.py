"""Use-cases of the registry: standards spread out, programmes laid down, students put on hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, insert, literal, or_, select

from app.kernel import audit, clock
from app.kernel.db import changed, db
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
RATES = [
    # from, to, yuan a year, grades, source
    ((2007, 9), (2015, 1), 1500, "1,2", "财教〔2007〕84号"),
    ((2015, 2), (2025, 1), 2000, "1,2", "国务院常务会议2015-02-25；财科教〔2016〕35号"),
    ((2025, 2), None, 2300, "1,2,3", "财教〔2024〕181号"),
]


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


def hold(enrolments: ColumnElement[bool], programme_code: str, actor: Actor, note: str) -> int:
    """The students of these enrolments are not paid this programme from this month on.

    `enrolments`: a condition on `Enrolment`, narrowed to the actor's place by the caller. One
    statement; who is held already, or enrolled twice, is not held twice.
    """
    if not note.strip():
        raise Refused(_("停发须填写理由"))
    aid, e, h = programme(programme_code), Enrolment.__table__, Hold.__table__
    held = exists().where(
        h.c.person_id == e.c.person_id, h.c.programme_id == aid.id, h.c.state == "on",
        or_(h.c.last_month.is_(None), h.c.last_month >= clock.this_month()),
    )  # fmt: skip
    once = select(func.max(e.c.id)).where(enrolments).group_by(e.c.person_id)
    cells = (e.c.org_path, e.c.person_id, literal(aid.id), e.c.name, e.c.id_mask,
             literal(int(clock.this_month())), literal(note[:200]), literal("on"))  # fmt: skip
    names = ("org_path", "person_id", "programme_id", "name", "id_mask", "first_month", "reason",
             "state")  # fmt: skip
    with everyone("调用方已按管辖范围限定学籍"):
        source = select(*cells).where(e.c.id.in_(once), ~held)
        n = changed(insert(h).from_select(names, source))
    audit.record("hold", actor=actor, subject="hold", count=n, note=note)
    return n
