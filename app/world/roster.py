"""The students of a school as its clerk knows them, and the rows he writes from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select

from app.accounts.models import Org
from app.kernel.db import db
from app.registry.models import (
    GRADES,
    GRANT,
    STUDYING,
    Card,
    DueMonth,
    Enrolment,
    Person,
    Programme,
)
from app.world.founding import school_year

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.kernel.types import YearMonth

Row = dict[str, Any]
"""A row of the monthly list: key of a column of `publicity.sheets.ENTRIES` -> the cell's value."""


class Student(NamedTuple):
    """One enrolment with the numbers in plain and the card in use."""

    place: int  # on the roll of his year at the school
    enrolment_id: int
    school: str
    name: str
    id_no: str
    reg_no: str
    major: str
    class_name: str
    enrolled_in: YearMonth
    state: str
    card_no: str
    holder_name: str
    bank_name: str
    cnaps: str

    def grade(self, month: YearMonth) -> int:
        return school_year(month) - self.enrolled_in.year + 1

    def is_there(self, month: YearMonth) -> bool:
        """At school and in one of the three grades in that month."""
        return self.state in STUDYING and 1 <= self.grade(month) <= 3


def roster(schools: Iterable[str] = ()) -> dict[str, list[Student]]:
    """School code -> its students; of all schools when none is named. One statement."""
    turn = func.row_number().over(
        partition_by=(Enrolment.school_id, Enrolment.enrolled_in), order_by=Enrolment.id
    )
    source = (
        select(turn, Enrolment.id, Org.code, Enrolment.name, Person.id_no, Enrolment.reg_no,
               Enrolment.major, Enrolment.class_name, Enrolment.enrolled_in, Enrolment.state,
               Card.card_no, Card.holder_name, Card.bank_name, Card.cnaps)
        .join_from(Enrolment, Org, Org.id == Enrolment.school_id)
        .join(Person, Person.id == Enrolment.person_id)
        .join(Card, and_(Card.person_id == Person.id, Card.state == "active"))
        .order_by(Org.code, Enrolment.id)
    )  # fmt: skip
    if schools:
        source = source.where(Org.code.in_(list(schools)))
    found: dict[str, list[Student]] = {}
    for row in db.session.execute(source):
        student = Student(*row)
        found.setdefault(student.school, []).append(student)
    return found


def granted(students: Iterable[Student], month: YearMonth) -> list[Student]:
    """Those who get the grant that month: two in five of the ones who are there."""
    return [s for s in students if s.is_there(month) and s.place % 5 in (1, 3)]


def on_leave(students: Iterable[Student], months: Sequence[YearMonth]) -> Student:
    """The student who is on leave from the first of the months on, until the third; no month's
    grant is his."""
    there = [s for s in students if s.is_there(months[0]) and s.is_there(months[-1])]
    return [s for s in there if s not in granted(there, months[-1])][1]


def due(month: YearMonth) -> int:
    """A month's grant in fen."""
    found = (
        select(DueMonth.fen)
        .join(Programme, Programme.id == DueMonth.programme_id)
        .where(Programme.code == GRANT, DueMonth.month == month, DueMonth.grade == "1")
    )
    return db.session.scalars(found).one()


def row_of(student: Student, month: YearMonth, fen: int) -> Row:
    """The student as a row of the month's list, everything as it should be."""
    return {
        "school_code": student.school, "name": student.name, "id_no": student.id_no,
        "reg_no": student.reg_no, "grade": str(GRADES[str(student.grade(month))]),
        "major": student.major, "class_name": student.class_name, "first_month": str(month),
        "last_month": str(month), "amount_fen": fen / 100, "card_no": student.card_no,
        "holder_name": student.holder_name, "bank_name": student.bank_name,
        "cnaps": student.cnaps, "remark": "",
    }  # fmt: skip
