"""Use-cases of a bank's answer as a file: it comes in and is compared, then posted or put aside.

What posting means, and who may do it, is posting's alone (posting.py); the caller commits.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import select

from app.accounts.models import BUREAU_POSTER
from app.accounts.trail import SUBJECTS
from app.kernel import files, uploads
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, _n
from app.kernel.jobs import Done
from app.kernel.legs import legs
from app.kernel.receiving import FileKind, receive
from app.kernel.sheets import Column, Meta, write_xlsx
from app.kernel.sheets.spooled import spooled
from app.kernel.types import Fen, aloud
from app.payments import posting
from app.payments.banks import file_sha256
from app.payments.foretelling import foretell
from app.payments.models import OUTCOMES, PayRun, ResultFile, ResultUpload

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

ANSWERABLE = posting.ANSWERABLE
SUBJECTS["result_upload"] = _l("回盘文件")
LISTED = ("aside", "unpaid", "paid")
"""What is foretold of single rows."""
(POST,) = legs(_l("逐笔对账并登记"))


def runs_for(actor: Actor) -> list[PayRun]:
    """The runs to which this person may bring in the bank's answer: those that wait for one
    before those that are settled, the latest first."""
    if actor.role != BUREAU_POSTER:
        return []
    answerable = PayRun.state.in_(ANSWERABLE)
    found = select(PayRun).where(PayRun.bureau_id == actor.org_id, answerable)
    settled_last = (PayRun.state == "settled").asc(), PayRun.id.desc()
    return list(db.session.scalars(found.order_by(*settled_last).limit(200)))


def stage(path: Path, file_name: str, actor: Actor, run_id: int, message: str = ""
          ) -> ResultUpload:  # fmt: skip
    """The file is read to its end and compared row by row; no order has changed.

    `message`: the standard message that the file is; empty leaves it to the file. Refused as
    posting it would be.
    """
    run = db.session.scalar(select(PayRun).where(PayRun.id == run_id))
    if run is None:
        raise Refused(_("没有编号为%(run)s的支付批次", run=run_id))
    seen = foretell(run, path, file_name, actor, message)
    upload = ResultUpload(
        run_id=run.id, org_path=run.org_path, message=message, form=seen.form,
        row_count=seen.row_count, accepted=seen.posted + seen.same, rejected=seen.aside,
        foretold=seen.told,
        **uploads.sent(path, file_name, actor) | {"sha256": file_sha256(path)},
    )  # fmt: skip
    db.session.add(upload)
    db.session.flush()
    return upload


def take(upload: ResultUpload, actor: Actor, all_or_nothing: bool = False) -> Done:
    """The file is posted as it compares now; rows that do not agree are set aside.

    Refused when rows were set aside and the person wants all or nothing, when the file is kept no
    longer, or somebody has taken it meanwhile.
    """
    uploads.lock_staged(upload)
    with files.kept(upload.sha256) as path:
        POST.begins()
        taken = posting.take_results(upload.run, path, upload.file_name, actor, upload.message)
    if all_or_nothing and taken.aside:
        raise Refused(_("有%(n)s行要搁置，按“全部相符才登记”没有登记任何一行", n=taken.aside))
    upload.row_count, upload.rejected = taken.row_count, taken.aside
    upload.accepted = taken.posted + taken.same
    upload.added, upload.unchanged = taken.posted, taken.same
    upload.state, upload.foretold = "taken", {}
    db.session.flush()
    told = _n("共%(n)s行：%(told)s", taken.row_count, told=posting.what_came_of(taken))
    return Done(told, f"/rungrid/show/{upload.run_id}")


def drop(upload: ResultUpload, actor: Actor) -> None:
    """The file is put aside; nothing of it was posted."""
    posting.refuse_others(upload.run, actor)
    uploads.drop(upload, None, actor)
    upload.foretold = {}


def earlier(upload: ResultUpload) -> ResultFile | None:
    """The very same file, as it was posted to the run before, by whatever way it came."""
    found = select(ResultFile).where(ResultFile.run_id == upload.run_id,
                                     ResultFile.sha256 == upload.sha256)  # fmt: skip
    if upload.state != "staged":
        found = found.where(ResultFile.at < upload.at)
    return db.session.scalar(found.order_by(ResultFile.id.desc()).limit(1))


def asides(upload: ResultUpload) -> IO[bytes]:
    """The rows that do not agree, with the reasons, to ask the bank about."""
    columns = [Column("row", _l("行号")), Column("ref", _l("流水号")), Column("name", _l("姓名")),
               Column("fen", _l("金额（元）"), Fen()), Column("outcome", _l("结果")),
               Column("arrived_on", _l("到账日期")), Column("why", _l("搁置原因")),
               Column("reason_text", _l("银行说明"))]  # fmt: skip
    rows = [[r["row"], r["ref"], r["name"], r["fen"], str(OUTCOMES.get(r["outcome"], "")),
             r.get("arrived_on", ""), str(posting.WHYS.get(r["why"], r["why"])),
             aloud(r["reason_text"])]
            for r in upload.foretold.get("aside", ())]  # fmt: skip
    lines = [_("文件：%(file)s", file=upload.file_name)]
    if upload.rejected > len(rows):
        lines.append(_("共搁置%(n)s行，这里是前%(shown)s行；登记后在“回盘明细”可以导出全部",
                       n=upload.rejected, shown=len(rows)))  # fmt: skip
    about = Meta(_("回盘搁置的行"), lines)
    return spooled(lambda out: write_xlsx(out, columns, rows, about))


def _in_reach(actor: Actor) -> ColumnElement[bool]:
    return ResultUpload.run.has(PayRun.bureau_id == actor.org_id)


def _seen(upload: ResultUpload) -> dict[str, Any]:
    told = upload.foretold
    listed = {part: told[part] for part in LISTED if part in told}
    return told | {part: [r | {"reason_text": aloud(r["reason_text"])} for r in rows]
                   for part, rows in listed.items()}  # fmt: skip


RESULTS = receive(FileKind(
    "result", _l("回盘"), None, ResultUpload, "/resultlinegrid", stage, take, drop, earlier,
    None, _seen, _in_reach, errors=asides, emptied={"foretold": {}},
))  # fmt: skip
