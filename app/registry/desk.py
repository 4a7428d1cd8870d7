"""What the registry and the working-day calendar put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import BUREAU_APPROVER, BUREAU_REVIEWER, SCHOOL_REVIEWER, SYSADMIN, Org
from app.kernel import clock
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l, listed
from app.registry.models import CardChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor


@waits
def _calendar(actor: Actor) -> Iterator[Waiting]:
    """Sixty days before a notice could run into a year nobody has confirmed."""
    if actor.role != SYSADMIN:
        return
    years = load_calendar(db.session).unconfirmed_ahead(clock.today())
    yield Waiting(
        _l("%(years)s年的节假日安排尚未确认", years=listed(years)), len(years),
        _l("跨入该年的公示截止日只是暂定，确认日历后名单才能确认"), "/calendaryeargrid/list/",
        "calendar", "warn",
    )  # fmt: skip


@waits
def _card_changes(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in {SCHOOL_REVIEWER, BUREAU_REVIEWER, BUREAU_APPROVER}:
        return
    found = select(func.count()).select_from(CardChange).join(CardChange.school).where(
        CardChange.state == "asked",
        (Org.id == actor.org_id) | (Org.parent_id == actor.org_id),
    )  # fmt: skip
    yield Waiting(_l("待核对的换卡申请"), found, _l("与银行卡原件核对后启用新卡"),
                  "/cardchangegrid/list/?_flt_0_state=asked", "credit-card", "warn")  # fmt: skip
