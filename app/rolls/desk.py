"""What rolls put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import (
    BUREAU_APPROVER,
    BUREAU_CLERK,
    BUREAU_REVIEWER,
    SCHOOL_CLERK,
    SCHOOL_REVIEWER,
)
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l
from app.rolls.models import RollEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor

ENTRIES = "/rollentrygrid/list/?"
VERIFY = (_l("待核实的困难学生"), _l("与学生本人和学籍核对，逐人写明符合或不符合"),
          "_flt_0_state=pending")  # fmt: skip
DECIDE = (_l("待定稿的困难学生"), _l("学校已核实，由主管部门定稿或退回"),
          "_flt_0_state=verified")  # fmt: skip
COMPARE = (_l("姓名不符的名册人员"), _l("与证件核对，确认是同一人的交学校核实"),
           "_flt_0_state=unmatched&_flt_0_match=name")  # fmt: skip
WORK = {
    SCHOOL_CLERK: (VERIFY, RollEntry.school_id, "pending", ""),
    SCHOOL_REVIEWER: (VERIFY, RollEntry.school_id, "pending", ""),
    BUREAU_REVIEWER: (DECIDE, RollEntry.bureau_id, "verified", ""),
    BUREAU_APPROVER: (DECIDE, RollEntry.bureau_id, "verified", ""),
    BUREAU_CLERK: (COMPARE, RollEntry.bureau_id, "unmatched", "name"),
}


@waits
def _entries(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in WORK:
        return
    (title, sentence, where), column, state, match = WORK[actor.role]
    found = select(func.count()).select_from(RollEntry).where(
        column == actor.org_id, RollEntry.state == state)  # fmt: skip
    if match:
        found = found.where(RollEntry.match == match)
    mine = f"&_flt_0_{column.key}={actor.org_id}"
    yield Waiting(title, found, sentence, ENTRIES + where + mine, "user-heart", "warn")
