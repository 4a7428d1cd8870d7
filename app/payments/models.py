"""Run, payment, attempt: what is to be paid, and each try to pay it.

A payment exists once for a line and holds its months (`registry.CoveredMonth`); an attempt is one
order to the bank and never changes its amount, nor, once it was sent, its card. Only a failed or
returned attempt is followed by another: of the orders of a payment one at most waits, is in doubt
or is paid, and each is for what is due. The database holds both (guarding.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import Base, BigId, Scoped, SystemOnly, by_beginning, unique_where
from app.kernel.i18n import _, _l
from app.kernel.types import (
    Account,
    Choice,
    Fen,
    Month,
    OrgPath,
    PersonName,
    Sentence,
    Text,
    YearMonth,
)
from app.kernel.uploads import STATES, Arrived
from app.registry.models import Programme

RUN_KINDS = {"first": _l("首次"), "again": _l("重发")}
OUTCOMES = {
    "waiting": _l("待发送"), "sent": _l("已提交银行"), "paid": _l("已到账"), "failed": _l("失败"),
    "unknown": _l("待查明"), "returned": _l("已退汇"),
}  # fmt: skip
AGAIN = ("failed", "returned")
"""Outcomes after which the money is with us again: the only ones that may be paid again."""
NOT_CARRIED = "NOT_CARRIED"
"""The reason of a line that the bank's layout could not carry: it was never sent."""
FATES = {"posted": _l("已登记"), "same": _l("重复导入，未变"), "aside": _l("搁置"),
         "explained": _l("已查明")}  # fmt: skip


