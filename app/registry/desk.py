"""What the working-day calendar puts on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts.models import SYSADMIN
from app.kernel import clock
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l, listed

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
