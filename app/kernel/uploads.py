"""Files that came in to be written somewhere: what they were, and what became of their rows.

A room's table of uploads is `Arrived` and what the file belongs to. A file is read and checked
whole, its good rows wait in a table of the room, and only taking it writes anything.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import JSON, DateTime, String, Table, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import audit, bulk, clock
from app.kernel.db import Scoped, db
from app.kernel.errors import Refused
from app.kernel.i18n import _, kept, listed, remembering, retold
from app.kernel.reading_ahead import before_writing
from app.kernel.scope import everyone
from app.kernel.sheets import Limit, digest
from app.kernel.sheets.manner import merged_below
from app.kernel.types import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.pulse import Progress
    from app.kernel.sheets import Reading
    from app.kernel.sheets.lots import Lot
    from app.kernel.sheets.sifting import Sieve

STATES = "state IN ('staged', 'taken', 'dropped')"
MAX_ROWS = 500_000
BIG_FILE = 3 * 1024 * 1024
"""Bytes from which on a file is read in the background: about 20,000 rows."""
_watching: ContextVar[Progress | None] = ContextVar("watching", default=None)


class Arrived(Scoped):
    """A file that came in: what it was, who sent it, what became of its rows.

    `state`: staged (read and checked, nothing written yet), taken, dropped. Every row of the file
    has one fate: `accepted` + `rejected` = `row_count`, and once it is taken `added` + `changed` +
    `unchanged` = `accepted`. `skipped` lines are none: blank ones, headings repeated for print.
    `problems` and `doubts` tell each thing once, with its first cells and how often it was met, in
    the words of the sender and as they can be said in another language; of files sent in earlier
    times they are the first cells. A doubt without a row is about the file.
    """

    __tablename__: str
    if TYPE_CHECKING:
        id: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="staged")
    row_count: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[Any]] = mapped_column(JSON, default=list)
    doubts: Mapped[list[Any]] = mapped_column(JSON, default=list)
    by: Mapped[str] = mapped_column(Account())
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=clock.now, index=True)


def is_big(size: int) -> bool:
    """A file of so many bytes is better read in the background."""
    return size > BIG_FILE


A = TypeVar("A", bound=Arrived)


def sent(path: Path, file_name: str, actor: Actor) -> dict[str, Any]:
    """What an upload's row says of the file before anybody has read it."""
    return {"file_name": file_name[-200:], "sha256": "", "size": path.stat().st_size,
            "by": actor.username}  # fmt: skip


def stage(upload: A, store: Callable[[], dict[str, Any]]) -> A:
    """The upload has its rows, and the figures that `store` gives back with them."""
    with everyone("暂存行属于本次上传"), remembering():
        figures = store()
    for name, value in figures.items():
        setattr(upload, name, value)
    db.session.flush()
    return upload


def store_rows(upload: Arrived, path: Path, reading: Reading, sieve: Sieve, table: Table,
               columns: Sequence[str]) -> dict[str, Any]:  # fmt: skip
    """The upload has its number, its good rows stand in `table`; the figures of the file.

    The first of the columns is the upload's number.
    """
    with reading:
        blocks = sieve.good(_passing(reading))
        if _watching.get():
            blocks = before_writing(blocks)
        db.session.add(upload)
        db.session.flush()
        mine = ([[upload.id] * len(first), *more] for first, *more in blocks)
        bulk.load_blocks(table, columns, mine)
        counts = reading.counts
    return {
        "sha256": digest(path), "row_count": counts.taken + counts.refused,
        "accepted": counts.taken, "rejected": counts.refused, "problems": sieve.problems,
        "skipped": counts.blank + counts.other,
        "doubts": about(reading) + _merged(path, reading) + sieve.doubts,
    }  # fmt: skip


@contextmanager
def watched(progress: Progress) -> Iterator[None]:
    """A file staged inside says how far it has come, and can be called off between its rows.

    Nothing has been written so far: what was looked up is let go while the file is read.
    """
    token = _watching.set(progress)
    try:
        yield
    finally:
        _watching.reset(token)


def _passing(reading: Reading) -> Iterable[Lot]:
    progress = _watching.get()
    return reading.lots if progress is None else _told_of(reading, progress)


