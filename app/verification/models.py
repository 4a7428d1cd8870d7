"""Rounds of verification, the files of suspicious records, and the cases they become.

A case lies at the school that must look into it; the round's name and day stand on the case too,
for a round lies at its bureau, which a school does not see.
"""

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
from app.kernel.db import Base, Scoped, SystemOnly
from app.kernel.i18n import _l
from app.kernel.types import (
    Account,
    BlindIndex,
    Choice,
    Day,
    Fen,
    IdNumber,
    Month,
    OrgPath,
    Personal,
    PersonName,
    Text,
    YearMonth,
)
from app.kernel.uploads import STATES, Arrived
from app.registry.models import Programme

KINDS = {
    "DUP_HE": _l("与高校学籍重复"), "DUP_K12": _l("与中小学学籍重复"),
    "DUP_TECH": _l("与技工学校学籍重复"), "DUP_AID": _l("重复受助"), "AGE": _l("年龄异常"),
    "ID_ERR": _l("身份信息不符"), "NOT_AT_SCHOOL": _l("离校后仍受助"), "DEAD": _l("死亡"),
    "MILITARY": _l("入伍"), "JAIL": _l("服刑"), "EMPLOYED": _l("就业参保"),
    "NAME_CARD": _l("银行卡异常"), "OTHER": _l("其他"),
}  # fmt: skip
KIND_WORDS = {
    "高年龄段": "AGE", "高年龄": "AGE", "年龄偏大": "AGE", "与高等学校学籍重复": "DUP_HE",
    "与普通中小学学籍重复": "DUP_K12", "与义务教育/普高学籍重复": "DUP_K12",
    "与技工学校重复": "DUP_TECH", "重复享受": "DUP_AID", "身份证错误": "ID_ERR",
    "姓名不符": "ID_ERR", "参保": "EMPLOYED", "社保": "EMPLOYED", "户名与姓名不符": "NAME_CARD",
    "多人一卡": "NAME_CARD",
}  # fmt: skip
TRUE, FALSE, PARTLY, NOT_OURS = "TRUE", "FALSE", "PARTLY", "NOT_OURS"
FINDINGS = {
    TRUE: _l("问题属实"), FALSE: _l("问题不属实，符合资助条件"), PARTLY: _l("问题部分属实"),
    NOT_OURS: _l("不属于本校"),
}  # fmt: skip
"""Never bare 属实 or 不属实: one reader takes it of the anomaly, the next of the student."""
KEEP, RECOVER, REASSIGN = "KEEP", "RECOVER", "REASSIGN"
ACTIONS = {
    KEEP: _l("保留资助，附佐证"), "STOP": _l("停发"), RECOVER: _l("追缴退回"),
    "CORRECT": _l("更正信息"), "ENROLMENT": _l("学籍异动或注销"), "PAY_MORE": _l("补发"),
    REASSIGN: _l("退回重新分派"),
}  # fmt: skip


class Round(Scoped, Base):
    """One round of verification: a bureau looks into the suspicious records of some months."""

    __tablename__ = "verification_round"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'ended')", name="state"),
        CheckConstraint("first_month <= last_month", name="months"),
        UniqueConstraint("bureau_id", "title"),
    )
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    title: Mapped[str] = mapped_column(Text(60, required=True))
    first_month: Mapped[YearMonth | None] = mapped_column(Month())
    last_month: Mapped[YearMonth | None] = mapped_column(Month())
    due_on: Mapped[dt.date] = mapped_column(Day())
    note: Mapped[str] = mapped_column(Text(200), default="")
    state: Mapped[str] = mapped_column(String(10), default="running")
    by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    bureau: Mapped[Org] = relationship()
    programme: Mapped[Programme] = relationship()

    def __str__(self) -> str:
        return self.title


class CaseUpload(Arrived, Base):
    """A file of suspicious records, of one round."""

    __tablename__ = "case_upload"
    __table_args__ = (CheckConstraint(STATES, name="state"),)
    round_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("verification_round.id"), index=True
    )  # fmt: skip
    round: Mapped[Round] = relationship()


