"""Bank formats as rows: each edition once written, never rewritten; the database itself refuses.

A row lies with the bureau that drew it up and serves that bureau and all below it. `data` is what
`banks.Profile.parse` reads. A change is a new row with the next edition; which one counts is said
by `state` alone (layout_workflow.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock
from app.kernel.db import Base, Scoped
from app.kernel.triggers import guard, unwritable
from app.kernel.types import Account, Text

NAME = "bank_profile"
LASTING = ("org_path", "code", "name", "edition", "data", "digest", "made_by", "made_at")
"""What of a row never changes, whether it was used or not."""
SAYS = "an edition of a bank format is never rewritten"


class BankProfile(Scoped, Base):
    """One edition of one bank's format. `digest` is the fingerprint of `data`."""

    __tablename__ = NAME
    __table_args__ = (
        UniqueConstraint("code", "edition"),
        CheckConstraint("state IN ('draft', 'active', 'retired')", name="state"),
        CheckConstraint("edition > 0", name="edition"),
    )
    code: Mapped[str] = mapped_column(Text(40, required=True))
    name: Mapped[str] = mapped_column(Text(80, required=True))
    edition: Mapped[int] = mapped_column(Integer)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    why: Mapped[str] = mapped_column(Text(200), default="")
    made_by: Mapped[str] = mapped_column(Account())
    made_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    approved_by: Mapped[str] = mapped_column(Account(), default="")
    approved_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))

    def __str__(self) -> str:
        return f"{self.name} v{self.edition}"


guard(BankProfile.__table__, unwritable(NAME, f"{NAME}_lasts", SAYS, LASTING))