def _told_of(reading: Reading, progress: Progress) -> Iterator[Lot]:
    for lot in reading.lots:
        yield lot
        progress.step(lot.numbers[-1] - reading.header_row, reading.expected or 0)


def about(reading: Reading) -> list[dict[str, Any]]:
    """What a person should know of how the file was read, before any row."""
    told = list(reading.notes)
    if reading.header_row > 1:
        told.append(_("表头在第%(n)s行，它上面的内容没有读取", n=reading.header_row))
    if reading.unknown_columns:
        told.append(_("这些列不认识，没有读取：%(names)s", names=listed(reading.unknown_columns)))
    return [_of_the_file(each) for each in told]


def _merged(path: Path, reading: Reading) -> list[dict[str, Any]]:
    """Of merged cells only the first holds anything: why rows that look full were refused."""
    if not reading.counts.refused:
        return []
    if not (areas := merged_below(path, Limit(), reading.sheet_name, reading.header_row)):
        return []
    told = _("表中有合并的单元格（如%(where)s）：只有左上角一格有内容，其余按空白处理。"
             "请取消合并，逐行填写", where=listed(areas[:3]))  # fmt: skip
    return [_of_the_file(told)]


def _of_the_file(sentence: str) -> dict[str, Any]:
    return {"row": None, "coordinate": "", "column": "", "sentence": sentence,
            "said": kept(sentence)}  # fmt: skip


def earlier(upload: A, place: ColumnElement[bool]) -> A | None:
    """The upload that already took the very same file for the same place, if there was one."""
    model = type(upload)
    found = select(model).where(model.sha256 == upload.sha256, model.state == "taken",
                                model.id != upload.id, place)  # fmt: skip
    return db.session.scalar(found.order_by(model.id.desc()).limit(1))


def lock_staged(upload: Arrived) -> None:
    """Of two presses at once the later one sees here what the earlier one did."""
    model = type(upload)
    now = db.session.scalar(
        select(model).where(model.id == upload.id).with_for_update(of=model)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if now is None or now.state != "staged":
        raise Refused(_("这份上传已经处理过了"))


def check_takable(upload: Arrived, all_or_nothing: bool) -> None:
    """There is a good row; under `all_or_nothing` there is no other."""
    if all_or_nothing and upload.rejected:
        raise Refused(_("有%(n)s行不合格，按“全部或全不”没有写入任何一行", n=upload.rejected))
    if not upload.accepted:
        raise Refused(_("没有一行合格，没有写入任何一行"))


def clear(upload: Arrived, staged: Table) -> None:
    """The good rows wait no longer."""
    with everyone("暂存行属于本次上传"):
        db.session.execute(delete(staged).where(staged.c.upload_id == upload.id))


def drop(upload: Arrived, staged: Table | None, actor: Actor) -> None:
    """The upload is put aside; nothing of it was written."""
    lock_staged(upload)
    if staged is not None:
        clear(upload, staged)
    upload.state = "dropped"
    audit.record("drop_upload", actor=actor, org_path=upload.org_path, count=upload.row_count,
                 subject=upload.__tablename__, subject_id=upload.id)  # fmt: skip


def sentence_of(problem: Mapping[str, Any]) -> str:
    """What an upload keeps of a problem or doubt, in the reader's language where it can be said."""
    plain = problem["sentence"]
    return retold(problem.get("said") or plain, plain)


def about_file(upload: Arrived) -> list[str]:
    """What a person should know of how the file was read."""
    return [sentence_of(doubt) for doubt in upload.doubts if not doubt["row"]]


def told(upload: Arrived) -> list[str]:
    """Every problem the upload keeps, as a sentence that names its cell, and how many more."""
    return [_named(problem, problem.get("times", 1) - 1) for problem in upload.problems]


def _named(problem: Mapping[str, Any], more: int) -> str:
    values = {"row": problem["row"], "cell": problem["coordinate"], "column": problem["column"],
              "why": sentence_of(problem)}  # fmt: skip
    if more:
        return _("第%(row)s行 %(cell)s %(column)s：%(why)s（另有%(more)s处）", more=more, **values)
    return _("第%(row)s行 %(cell)s %(column)s：%(why)s", **values)
