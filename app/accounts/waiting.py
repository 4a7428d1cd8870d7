"""What the accounts put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import SECADMIN, Post
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor


@waits
def _without_duty(actor: Actor) -> Iterator[Waiting]:
    if actor.role != SECADMIN:
        return
    found = select(func.count()).select_from(Post).where(Post.state == "pending")
    yield Waiting(_l("待授权的账号"), db.session.scalar(found) or 0, _l("授予岗位后启用"),
                  "/accountgrid/list/?_flt_0_state=pending", "users", "warn")  # fmt: skip