class PayRun(Scoped, Base):
    """One bureau's payment of one month's confirmed lines. `kind` again: of failed ones."""

    __tablename__ = "pay_run"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'exported', 'checked', 'settled', 'void')",
                        name="state"),
        CheckConstraint("kind IN ('first', 'again')", name="kind"),
        Index("ix_pay_run_bureau_id_month", "bureau_id", "month"),
    )  # fmt: skip
    programme_id: Mapped[int] = mapped_column(Integer, ForeignKey("programme.id"))
    bureau_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"))
    month: Mapped[YearMonth] = mapped_column(Month())
    kind: Mapped[str] = mapped_column(Choice(RUN_KINDS), default="first")
    state: Mapped[str] = mapped_column(String(20), default="open")
    line_count: Mapped[int] = mapped_column(default=0)
    total_fen: Mapped[int] = mapped_column(Fen(), default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")
    profile: Mapped[str] = mapped_column(String(40), default="")
    profile_edition: Mapped[int] = mapped_column(default=0)
    profile_data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(Account(), default="")
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    exported_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    programme: Mapped[Programme] = relationship()
    bureau: Mapped[Org] = relationship()

    def __str__(self) -> str:
        return f"{self.bureau} {self.month} #{self.id}"

    @property
    def layout_name(self) -> str:
        """What people call the bank format it was exported in; empty before that."""
        return str((self.profile_data or {}).get("title") or self.profile or "")


class Payment(Scoped, Base):
    """What one line is owed. Lies at the school, so that the school sees its own students'."""

    __tablename__ = "payment"
    __table_args__ = (
        Index("ix_payment_person_id", "person_id"),
        CheckConstraint("fen > 0", name="fen"),
    )
    line_id: Mapped[int] = mapped_column(BigId, ForeignKey("aid_line.id"), unique=True)
    first_run_id: Mapped[int] = mapped_column(Integer, index=True)
    person_id: Mapped[int] = mapped_column(BigId)
    programme_id: Mapped[int] = mapped_column(Integer)
    fen: Mapped[int] = mapped_column(Fen())
    attempt_no: Mapped[int] = mapped_column(default=1)


class Attempt(Scoped, Base):
    """One order to the bank. `ref` is our reference on the bank's line and comes back with it.

    That its payment is there and owes that sum the database asks for all the orders of a statement
    at once, and it keeps a payment as long as there is an order for it (guarding.py).
    `live`: the payment, while this order may still arrive or has arrived; the database keeps it.
    An order is sent and paid without touching any index, beside itself in half-filled pages: the
    states of a run of 50,000 then change in a fifth of the time. So nothing else is indexed here
    that an answer of the bank changes.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("payment_id", "no"),
        UniqueConstraint("run_id", "seq"),
        Index("ix_attempt_org_path_id", "org_path", "id"),
        by_beginning("attempt", "name"),
        CheckConstraint("state IN ('waiting', 'sent', 'paid', 'failed', 'unknown', 'returned')",
                        name="state"),
        {"postgresql_with": {"fillfactor": 50}},
    )  # fmt: skip
    org_path: Mapped[str] = mapped_column(OrgPath())
    payment_id: Mapped[int] = mapped_column(BigId)
    run_id: Mapped[int] = mapped_column(Integer, ForeignKey("pay_run.id"))
    no: Mapped[int]
    seq: Mapped[int]
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    card_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(PersonName())
    card_mask: Mapped[str] = mapped_column(String(30))
    fen: Mapped[int] = mapped_column(Fen())
    state: Mapped[str] = mapped_column(Choice(OUTCOMES), default="waiting")
    reason: Mapped[str] = mapped_column(String(20), default="")
    reason_text: Mapped[str] = mapped_column(Sentence(200), default="")
    bank_ref: Mapped[str] = mapped_column(String(60), default="")
    arrived_on: Mapped[dt.date | None] = mapped_column(Date)
    returned_on: Mapped[dt.date | None] = mapped_column(Date)
    live: Mapped[int | None] = mapped_column(BigId, Computed(
        "CASE WHEN state IN ('waiting', 'sent', 'unknown', 'paid') THEN payment_id END",
        persisted=True), deferred=True)  # fmt: skip
    run: Mapped[PayRun] = relationship()

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"

    @property
    def run_name(self) -> str:
        """What the run is called; who sees the order and not the run sees its number."""
        seen: PayRun | None = self.run
        return str(seen or f"#{self.run_id}")

    @property
    def arrival(self) -> dt.date | str:
        """The day on which it arrived, or that the bank named none."""
        return self.arrived_on or (_("银行未给出到账日期") if self.state == "paid" else "")


unique_where("uq_attempt_live", Attempt.live, where=Attempt.live.is_not(None))
CAME_TO_NOTHING = Attempt.live.is_(None)
"""The order failed or came back. The few of a run are found without looking at its others."""
Index("ix_attempt_run_id_nothing", Attempt.run_id, sqlite_where=CAME_TO_NOTHING,
      postgresql_where=CAME_TO_NOTHING)  # fmt: skip


class PayFile(Scoped, Base):
    """One file of a package, with its control figures and its hash."""

    __tablename__ = "pay_file"
    __table_args__ = (UniqueConstraint("run_id", "name"),)
    run_id: Mapped[int] = mapped_column(Integer, ForeignKey("pay_run.id"))
    name: Mapped[str] = mapped_column(String(120))
    row_count: Mapped[int]
    fen: Mapped[int] = mapped_column(Fen())
    sha256: Mapped[str] = mapped_column(String(64))
    run: Mapped[PayRun] = relationship()


class ResultFile(Scoped, Base):
    """A file the bank gave back. `unlisted`: how many orders it answered without a row, and
    `paid_on` which day, as the one who takes it is told; the trail keeps it."""

    __tablename__ = "result_file"
    unlisted = 0
    paid_on = cast("dt.date | None", None)
    run_id: Mapped[int] = mapped_column(Integer, ForeignKey("pay_run.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(Text(12), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int] = mapped_column(default=0)
    posted: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    aside: Mapped[int] = mapped_column(default=0)
    by: Mapped[str] = mapped_column(Account())
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    run: Mapped[PayRun] = relationship()


class ResultUpload(Arrived, Base):
    """The bank's answer as it came in, compared and not yet posted.

    `accepted` rows agree with our orders, `rejected` ones will be set aside; taken, `added` were
    posted. `message`: what the person called it, `form`: what it is. `foretold`: what posting it
    would do (foretelling.py); empty once that is decided.
    """

    __tablename__ = "result_upload"
    __table_args__ = (CheckConstraint(STATES, name="state"),)
    run_id: Mapped[int] = mapped_column(Integer, ForeignKey("pay_run.id"), index=True)
    message: Mapped[str] = mapped_column(Text(12), default="")
    form: Mapped[str] = mapped_column(Text(12), default="")
    foretold: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    run: Mapped[PayRun] = relationship()


class ResultLine(Scoped, Base):
    """One row of a result file and what became of it; a row set aside says why."""

    __tablename__ = "result_line"
    __table_args__ = (
        Index("ix_result_line_file_id_fate", "file_id", "fate"),
        Index("ix_result_line_run_id_fate", "run_id", "fate"),
        Index("ix_result_line_attempt_id", "attempt_id"),
        Index("ix_result_line_org_path_id", "org_path", "id"),
    )
    org_path: Mapped[str] = mapped_column(OrgPath())
    file_id: Mapped[int] = mapped_column(Integer, ForeignKey("result_file.id"))
    run_id: Mapped[int]
    row: Mapped[int]
    ref: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int | None]
    card_tail: Mapped[str] = mapped_column(String(4), default="")
    name: Mapped[str] = mapped_column(String(80), default="")
    fen: Mapped[int | None] = mapped_column(Fen())
    outcome: Mapped[str] = mapped_column(Choice(OUTCOMES))
    reason: Mapped[str] = mapped_column(String(20), default="")
    reason_text: Mapped[str] = mapped_column(Sentence(200), default="")
    bank_ref: Mapped[str] = mapped_column(String(60), default="")
    arrived_on: Mapped[dt.date | None] = mapped_column(Date)
    attempt_id: Mapped[int | None] = mapped_column(BigId)
    fate: Mapped[str] = mapped_column(Choice(FATES), default="")
    why: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = synonym("fate")


class Payer(SystemOnly, Base):
    """The fiscal account a bureau pays from; `extra` is what single banks want beside it."""

    __tablename__ = "payer"
    org_id: Mapped[int] = mapped_column(Integer, ForeignKey("org.id"), unique=True)
    account: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    bank_name: Mapped[str] = mapped_column(String(80), default="")
    cnaps: Mapped[str] = mapped_column(String(12), default="")
    agreement_no: Mapped[str] = mapped_column(String(40), default="")
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


from app.kernel.triggers import guard  # noqa: E402
from app.payments.guarding import RULES  # noqa: E402
from app.payments.kinds import FundArrival as FundArrival  # noqa: E402, PLC0414  (as the others)
from app.payments.kinds import Recovery as Recovery  # noqa: E402, PLC0414
from app.payments.layout_rows import BankProfile  # noqa: E402, F401

guard(Recovery.__table__, RULES)