class StagedCase(SystemOnly, Base):
    """A good row of such a file, waiting to be taken."""

    __tablename__ = "staged_case"
    __table_args__ = (Index("ix_staged_case_upload_id", "upload_id", "id_index"),)
    upload_id: Mapped[int]
    seq: Mapped[int]
    school_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Choice(KINDS, personal=Personal.PERSONAL))
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(PersonName())
    clue: Mapped[str] = mapped_column(Text(300, personal=Personal.PERSONAL))
    first_month: Mapped[YearMonth | None] = mapped_column(Month())
    last_month: Mapped[YearMonth | None] = mapped_column(Month())
    fen: Mapped[int | None] = mapped_column(Fen())


ANSWERED = "finding IS NOT NULL AND action IS NOT NULL AND explanation <> ''"
"""What every answer says."""


class Case(Scoped, Base):
    """One suspicious record: one student, at one school, for one kind of suspicion, in one round.

    `seq` is its row in the file it came with; `fen` and the months beside it are what the file
    says is in question, `back_*` what the school says of the money taken back.
    """

    __tablename__ = "verification_case"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'answered', 'stray', 'closed')", name="state"),
        CheckConstraint(f"state NOT IN ('answered', 'closed') OR ({ANSWERED})", name="answered"),
        CheckConstraint("back_fen IS NULL OR back_fen > 0", name="back_fen"),
        UniqueConstraint("round_id", "id_index", "school_id", "kind",
                         name="uq_verification_case_one"),
        Index("ix_verification_case_round_id_org_path", "round_id", "org_path", "state"),
        Index("ix_verification_case_org_path_id", "org_path", "id"),
        Index("ix_verification_case_school_id_state", "school_id", "state"),
    )  # fmt: skip
    org_path: Mapped[str] = mapped_column(OrgPath())
    round_id: Mapped[int] = mapped_column(Integer, ForeignKey("verification_round.id"))
    round_title: Mapped[str] = mapped_column(Text(60))
    due_on: Mapped[dt.date] = mapped_column(Day())
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    upload_id: Mapped[int] = mapped_column(Integer, ForeignKey("case_upload.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(Choice(KINDS, personal=Personal.PERSONAL))
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_no: Mapped[str] = mapped_column(IdNumber())
    id_mask: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(PersonName(), index=True)
    clue: Mapped[str] = mapped_column(Text(300, personal=Personal.PERSONAL), default="")
    first_month: Mapped[YearMonth | None] = mapped_column(Month())
    last_month: Mapped[YearMonth | None] = mapped_column(Month())
    fen: Mapped[int | None] = mapped_column(Fen())
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    finding: Mapped[str | None] = mapped_column(Choice(FINDINGS, personal=Personal.PERSONAL))
    action: Mapped[str | None] = mapped_column(Choice(ACTIONS, personal=Personal.PERSONAL))
    explanation: Mapped[str] = mapped_column(
        Text(500, lines=True, personal=Personal.PERSONAL), default=""
    )  # fmt: skip
    proof: Mapped[str] = mapped_column(Text(200, personal=Personal.PERSONAL), default="")
    checked_by: Mapped[str] = mapped_column(Text(40, personal=Personal.BASIC), default="")
    checked_on: Mapped[dt.date | None] = mapped_column(Day())
    back_fen: Mapped[int | None] = mapped_column(Fen())
    back_first: Mapped[YearMonth | None] = mapped_column(Month())
    back_last: Mapped[YearMonth | None] = mapped_column(Month())
    voucher_no: Mapped[str] = mapped_column(Text(40, personal=Personal.PERSONAL), default="")
    repaid_on: Mapped[dt.date | None] = mapped_column(Day())
    answered_by: Mapped[str] = mapped_column(Account(), default="")
    answered_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    closed_by: Mapped[str] = mapped_column(Account(), default="")
    closed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    school: Mapped[Org] = relationship()
    round: Mapped[Round] = relationship()

    def __str__(self) -> str:
        return self.name
