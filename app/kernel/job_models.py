"""The table of background work: the row is the truth, messages are only wake-ups."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.actor import Actor
from app.kernel.db import Base, Scoped
from app.kernel.i18n import _l

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = {
    QUEUED: _l("排队中"),
    RUNNING: _l("处理中"),
    DONE: _l("已完成"),
    FAILED: _l("未完成"),
    CANCELLED: _l("已取消"),
}


class Job(Scoped, Base):
    """One piece of work: whose, how far, and what came of it.

    `attempts` counts starts and names the one that holds the row: whoever closes it must still
    be that one. `heartbeat` is real seconds since 1970, also when the business clock is set.
    `once` is the key of work that may be asked for only once, such as a night's run.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"
        ),
    )
    kind: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(String(64))
    owner: Mapped[dict[str, Any]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(String(10), default="")
    state: Mapped[str] = mapped_column(String(10), default=QUEUED, index=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    seconds_left: Mapped[int | None]
    sentence: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    next_url: Mapped[str] = mapped_column(String(300), default="")
    retries: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    heartbeat: Mapped[float] = mapped_column(default=0.0)
    once: Mapped[str | None] = mapped_column(String(80), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def actor(self) -> Actor:
        """Who asked for it, as they stood then."""
        return Actor(**self.owner)

    def __str__(self) -> str:
        return self.title
