"""Whoever made or checked a run's files brings in none of the bank's answers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.kernel import audit
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import placed
from app.payments.models import PayRun

if TYPE_CHECKING:
    from app.kernel.actor import Actor

BEFORE = ("export", "check")


def refuse_same_hands(run: PayRun, actor: Actor) -> None:
    """Refused when this account exported or checked the run, whatever its duty is by now."""
    handled = audit.taken(PayRun, run.id, BEFORE, actor)
    if db.session.scalar(select(handled).execution_options(**placed())):
        raise Refused(
            _("导出、复核、导入回盘须由不同的人办理：您导出或复核过这个批次，请由另一人导入")
        )
