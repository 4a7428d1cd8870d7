"""Persons, enrolments, cards, programmes with their standards, holds, and the months already due.

A person is one ID number, whatever schools he attends; what a school knows of him stands on the
enrolment. Persons and cards are read by services only: a grid shows the masks frozen elsewhere.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import Base, BigId, Scoped, SystemOnly, unique_where
from app.kernel.i18n import _l
from app.kernel.types import (
    Account,
    BankCard,
    BlindIndex,
    Choice,
    Day,
    Fen,
    IdNumber,
    Month,
    OrgPath,
    Personal,
    PersonName,
    RegNo,
    Text,
    YearMonth,
)
from app.kernel.uploads import STATES, Arrived

AT_SCHOOL = "01"
ENROLMENT_STATES = {
    "01": _l("在读"), "02": _l("休学"), "03": _l("退学"), "04": _l("停学"), "05": _l("复学"),
    "06": _l("流失"), "07": _l("毕业"), "08": _l("结业"), "09": _l("肄业"), "10": _l("转学"),
    "11": _l("死亡"), "12": _l("保留入学资格"), "13": _l("公派出国"), "14": _l("开除"),
    "15": _l("下落不明"), "99": _l("其他"),
}  # fmt: skip
STUDYING = ("01", "05")
GRADES = {"1": _l("一年级"), "2": _l("二年级"), "3": _l("三年级")}
GRADE = Choice(GRADES)
CARD_STATES = {"claimed": _l("待确认"), "active": _l("使用中"), "closed": _l("已停用")}
NEXT = "next"
"""A card on its way from claimed to active, within one transaction; nobody ever sees it."""
CARD_WHYS = {
    "lost": _l("挂失补卡"), "closed": _l("原卡销户或换行"), "expired": _l("原卡到期"),
    "wrong": _l("原登记有误"), "other": _l("其他"),
}  # fmt: skip
CARD_ORIGINS = {"request": _l("换卡申请"), "list": _l("月度名单")}
GRANT = "GRANT"


class Person(SystemOnly, Base):
    """One human, as known by one ID number."""

    __tablename__ = "person"
    id_index: Mapped[bytes] = mapped_column(BlindIndex(), unique=True)
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    birth: Mapped[dt.date | None] = mapped_column(Date)
    sex: Mapped[str] = mapped_column(String(1), default="")


class Enrolment(Scoped, Base):
    """One person's studies at one school, as the student registry (学籍) has them."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("school_id", "person_id"),
        Index("ix_enrolment_school_id_id", "school_id", "id"),
        Index("ix_enrolment_org_path_id", "org_path", "id"),
    )
    org_path: Mapped[str] = mapped_column(OrgPath())
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(PersonName(), index=True)
    id_mask: Mapped[str] = mapped_column(String(30))
    reg_no: Mapped[str | None] = mapped_column(RegNo())
    reg_index: Mapped[bytes | None] = mapped_column(BlindIndex())
    grade: Mapped[str] = mapped_column(GRADE)
    major_code: Mapped[str] = mapped_column(String(10), default="")
    major: Mapped[str] = mapped_column(String(60))
    class_name: Mapped[str] = mapped_column(String(60))
    enrolled_in: Mapped[YearMonth | None] = mapped_column(Month())
    left_in: Mapped[YearMonth | None] = mapped_column(Month())
    state: Mapped[str] = mapped_column(Choice(ENROLMENT_STATES), default=AT_SCHOOL)
    school: Mapped[Org] = relationship()

    def __str__(self) -> str:
        return self.name


class Absence(Scoped, Base):
    """The months in which one student was away from one school, and by which state: from the month
    of leaving to the last one before he came back; open as long as he has not.

    What was once told stays: a period that was told by mistake ends before it begins, and counts
    for no month.
    """

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_enrolment_id", "enrolment_id"),
        Index("ix_absence_school_id_told_at", "school_id", "told_at"),
        CheckConstraint("last_month >= first_month - 1", name="months"),
    )
    org_path: Mapped[str] = mapped_column(OrgPath())
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    enrolment_id: Mapped[int] = mapped_column(BigId, ForeignKey("enrolment.id"))
    state: Mapped[str] = mapped_column(Choice(ENROLMENT_STATES))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth | None] = mapped_column(Month())
    told_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


unique_where("uq_absence_open", Absence.enrolment_id, where=Absence.last_month.is_(None))


