"""The monthly list, its lines with the person's data frozen into them, what was found, the files.

State stands on the list; a line carries only its own exception, so that a decision over 500 lists
of 50,000 lines changes 500 rows.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import Base, BigId, Scoped, SystemOnly, by_beginning, index_of, unique_where
from app.kernel.i18n import _l
from app.kernel.types import (
    BlindIndex,
    Choice,
    Fen,
    Month,
    OrgPath,
    PersonName,
    YearMonth,
)
from app.kernel.uploads import STATES, Arrived
from app.registry.models import GRADE, Programme

FOUND = {
    "NOT_IN_REGISTRY": _l("不在本校学籍中"),
    "NOT_AT_SCHOOL": _l("学籍状态不是在读"),
    "WAS_AWAY": _l("所含月份中有休学或离校的月份"),
    "NOT_YET_HERE": _l("所含月份早于入学或转入"),
    "NAME_DIFFERS": _l("姓名与学籍不一致"),
    "GRADE_OUTSIDE": _l("年级不在资助范围"),
    "PAID_ELSEWHERE": _l("所含月份已经发放过"),
    "LISTED_ELSEWHERE": _l("同月已列入其他名单"),
    "TWICE_ON_LIST": _l("本名单内月份重复"),
    "TWO_NUMBERS": _l("疑似同一学生用了临时号和身份证号"),
    "CARD_OF_OTHER": _l("银行卡属于他人"),
    "HOLDER_DIFFERS": _l("户名与姓名不一致"),
    "CARD_CHANGED": _l("卡号与在用的卡不同"),
    "CARD_ASKED": _l("另有换卡申请待核对"),
    "ON_HOLD": _l("处于停发状态"),
    "STANDARD_EXCEEDED": _l("金额超过标准"),
    "UNBANKABLE": _l("姓名含银行系统不支持的字"),
}
"""What may be found about a line; when it holds stands in the rules."""
SEVERITIES = {"block": _l("必须处理"), "warn": _l("提醒")}
KINDS = {"REGULAR": _l("正常发放"), "SUPPLEMENT": _l("补发"), "AUTO": _l("免申请资助")}


class AidList(Scoped, Base):
    """One school's list of one programme for one month.

    `line_count`, `total_fen` and `digest` describe the lines that are to be paid (removed ones
    left out of the sums, not of the digest); they are set whenever lines change and copied into
    every event of the list. A list of no lines with `zero_report` says "nobody this month".
    """

    __tablename__ = "aid_list"
    __table_args__ = (
        Index("ix_aid_list_month_state", "month", "state"),
        Index("ix_aid_list_bureau_id_month", "bureau_id", "month"),
        CheckConstraint("state IN ('draft', 'submitted', 'published', 'confirmed', 'void')",
                        name="state"),
        CheckConstraint("kind IN ('REGULAR', 'SUPPLEMENT', 'AUTO')", name="kind"),
        CheckConstraint("first_month <= month", name="months"),
    )  # fmt: skip
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"), index=True)
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    month: Mapped[YearMonth] = mapped_column(Month())
    first_month: Mapped[YearMonth] = mapped_column(Month())
    kind: Mapped[str] = mapped_column(Choice(KINDS), default="REGULAR")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    zero_report: Mapped[bool] = mapped_column(default=False)
    line_count: Mapped[int] = mapped_column(default=0)
    total_fen: Mapped[int] = mapped_column(Fen(), default=0)
    removed_count: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")
    published_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    closes_on: Mapped[dt.date | None] = mapped_column(Date)
    provisional: Mapped[bool] = mapped_column(default=False)
    calendar_version: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    programme: Mapped[Programme] = relationship()
    school: Mapped[Org] = relationship(foreign_keys=[school_id])
    bureau: Mapped[Org] = relationship(foreign_keys=[bureau_id])

    def __str__(self) -> str:
        return f"{self.school} {self.month}"


unique_where(
    "uq_aid_list_month", AidList.programme_id, AidList.school_id, AidList.month, AidList.kind,
    where=and_(AidList.state != "void", AidList.kind != "SUPPLEMENT"),
)  # fmt: skip


class AidLine(Scoped, Base):
    """One student on one list, as the school stated him; the card is the card row of then.

    `state`: normal, objected (frozen while an objection is looked into), removed. `version` grows
    with every change, so that a row exported before one is known to be out of date.
    """

    __tablename__ = "aid_line"
    __table_args__ = (
        UniqueConstraint("list_id", "person_id", "first_month"),
        Index("ix_aid_line_person_id_last_month", "person_id", "last_month"),
        Index("ix_aid_line_org_path_id", "org_path", "id"),
        by_beginning("aid_line", "name"),
        CheckConstraint("state IN ('normal', 'objected', 'removed')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("first_month <= last_month AND last_month - first_month < 12", name="span"),
    )
    org_path: Mapped[str] = mapped_column(OrgPath())
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("aid_list.id"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    card_id: Mapped[int] = mapped_column(BigId, ForeignKey("card.id"))
    seq: Mapped[int]
    name: Mapped[str] = mapped_column(PersonName())
    id_mask: Mapped[str] = mapped_column(String(30))
    card_mask: Mapped[str] = mapped_column(String(30))
    grade: Mapped[str] = mapped_column(GRADE)
    major: Mapped[str] = mapped_column(String(60))
    class_name: Mapped[str] = mapped_column(String(60))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    amount_fen: Mapped[int] = mapped_column(Fen())
    state: Mapped[str] = mapped_column(String(10), default="normal")
    remark: Mapped[str] = mapped_column(String(200), default="")
    unbankable: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    aid_list: Mapped[AidList] = relationship()
    findings: Mapped[list[Finding]] = relationship(viewonly=True, order_by="Finding.severity")

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"


class Finding(Scoped, Base):
    """Something questionable about a well-formed line. Blocking ones must go before submitting.

    `state`: open, overruled (the bureau took it on itself, with a reason in the trail).
    """

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("line_id", "code"),
        Index("ix_finding_list_id_state", "list_id", "state"),
        CheckConstraint("state IN ('open', 'overruled')", name="state"),
        CheckConstraint("severity IN ('block', 'warn')", name="severity"),
    )
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("aid_list.id"))
    line_id: Mapped[int] = mapped_column(BigId, ForeignKey("aid_line.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Choice(FOUND))
    severity: Mapped[str] = mapped_column(Choice(SEVERITIES))
    state: Mapped[str] = mapped_column(String(10), default="open")
    line: Mapped[AidLine] = relationship()
    aid_list: Mapped[AidList] = relationship()


class Upload(Arrived, Base):
    """A file for one list.

    `horizon`: it goes back to an export of the list, in which no line younger than this number
    stood. `held` are the lines of such a file whose rows were refused. `gone`: lines it lacked.
    """

    __tablename__ = "upload"
    __table_args__ = (CheckConstraint(STATES, name="state"),)
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("aid_list.id"), index=True)
    school_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    total_fen: Mapped[int] = mapped_column(Fen(), default=0)
    gone: Mapped[int] = mapped_column(default=0)
    horizon: Mapped[int | None] = mapped_column(BigId)
    held: Mapped[list[int]] = mapped_column(JSON, default=list)
    school: Mapped[Org] = relationship()
    aid_list: Mapped[AidList] = relationship()


class StagedLine(SystemOnly, Base):
    """A good row of an upload, waiting to be taken; of one that was exported before, the line it
    was and the version of it that the person saw. `numbers`: see `staged_numbers`."""

    __tablename__ = "staged_line"
    # SQLite finds what a file lacks by the person; PostgreSQL joins whole files, and keeping their
    # scattered numbers in order would cost it as much as loading them.
    __table_args__ = (
        index_of("sqlite", "ix_staged_line_upload_id", "upload_id", "id_index"),
        index_of("postgresql", "ix_staged_line_upload", "upload_id"),
    )
    upload_id: Mapped[int]
    line_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int | None]
    seq: Mapped[int]
    numbers: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    id_index: Mapped[bytes] = mapped_column(BlindIndex())
    id_mask: Mapped[str] = mapped_column(String(30))
    birth: Mapped[dt.date | None] = mapped_column(Date)
    sex: Mapped[str] = mapped_column(String(1))
    card_index: Mapped[bytes] = mapped_column(BlindIndex())
    card_mask: Mapped[str] = mapped_column(String(30))
    holder_name: Mapped[str] = mapped_column(PersonName())
    bank_name: Mapped[str] = mapped_column(String(60))
    cnaps: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(PersonName())
    grade: Mapped[str] = mapped_column(GRADE)
    major: Mapped[str] = mapped_column(String(60))
    class_name: Mapped[str] = mapped_column(String(60))
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    amount_fen: Mapped[int] = mapped_column(Fen())
    remark: Mapped[str] = mapped_column(String(200))
    unbankable: Mapped[bool] = mapped_column(default=False)
