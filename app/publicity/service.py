"""Use-cases of the monthly list that are not a step: uploading, taking, reporting nobody.

Every function does its own check of the place under the actor's scope and then works as the
system, on the ids it has just found; the caller commits.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal, select, update

from app.accounts.models import SCHOOL_CLERK, Org
from app.kernel import audit, clock, uploads
from app.kernel.calendar_models import load_calendar
from app.kernel.db import db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone, scope
from app.publicity import taking
from app.publicity.findings import check_lists
from app.publicity.handing_out import lines_file
from app.publicity.models import KINDS, AidLine, AidList, Finding, StagedLine, Upload
from app.publicity.returning import refuse_stale
from app.publicity.seal import seal_lists
from app.publicity.staging import store_rows
from app.publicity.workflow import WORKDAYS_SHOWN
from app.registry.service import programme

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Select

    from app.kernel.actor import Actor
    from app.kernel.types import YearMonth


BIG_LIST = 5_000
"""From so many rows on a list is merged set against set; most schools have a hundred or two, and
reading all persons there are for those would cost more than it saves."""


def draft_for(school_code: str | None, month: YearMonth, programme_code: str, actor: Actor,
              kind: str = "REGULAR", first_month: YearMonth | None = None) -> AidList:  # fmt: skip
    """The school's draft list of that month, made when there was none; None is the actor's own.

    A school may have several supplements of a month, one draft at a time. Refused when the school
    is not the actor's, the month lies ahead, the list has left the school's hands, or the
    programme pays schools and not students.
    """
    _check_asked(actor, month, kind, first_month)
    aid = programme(programme_code)
    if aid.paid_to != "student":
        raise Refused(_("「%(name)s」拨付给学校，不通过学生名单发放", name=aid.name))
    school = _own_school(school_code, actor)
    found = db.session.scalar(_live_list(school, month, aid.id, kind))
    if found is None:
        found = AidList(
            programme_id=aid.id, school_id=school.id, bureau_id=school.parent_id, month=month,
            first_month=first_month or month, kind=kind, org_path=school.path, state="draft",
        )  # fmt: skip
        db.session.add(found)
    elif found.state != "draft":
        raise Refused(
            _("%(month)s的名单已不在学校手里，不能再上传。要改的请主管部门退回；"
              "漏报的学生请另传一份“补发”名单", month=month)
        )  # fmt: skip
    found.first_month = first_month or found.first_month
    db.session.flush()
    return found


def _check_asked(actor: Actor, month: YearMonth, kind: str, first_month: YearMonth | None) -> None:
    if actor.role != SCHOOL_CLERK:
        raise Refused(_("名单由学校经办人上传"))
    if month > clock.this_month():
        raise Refused(_("不能上传未来月份%(month)s的名单", month=month))
    if first_month and first_month > month:
        raise Refused(_("起始月份%(first)s晚于名单月份%(month)s", first=first_month, month=month))
    if kind not in KINDS:
        raise Refused(_("没有「%(kind)s」这种名单类型，可用的有：%(known)s",
                        kind=kind, known="、".join(KINDS)))  # fmt: skip


def _live_list(school: Org, month: YearMonth, programme_id: int, kind: str
               ) -> Select[AidList]:  # fmt: skip
    """The list that a file of this kind goes to, locked; of supplements only the draft counts."""
    found = select(AidList).where(
        AidList.school_id == school.id, AidList.month == month, AidList.kind == kind,
        AidList.programme_id == programme_id, AidList.state != "void",
    ).with_for_update(of=AidList)  # fmt: skip
    return found.where(AidList.state == "draft") if kind == "SUPPLEMENT" else found


def _own_school(code: str | None, actor: Actor) -> Org:
    which = Org.id == actor.org_id if code is None else Org.code == code
    with scope(actor.org_path):
        school = db.session.scalar(select(Org).where(which))
    if school is None or school.id != actor.org_id:
        raise Refused(_("标识码「%(code)s」不是您所在的学校", code=code))
    return school


def stage(path: Path, file_name: str, target: AidList, actor: Actor) -> Upload:
    """The file is read and checked whole; its good rows wait, nothing on the list has changed.

    `path`: where the file lies. The upload says how many rows are good and why others are not.
    """
    upload = Upload(list_id=target.id, school_id=target.school_id, org_path=target.org_path,
                    **uploads.sent(path, file_name, actor))  # fmt: skip
    return uploads.stage(upload, lambda: store_rows(path, upload, target))


def earlier(upload: Upload) -> Upload | None:
    """The upload that already took the very same file for the same list, if there was one."""
    return uploads.earlier(upload, Upload.list_id == upload.list_id)


def take(upload: Upload, actor: Actor, all_or_nothing: bool = False) -> AidList:
    """The list's lines are those of the upload's good rows; findings and seal are made anew.

    Lines that are the same as before keep their number, and with it what was decided on them.
    Refused when rows were refused and the person wants all or nothing, or there is no good row.
    """
    _check_hands(actor, upload.school_id)
    target = _lock_draft(upload)
    uploads.check_takable(upload, all_or_nothing)
    with everyone("卡与人跨学校登记，行只写入本名单"):
        with many_rows(upload.accepted, BIG_LIST):
            taking.COMPARE.begins()
            refuse_stale(upload)
            done = taking.merge_lines(upload, target)
        this = select(literal(target.id))
        taking.SEAL.begins()
        seal_lists(this)
        taking.CHECK.begins()
        check_lists(this)
    taking.CLEAR.begins()
    uploads.clear(upload, StagedLine.__table__)
    upload.state, target.zero_report = "taken", False
    upload.added, upload.changed, upload.gone = done
    upload.unchanged = upload.accepted - done.added - done.changed
    db.session.flush()
    db.session.refresh(target)
    _trace("upload", target, actor, upload.file_name)
    return target


def drop(upload: Upload, actor: Actor) -> None:
    """The upload is put aside; nothing of it was written to the list."""
    _check_hands(actor, upload.school_id)
    uploads.drop(upload, StagedLine.__table__, actor)


def hand_out(target: AidList, actor: Actor, whole: bool, note: str = "") -> IO[bytes]:
    """The draft as a file to edit and send back; whole numbers only with a reason, on the trail.

    Whoever sends the file closes it.
    """
    _check_hands(actor, target.school_id)
    if target.state != "draft":
        raise Refused(_("名单已不是草稿，不能导出修改；查阅请用列表的“导出”"))
    if not target.line_count:
        raise Refused(_("名单还没有学生，请先下载模板填写"))
    if whole and not note.strip():
        raise Refused(_("导出完整号码须填写理由"))
    made = lines_file(target, whole)
    _trace("reveal" if whole else "export", target, actor, note)
    return made


def report_nobody(target: AidList, actor: Actor) -> None:
    """The draft says: nobody this month."""
    _check_hands(actor, target.school_id)
    if target.state != "draft" or target.line_count:
        raise Refused(_("只有空的草稿名单可以零报告"))
    target.zero_report = True
    db.session.flush()
    _trace("zero_report", target, actor, "")


def recheck(target: AidList, actor: Actor) -> None:
    """The findings of the list are those that hold now (cards, registry, other lists moved on)."""
    with everyone("核对涉及其他学校"):
        check_lists(select(literal(target.id)))
    _trace("recheck", target, actor, "")


def open_blocks(target: AidList) -> int:
    """How many blocking findings on live lines stand in the way of submitting."""
    live = select(func.count()).select_from(Finding).join(Finding.line).where(
        Finding.list_id == target.id, Finding.state == "open", Finding.severity == "block",
        AidLine.state != "removed",
    )  # fmt: skip
    return int(db.session.scalar(live) or 0)


def _check_hands(actor: Actor, school_id: int) -> None:
    if actor.role != SCHOOL_CLERK or actor.org_id != school_id:
        raise Refused(_("名单由本校经办人上传"))


def _lock_draft(upload: Upload) -> AidList:
    uploads.lock_staged(upload)
    target = db.session.scalar(
        select(AidList).where(AidList.id == upload.list_id).with_for_update(of=AidList)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if target is None or target.state != "draft":
        raise Refused(_("名单已不是草稿，不能写入"))
    return target


def _trace(verb: str, target: AidList, actor: Actor, note: str) -> None:
    facts: dict[str, Any] = {"count": target.line_count, "fen": target.total_fen,
                             "digest": target.digest}  # fmt: skip
    audit.record(verb, actor=actor, org_path=target.org_path, subject="aid_list",
                 subject_id=target.id, note=note, **facts)  # fmt: skip


def firm_up_dates() -> int:
    """Notices whose end was provisional have the firm one, if the calendar now knows; how many.

    The end is only ever lengthened. Runs as the clock, over the whole province.
    """
    calendar = load_calendar(db.session)
    doubtful = select(AidList.id, AidList.published_at, AidList.closes_on).where(
        AidList.state == "published", AidList.provisional.is_(True)
    )  # fmt: skip
    firm = []
    for pk, published_at, closes_on in db.session.execute(doubtful):
        assert published_at is not None
        assert closes_on is not None
        start = clock.moment_of(published_at).date()
        end, provisional = calendar.add_workdays(start, WORKDAYS_SHOWN)
        if not provisional:
            firm.append({"pk": pk, "closes": clock.lengthened(closes_on, end)})
    if firm:
        t = AidList.__table__
        change = update(t).where(t.c.id == bindparam("pk"))
        values = {"closes_on": bindparam("closes"), "provisional": False}
        db.session.execute(change.values(values | {"calendar_version": calendar.version}), firm)
    return len(firm)
