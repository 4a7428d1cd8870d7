"""What verification puts on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from app.accounts.models import BUREAU_APPROVER, BUREAU_CLERK, BUREAU_REVIEWER, SCHOOL_CLERK
from app.kernel.db import db
from app.kernel.desk import Waiting, waits
from app.kernel.i18n import _l
from app.verification.models import Case
from app.verification.workflow import concerned, own_school, right_above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Select

    from app.kernel.actor import Actor

CASES = "/casegrid/list/?_flt_0_state="


@waits
def _cases(actor: Actor) -> Iterator[Waiting]:
    if actor.role == SCHOOL_CLERK:
        mine = _stand("waiting", own_school(actor))
        found = select(func.count(), func.min(Case.due_on)).where(mine)
        n, due = db.session.execute(found).one()
        yield Waiting(_l("待核实的异常记录"), n, _l("逐条核实，填写结论、处理方式和说明"),
                      CASES + "waiting", "list-search", "warn", due)  # fmt: skip
    elif actor.role in (BUREAU_REVIEWER, BUREAU_APPROVER):
        yield Waiting(_l("待审结的核查反馈"), _how_many("answered", right_above(actor)),
                      _l("核对后审结，或退回重核"),
                      f"{CASES}answered&_flt_0_bureau={actor.org_id}", "list-search",
                      "warn")  # fmt: skip
    elif actor.role == BUREAU_CLERK:
        yield Waiting(_l("待重新分派的异常记录"), _how_many("stray", concerned(actor)),
                      _l("学校说不属于本校，请分派给所在学校"), CASES + "stray", "git-branch",
                      "warn")  # fmt: skip


def _stand(state: str, where: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Case.state == state, where)


def _how_many(state: str, where: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(Case).where(_stand(state, where))
