"""Through whose hands a run goes on its way to the bank and back.

Its files leave the house once a second person has checked them; until then only he who may check
them looks into them, because he must see what he signs (docs/decisions/0061). Whoever made or
checked them brings in none of the bank's answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.accounts.models import BUREAU_APPROVER, BUREAU_EXPORTER, BUREAU_REVIEWER
from app.kernel import audit
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.scope import placed
from app.payments.models import PayRun
from app.payments.workflow import RUNS, own_run

if TYPE_CHECKING:
    from app.kernel.actor import Actor

HANDLERS = frozenset({BUREAU_EXPORTER, BUREAU_REVIEWER, BUREAU_APPROVER})
"""Who may take a bank file into the hand: who made it and who checks it."""
CHECKED = ("checked", "settled")
UNCHECKED = _l(
    "银行文件由另一人复核之后才能下载、送银行：请先由复核人员办理「复核银行文件」；"
    "审批单和文件清单现在就可以下载"
)
BEFORE = ("export", "check")


def refuse_to_carry(run: PayRun, actor: Actor) -> None:
    """Refused unless this actor may take the run's bank files into the hand by now."""
    if actor.role not in HANDLERS:
        raise Refused(_("您的岗位不能下载银行文件"))
    if run.bureau_id != actor.org_id:
        raise Refused(str(own_run.otherwise))
    if not may_open(run, actor):
        raise Refused(str(UNCHECKED))


def may_open(run: PayRun, actor: Actor) -> bool:
    """A second person has checked the run's files, or it is he who is to check them."""
    return run.state in CHECKED or _may_check(run, actor)


def _may_check(run: PayRun, actor: Actor) -> bool:
    step = RUNS.steps["check"]
    if actor.role not in step.by:
        return False
    ready = select(PayRun.id).where(PayRun.id == run.id, RUNS.ready(step, actor))
    return db.session.scalar(ready) is not None


def refuse_same_hands(run: PayRun, actor: Actor) -> None:
    """Refused when this account exported or checked the run, whatever its duty is by now."""
    handled = audit.taken(PayRun, run.id, BEFORE, actor)
    if db.session.scalar(select(handled).execution_options(**placed())):
        raise Refused(
            _("导出、复核、导入回盘须由不同的人办理：您导出或复核过这个批次，请由另一人导入")
        )