class RegistryUpload(Arrived, Base):
    """A file of one school's students."""

    __tablename__ = "registry_upload"
    __table_args__ = (CheckConstraint(STATES, name="state"),)
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"), index=True)
    school: Mapped[Org] = relationship()


class StagedEnrolment(SystemOnly, Base):
    """A good row of a registry file, waiting to be taken; NULL is a cell that says nothing."""

    __tablename__ = "staged_enrolment"
    __table_args__ = (Index("ix_staged_enrolment_upload_id", "upload_id", "id_index"),)
    upload_id: Mapped[int]
    seq: Mapped[int]
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    birth: Mapped[dt.date | None] = mapped_column(Date)
    sex: Mapped[str] = mapped_column(String(1))
    name: Mapped[str] = mapped_column(PersonName())
    reg_no: Mapped[str | None] = mapped_column(RegNo())
    reg_index: Mapped[bytes | None] = mapped_column(BlindIndex())
    grade: Mapped[str] = mapped_column(GRADE)
    major_code: Mapped[str | None] = mapped_column(String(10))
    major: Mapped[str] = mapped_column(String(60))
    class_name: Mapped[str] = mapped_column(String(60))
    enrolled_in: Mapped[YearMonth | None] = mapped_column(Month())
    left_in: Mapped[YearMonth | None] = mapped_column(Month())
    state: Mapped[str | None] = mapped_column(Choice(ENROLMENT_STATES))


class Card(SystemOnly, Base):
    """A bank card as it was given for one person; a new number, or another bank or holder told
    of an old one, is a new row, never an edit.

    One active card has one person and one person has one active card: the database holds it.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("person_id", "card_index", "holder_name", "bank_name", "cnaps"),
        Index("ix_card_card_index", "card_index"),
        CheckConstraint("state IN ('claimed', 'next', 'active', 'closed')", name="state"),
    )
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    card_no: Mapped[str] = mapped_column(BankCard())
    card_index: Mapped[bytes] = mapped_column(BlindIndex())
    card_mask: Mapped[str] = mapped_column(String(30))
    holder_name: Mapped[str] = mapped_column(PersonName())
    bank_name: Mapped[str] = mapped_column(String(60), default="")
    cnaps: Mapped[str] = mapped_column(String(12), default="")
    state: Mapped[str] = mapped_column(String(8), default="claimed")
    since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


unique_where("uq_card_active_number", Card.card_index, where=Card.state == "active")
unique_where("uq_card_active_person", Card.person_id, where=Card.state == "active")


class CardChange(Scoped, Base):
    """A student is to be paid on another card from now on, by whose word and by whose check.

    Mostly a school's request: the old card is the one in use when it was asked; once accepted,
    `new_card_id` is the card that came into use. One student has one open request at a time. Of
    origin `list` it was a card that a confirmed list (`list_id`) named: asked by who submitted
    that list, checked by who published it, in force since it was confirmed.
    """

    __tablename__ = "card_change"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'changed', 'declined', 'withdrawn')", name="state"),
        CheckConstraint(
            "state = 'withdrawn' OR decided_by = '' OR decided_by <> by", name="two_people"
        ),
        Index("ix_card_change_person_id", "person_id"),
        Index("ix_card_change_list_id", "list_id"),
    )
    org_path: Mapped[str] = mapped_column(OrgPath(), index=True)
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    enrolment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("enrolment.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(PersonName())
    id_mask: Mapped[str] = mapped_column(String(30))
    origin: Mapped[str] = mapped_column(Choice(CARD_ORIGINS), default="request",
                                        server_default="request")  # fmt: skip
    list_id: Mapped[int | None] = mapped_column(BigId)
    old_card_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("card.id"))
    old_card_mask: Mapped[str] = mapped_column(String(30), default="")
    card_no: Mapped[str] = mapped_column(BankCard())
    card_index: Mapped[bytes] = mapped_column(BlindIndex())
    card_mask: Mapped[str] = mapped_column(String(30))
    holder_name: Mapped[str] = mapped_column(PersonName(), default="")
    bank_name: Mapped[str] = mapped_column(Text(60, personal=Personal.PERSONAL), default="")
    cnaps: Mapped[str] = mapped_column(Text(12, personal=Personal.PERSONAL), default="")
    why: Mapped[str] = mapped_column(Choice(CARD_WHYS, personal=Personal.PERSONAL))
    note: Mapped[str] = mapped_column(Text(200, personal=Personal.PERSONAL), default="")
    ref: Mapped[str] = mapped_column(Text(32, personal=Personal.PERSONAL), default="")
    new_card_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("card.id"))
    state: Mapped[str] = mapped_column(String(10), default="asked")
    by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    decided_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str] = mapped_column(Account(), default="", server_default="")
    school: Mapped[Org] = relationship()
    enrolment: Mapped[Enrolment] = relationship()

    def __str__(self) -> str:
        return f"{self.name} {self.card_mask}"


unique_where("uq_card_change_open", CardChange.person_id, where=CardChange.state == "asked")


class Programme(Base):
    """An aid programme; `paid_to` says whether money ever goes to a student's card."""

    __tablename__ = "programme"
    __table_args__ = (CheckConstraint("paid_to IN ('student', 'school')", name="paid_to"),)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    paid_to: Mapped[str] = mapped_column(String(8), default="student")

    def __str__(self) -> str:
        return self.name


