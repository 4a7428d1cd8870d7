"""What the monthly lists put on the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.accounts.models import BUREAU_APPROVER, BUREAU_REVIEWER, SCHOOL_CLERK, SCHOOL_REVIEWER
from app.kernel import clock
from app.kernel.db import db
from app.kernel.desk import Figure, Waiting, sums, waits
from app.kernel.i18n import _l
from app.kernel.types import yuan
from app.publicity.models import AidList, Finding, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.actor import Actor

LISTS = "/listgrid/list/?_flt_0_state="


@waits
def _lists(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in {SCHOOL_CLERK, SCHOOL_REVIEWER, BUREAU_APPROVER, BUREAU_REVIEWER}:
        return
    past = (AidList.closes_on < clock.today()).label("past")  # one parameter, grouped by its name
    found = select(AidList.state, past, func.count()).where(
        (AidList.bureau_id == actor.org_id) | (AidList.school_id == actor.org_id),
        AidList.state.in_(("draft", "submitted", "published")),
    ).group_by(AidList.state, past)  # fmt: skip
    counts = {(state, bool(gone)): n for state, gone, n in db.session.execute(found)}
    drafts, sent = counts.get(("draft", False), 0), counts.get(("submitted", False), 0)
    over = counts.get(("published", True), 0)
    if actor.role in (SCHOOL_CLERK, SCHOOL_REVIEWER):
        yield Waiting(_l("草稿名单"), drafts, _l("核对问题后由复核人上报"), LISTS + "draft",
                      "pencil")  # fmt: skip
    if actor.role in (BUREAU_APPROVER, BUREAU_REVIEWER):
        yield Waiting(_l("待审核名单"), sent, _l("核对后审核公示，或退回修改"), LISTS + "submitted",
                      "checklist", "warn")  # fmt: skip
    if actor.role == BUREAU_APPROVER:
        yield Waiting(_l("公示期满"), over, _l("无异议的可以确认"), LISTS + "published",
                      "circle-check", "good")  # fmt: skip


@waits
def _left_unwritten(actor: Actor) -> Iterator[Waiting]:
    """A file that was read and shown, and then left."""
    if actor.role != SCHOOL_CLERK:
        return
    found = select(func.count(), func.max(Upload.id)).join(Upload.aid_list).where(
        Upload.state == "staged", AidList.school_id == actor.org_id, AidList.state == "draft",
        Upload.row_count > 0,
    )  # fmt: skip
    n, latest = db.session.execute(found).one()
    yield Waiting(_l("上传的文件还没有写入名单"), n, _l("核对后写入，或放弃重新上传"),
                  f"/listgrid/uploads/{latest}", "upload", "warn")  # fmt: skip


@waits
def _nothing_yet(actor: Actor) -> Iterator[Waiting]:
    if actor.role != SCHOOL_CLERK:
        return
    month = clock.this_month()
    have = select(func.count()).select_from(AidList).where(
        AidList.school_id == actor.org_id, AidList.month == month, AidList.state != "void",
    )  # fmt: skip
    if not db.session.scalar(have):
        yield Waiting(_l("本月名单还没有上传"), 1, _l("没有受助学生的，请零报告"),
                      f"/listgrid/upload?month={month}", "upload", "warn")  # fmt: skip


@waits
def _open_findings(actor: Actor) -> Iterator[Waiting]:
    if actor.role not in {SCHOOL_CLERK, BUREAU_REVIEWER, BUREAU_APPROVER}:
        return
    found = select(func.count()).select_from(Finding).join(Finding.aid_list).where(
        Finding.state == "open", Finding.severity == "block",
        AidList.state.in_(("draft", "submitted")),
        (AidList.bureau_id == actor.org_id) | (AidList.school_id == actor.org_id),
    )  # fmt: skip
    yield Waiting(_l("必须处理的问题"), found,
                  _l("更正、剔除，或由主管部门说明理由放行"),
                  "/findinggrid/list/?_flt_0_state=open&_flt_0_severity=block",
                  "alert-triangle", "bad")  # fmt: skip


@sums
def _month(actor: Actor) -> Iterator[Figure]:
    if not actor.role.startswith(("school_", "bureau_")):
        return
    month = clock.this_month()
    found = select(func.count(), func.sum(AidList.line_count), func.sum(AidList.total_fen)).where(
        AidList.month == month, AidList.state != "void")  # fmt: skip
    lists, people, fen = (int(n or 0) for n in db.session.execute(found).one())
    url = f"/listgrid/list/?_flt_0_month={month}"
    yield Figure(_l("本月名单"), lists, _l("份"), url)
    yield Figure(_l("本月受助学生"), f"{people:,}", _l("人"), url)
    yield Figure(_l("本月金额"), yuan(fen), _l("元"), url)
