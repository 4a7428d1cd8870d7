"""Which drafts of bank formats wait for a second person, on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l
from app.payments.layout_rows import BankProfile
from app.payments.layout_workflow import checkers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor


@waits
def _drafts(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in checkers:
        return
    found = select(func.count()).select_from(BankProfile).where(
        BankProfile.org_path == actor.org_path, BankProfile.state == "draft")  # fmt: skip
    yield Waiting(_l("待启用的银行格式"), db.session.scalar(found) or 0,
                  _l("核对与上一版的差别和预览"), "/layoutgrid/list/?_flt_0_state=draft",
                  "building-bank")  # fmt: skip