class Standard(Base):
    """What a programme pays from a month on: a year's fen, for which grades, in which months.

    Never a constant: 2,000 yuan until 2024 autumn, 2,300 and grade 3 from 2025 spring.
    """

    __tablename__ = "standard"
    __table_args__ = (UniqueConstraint("programme_id", "valid_from"),)
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    valid_from: Mapped[YearMonth] = mapped_column(Month())
    valid_to: Mapped[YearMonth | None] = mapped_column(Month())
    yearly_fen: Mapped[int] = mapped_column(Fen())
    grades: Mapped[str] = mapped_column(String(20), default="1,2")
    paid_months: Mapped[str] = mapped_column(String(40), default="2,3,4,5,6,9,10,11,12,1")
    source: Mapped[str] = mapped_column(String(200), default="")
    programme: Mapped[Programme] = relationship()


class DueMonth(Base):
    """What one student of a grade is due for one month: the standards, spread out.

    Derived from `Standard` by `registry.service.spread_standards`; joined by checks and by runs
    so that rates, grades and paid months are looked up in one place.
    """

    __tablename__ = "due_month"
    __table_args__ = (UniqueConstraint("programme_id", "month", "grade"),)
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    month: Mapped[YearMonth] = mapped_column(Month())
    grade: Mapped[str] = mapped_column(GRADE)
    fen: Mapped[int] = mapped_column(Fen())


class CalendarMonth(Base):
    """Every month there is, so that a span of months can be joined apart in SQL."""

    __tablename__ = "calendar_month"
    month: Mapped[YearMonth] = mapped_column(Month(), unique=True)


class Hold(Scoped, Base):
    """停发: no payment of this programme to this person from a month on, until lifted."""

    __tablename__ = "hold"
    __table_args__ = (CheckConstraint("state IN ('on', 'lifted')", name="state"),)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    name: Mapped[str] = mapped_column(PersonName())
    id_mask: Mapped[str] = mapped_column(String(30))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth | None] = mapped_column(Month())
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8), default="on")


class Difficulty(Base):
    """A kind of hardship, in the official order; one that has ended is only printed."""

    __tablename__ = "difficulty"
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(Text(40))
    place: Mapped[int]
    retired_on: Mapped[dt.date | None] = mapped_column(Day())
    source: Mapped[str] = mapped_column(Text(200), default="")

    def __str__(self) -> str:
        return self.name


class Entitlement(SystemOnly, Base):
    """Who is to be aided in these months without applying, and by what that was found out.

    One person may have several, for several hardships; amounts never add up. `source` names the
    row that says so, once each; one that was struck counts no more and stays.
    """

    __tablename__ = "entitlement"
    __table_args__ = (CheckConstraint("first_month <= last_month", name="months"),)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)
    difficulty_id: Mapped[int] = mapped_column(Integer, ForeignKey("difficulty.id"))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    source: Mapped[str] = mapped_column(String(40), unique=True)
    struck: Mapped[bool] = mapped_column(default=False)
    since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class CoveredMonth(SystemOnly, Base):
    """The lock against paying twice: one person, one programme, one month, one payment.

    That the payment is there, and is of that person and programme, the database asks for all the
    rows of a statement at once (payments/guarding.py).
    """

    __tablename__ = "covered_month"
    __table_args__ = (UniqueConstraint("person_id", "programme_id", "month"),)
    person_id: Mapped[int] = mapped_column(BigId)
    programme_id: Mapped[int] = mapped_column(Integer)
    month: Mapped[YearMonth] = mapped_column(Month())
    payment_id: Mapped[int] = mapped_column(BigId, index=True)
