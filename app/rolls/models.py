"""A department's roll, its entries with what the registry knows of them, and its files."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    CheckConstraint,
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
from app.kernel.db import Base, BigId, Scoped, SystemOnly
from app.kernel.i18n import _l
from app.kernel.types import (
    Account,
    BlindIndex,
    Choice,
    IdNumber,
    Month,
    OrgPath,
    Personal,
    PersonName,
    Text,
    YearMonth,
)
from app.kernel.uploads import STATES, Arrived
from app.registry.models import Difficulty, Enrolment

DEPARTMENTS = {
    "rural": _l("乡村振兴（扶贫）部门"), "civil": _l("民政部门"), "disabled": _l("残联"),
    "veterans": _l("退役军人事务部门"), "other": _l("其他部门"),
}  # fmt: skip
TERMS = {"autumn": _l("秋季学期"), "spring": _l("春季学期"), "year": _l("全学年")}
MATCHES = {
    "": _l("尚未比对"), "one": _l("比对成功"), "name": _l("姓名不符"),
    "several": _l("多所学校在读"), "left": _l("已离校"),
    "elsewhere": _l("在管辖以外的学校就读"), "none": _l("未在学籍"),
}  # fmt: skip
"""What the comparison with the registry found."""
VERDICTS = {"": _l("尚未核实"), "yes": _l("符合"), "no": _l("不符合")}
STATED = ("county", "village", "household_no", "householder")
"""What a roll may tell of a household beside the name."""


class Roll(Scoped, Base):
    """One department's list of one hardship for a term or a school year; lies with the bureau
    that received it."""

    __tablename__ = "roll"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'final')", name="state"),
        CheckConstraint("first_month <= last_month", name="months"),
        UniqueConstraint("bureau_id", "title"),
    )
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    title: Mapped[str] = mapped_column(Text(80, required=True))
    department: Mapped[str] = mapped_column(Choice(DEPARTMENTS))
    difficulty_id: Mapped[int] = mapped_column(Integer, ForeignKey("difficulty.id"))
    school_year: Mapped[int]
    term: Mapped[str] = mapped_column(Choice(TERMS))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    state: Mapped[str] = mapped_column(String(10), default="open")
    by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    bureau: Mapped[Org] = relationship()
    difficulty: Mapped[Difficulty] = relationship()

    def __str__(self) -> str:
        return self.title


class RollEntry(Scoped, Base):
    """One person on a roll, once.

    It lies with the bureau of the roll until the registry knows the person at one school, then at
    that school; `bureau_id` is who has to decide on it. `title` and the months are the roll's: a
    school does not see rolls of bureaus above it.
    """

    __tablename__ = "roll_entry"
    __table_args__ = (
        UniqueConstraint("roll_id", "id_index"),
        CheckConstraint("state IN ('unmatched', 'pending', 'verified', 'final', 'struck')",
                        name="state"),
        CheckConstraint("state NOT IN ('verified', 'final') OR verdict IN ('yes', 'no')",
                        name="verdict"),
        Index("ix_roll_entry_org_path_id", "org_path", "id"),
        Index("ix_roll_entry_id_index", "id_index"),
        Index("ix_roll_entry_school_id_state", "school_id", "state"),
        Index("ix_roll_entry_bureau_id_state", "bureau_id", "state"),
    )  # fmt: skip
    org_path: Mapped[str] = mapped_column(OrgPath())
    roll_id: Mapped[int] = mapped_column(BigId, ForeignKey("roll.id"))
    seq: Mapped[int]
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(PersonName())
    county: Mapped[str] = mapped_column(Text(40, personal=Personal.PERSONAL), default="")
    village: Mapped[str] = mapped_column(Text(60, personal=Personal.PERSONAL), default="")
    household_no: Mapped[str] = mapped_column(Text(30, personal=Personal.PERSONAL), default="")
    householder: Mapped[str] = mapped_column(Text(50, personal=Personal.PERSONAL), default="")
    title: Mapped[str] = mapped_column(Text(80))
    difficulty_id: Mapped[int] = mapped_column(Integer, ForeignKey("difficulty.id"))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    match: Mapped[str] = mapped_column(Choice(MATCHES, personal=Personal.PERSONAL), default="")
    enrolment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("enrolment.id"))
    school_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("org.id"))
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    state: Mapped[str] = mapped_column(String(10), default="unmatched")
    verdict: Mapped[str] = mapped_column(Choice(VERDICTS, personal=Personal.PERSONAL), default="")
    note: Mapped[str] = mapped_column(Text(200, personal=Personal.PERSONAL), default="")
    verified_by: Mapped[str] = mapped_column(Account(), default="")
    verified_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    difficulty: Mapped[Difficulty] = relationship()
    school: Mapped[Org | None] = relationship(foreign_keys=[school_id])
    bureau: Mapped[Org] = relationship(foreign_keys=[bureau_id])
    enrolment: Mapped[Enrolment | None] = relationship()

    def __str__(self) -> str:
        return f"{self.name} {self.id_mask}"


class RollUpload(Arrived, Base):
    """A file of a department, sent in for one roll."""

    __tablename__ = "roll_upload"
    __table_args__ = (CheckConstraint(STATES, name="state"),)
    roll_id: Mapped[int] = mapped_column(BigId, ForeignKey("roll.id"), index=True)
    roll: Mapped[Roll] = relationship()


class StagedEntry(SystemOnly, Base):
    """A good row of a roll's file, waiting to be taken; an empty cell says nothing."""

    __tablename__ = "staged_entry"
    __table_args__ = (Index("ix_staged_entry_upload_id", "upload_id", "id_index"),)
    upload_id: Mapped[int]
    seq: Mapped[int]
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(PersonName())
    county: Mapped[str] = mapped_column(Text(40, personal=Personal.PERSONAL))
    village: Mapped[str] = mapped_column(Text(60, personal=Personal.PERSONAL))
    household_no: Mapped[str] = mapped_column(Text(30, personal=Personal.PERSONAL))
    householder: Mapped[str] = mapped_column(Text(50, personal=Personal.PERSONAL))
