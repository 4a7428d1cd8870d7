"""Recoveries and arrivals of funds: the money beside the payments, back from students and in from
the treasuries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import Base, BigId, Scoped
from app.kernel.i18n import _l
from app.kernel.types import (
    Account,
    Choice,
    Day,
    Fen,
    Month,
    Personal,
    PersonName,
    Text,
    YearMonth,
)
from app.registry.models import Programme

if TYPE_CHECKING:
    from app.payments.models import Attempt  # noqa: TC004  (SQLAlchemy finds it by its name)

RECOVERY_WHYS = {
    "left": _l("离校后仍发放"), "double": _l("重复发放"), "unentitled": _l("不符合资助条件"),
    "excess": _l("多发"), "other": _l("其他"),
}  # fmt: skip


class Recovery(Scoped, Base):
    """追缴: a sum taken back from an order that arrived, for some of its months.

    Lies at the school, so that the school sees its own students'. The recoveries of a payment
    that are not void never add up to more than has arrived; the database holds it. Its months stay
    locked: they have been decided on, and are not paid anew.
    """

    __tablename__ = "recovery"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'agreed', 'repaid', 'void')",
                        name="state"),
        CheckConstraint("fen > 0", name="fen"),
        CheckConstraint("first_month <= last_month", name="months"),
        CheckConstraint("state <> 'repaid' OR (voucher_no <> '' AND repaid_on IS NOT NULL)",
                        name="voucher"),
        Index("ix_recovery_payment_id", "payment_id"),
    )  # fmt: skip
    attempt_id: Mapped[int] = mapped_column(BigId, ForeignKey("attempt.id"))
    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payment.id"))
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    name: Mapped[str] = mapped_column(PersonName())
    fen: Mapped[int] = mapped_column(Fen())
    first_month: Mapped[YearMonth] = mapped_column(Month())
    last_month: Mapped[YearMonth] = mapped_column(Month())
    why: Mapped[str] = mapped_column(Choice(RECOVERY_WHYS, personal=Personal.PERSONAL))
    reason: Mapped[str] = mapped_column(Text(200, required=True, personal=Personal.PERSONAL))
    voucher_no: Mapped[str] = mapped_column(Text(40), default="")
    repaid_on: Mapped[dt.date | None] = mapped_column(Day())
    state: Mapped[str] = mapped_column(String(10), default="draft")
    by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    bureau: Mapped[Org] = relationship()
    attempt: Mapped[Attempt] = relationship("Attempt")

    def __str__(self) -> str:
        return f"{self.name} {Fen.show(self.fen)}"


SOURCES = {
    "central": _l("中央"), "province": _l("省级"), "prefecture": _l("设区市"), "county": _l("县级"),
}  # fmt: skip


class FundArrival(Scoped, Base):
    """资金到位: a sum that a treasury has put at a bureau's disposal for one programme.

    From the day of its first confirmed arrival on, a bureau's bank files are held against the
    funds at hand.
    """

    __tablename__ = "fund_arrival"
    __table_args__ = (
        CheckConstraint("state IN ('recorded', 'arrived', 'struck')", name="state"),
        CheckConstraint("fen > 0", name="fen"),
        Index("ix_fund_arrival_bureau_id", "bureau_id", "programme_id"),
    )
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    source: Mapped[str] = mapped_column(Choice(SOURCES))
    fen: Mapped[int] = mapped_column(Fen())
    arrived_on: Mapped[dt.date] = mapped_column(Day())
    document_no: Mapped[str] = mapped_column(Text(60, required=True))
    note: Mapped[str] = mapped_column(Text(200, personal=Personal.PERSONAL), default="")
    state: Mapped[str] = mapped_column(String(10), default="recorded")
    by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    bureau: Mapped[Org] = relationship()
    programme: Mapped[Programme] = relationship()

    def __str__(self) -> str:
        return f"{self.document_no} {Fen.show(self.fen)}"
