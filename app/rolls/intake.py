"""Use-cases of a roll and its files: drawn up, staged, taken, dropped.

Every function does its own check of hands and place; the caller commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import false, select

from app.accounts.models import BUREAU_CLERK
from app.kernel import audit, clock, uploads
from app.kernel.db import db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.scope import everyone, scope
from app.kernel.types import YearMonth
from app.rolls.matching import compare
from app.rolls.merging import N, count_changes, merge
from app.rolls.models import Roll, RollUpload, StagedEntry
from app.rolls.staging import store_rows

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

STAGED = StagedEntry.__table__
MONTHS = {"autumn": ((0, 9), (1, 1)), "spring": ((1, 2), (1, 7)), "year": ((0, 9), (1, 8))}
"""Of a school year that begins in year 0: the first and the last month of a term."""
FIRST_YEAR, AHEAD = 2007, 1


def fill_in(roll: Roll, actor: Actor) -> None:
    """A roll lies with the clerk's bureau; its months follow from school year and term.

    Refused when there was no such kind of hardship any more in those months.
    """
    if actor.role != BUREAU_CLERK or actor.org_id is None:
        raise Refused(_("名册由收到它的主管部门的经办人登记"))
    latest = clock.today().year + AHEAD
    if not FIRST_YEAR <= roll.school_year <= latest:
        raise Refused(_("学年填起始年份，如2026；应在%(first)s至%(last)s之间",
                        first=FIRST_YEAR, last=latest))  # fmt: skip
    (a, first), (b, last) = MONTHS[roll.term]
    roll.first_month = YearMonth.at(roll.school_year + a, first)
    roll.last_month = YearMonth.at(roll.school_year + b, last)
    ended = roll.difficulty.retired_on
    if ended is not None and roll.first_month.first_day >= ended:
        raise Refused(_("“%(kind)s”自%(day)s起不再是认定类型，请选择现行的困难类型",
                        kind=roll.difficulty, day=ended))  # fmt: skip
    roll.bureau_id, roll.by = actor.org_id, actor.username


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """The rolls whose files this person may send in: those their own bureau received."""
    return Roll.bureau_id == actor.org_id if actor.role == BUREAU_CLERK else false()


def open_rolls(actor: Actor) -> list[Roll]:
    with scope(actor.org_path):
        found = select(Roll).where(within_reach(actor), Roll.state == "open")
        return list(db.session.scalars(found.order_by(Roll.id.desc())))


def roll_for(roll_id: int | None, actor: Actor) -> Roll:
    """The open roll of that number; Refused when it is not in reach."""
    with scope(actor.org_path):
        found = db.session.scalar(select(Roll).where(Roll.id == roll_id, within_reach(actor)))
    if found is None:
        raise Refused(_("名册的文件由收到名册的机构的经办人上传，您不能为这份名册上传"))
    if found.state != "open":
        raise Refused(_("名册已定稿，不能再上传；新增人员请另立一份名册"))
    return found


def stage(path: Path, file_name: str, roll: Roll, actor: Actor) -> RollUpload:
    """The file is read and checked whole; its good rows wait, the roll has not changed."""
    upload = RollUpload(roll_id=roll.id, org_path=roll.org_path, roll=roll,
                        **uploads.sent(path, file_name, actor))  # fmt: skip
    return uploads.stage(upload, lambda: store_rows(path, upload))


def earlier(upload: RollUpload) -> RollUpload | None:
    """The upload that already took the very same file for the roll, if there was one."""
    return uploads.earlier(upload, RollUpload.roll_id == upload.roll_id)


def take(upload: RollUpload, actor: Actor, all_or_nothing: bool = False) -> int:
    """The roll says what the upload's good rows say, and was compared with the registry; how many
    people now wait for their schools because of it. A fixed number of statements.

    Refused when rows were refused and the person wants all or nothing, when there is no good row,
    and when a row contradicts an entry that somebody has decided on.
    """
    roll = _lock(upload, actor)
    uploads.check_takable(upload, all_or_nothing)
    with everyone("名册按上传人所在机构核对过"), many_rows(upload.accepted):
        counts = count_changes(upload)
        if counts.settled:
            raise Refused(_("文件中有%(n)s人的内容与已核实、已定稿或已剔除的条目不同，没有写入任何"
                            "一行：请先退回重核，或从文件中去掉这些人",
                            n=counts.settled))  # fmt: skip
        merge(upload, roll)
        uploads.clear(upload, STAGED)
        found = compare(N.c.roll_id == roll.id)
    upload.added, upload.changed, upload.unchanged = counts.new, counts.changed, counts.same
    upload.state = "taken"
    db.session.flush()
    _trace(upload, roll, actor)
    return found


def _trace(upload: RollUpload, roll: Roll, actor: Actor) -> None:
    audit.record("take_roll", actor=actor, org_path=roll.org_path, subject=Roll.__tablename__,
                 subject_id=roll.id, count=upload.added + upload.changed, digest=upload.sha256,
                 note=upload.file_name)  # fmt: skip


def compare_anew(rolls: ColumnElement[bool], actor: Actor) -> int:
    """Whoever is unmatched on the open rolls under this condition, that the actor's own bureau
    received, was looked for once more; how many rolls that are."""
    with scope(actor.org_path):
        mine = select(Roll.id).where(rolls, within_reach(actor), Roll.state == "open")
        keys = list(db.session.scalars(mine.with_for_update()))
    if keys:
        compare(N.c.roll_id.in_(keys))
    return len(keys)


def drop(upload: RollUpload, actor: Actor) -> None:
    """The upload is put aside; nothing of it was written."""
    roll_for(upload.roll_id, actor)
    uploads.drop(upload, STAGED, actor)


def _lock(upload: RollUpload, actor: Actor) -> Roll:
    """Two files of one roll are taken one after the other."""
    uploads.lock_staged(upload)
    with scope(actor.org_path):
        db.session.execute(select(Roll.id).where(Roll.id == upload.roll_id).with_for_update())
    db.session.expire(upload, ["roll"])
    return roll_for(upload.roll_id, actor)
