"""A kind of file that people send in, said once: pages and background work follow from it.

    LISTS = receive(FileKind("list", _l("名单"), ENTRIES, Upload, "/listgrid", stage, take, …))

The pages stand in `app.kernel.grid.receive`. Nothing here commits; every use-case a room names
does its own check of hands and place.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import delete, select, true, update
from sqlalchemy.orm import joinedload

from app.kernel import audit, clock, files, jobs, uploads
from app.kernel.actor import CLOCK
from app.kernel.db import changed, db, only_looking
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, language
from app.kernel.jobs import Done, job
from app.kernel.legs import told
from app.kernel.scope import everyone
from app.kernel.sheets import hand_back, write_old_template, write_template
from app.kernel.sheets.spooled import spooled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.job_models import Job
    from app.kernel.sheets import Counts, Problem, Sheet
    from app.kernel.uploads import Arrived

WAITS = dt.timedelta(days=30)
"""How long a file that was read waits to be taken."""
MOST_ASIDE = 500
KINDS: list[FileKind] = []
"""Every kind of file that a room receives."""


@dataclass(frozen=True)
class FileKind:
    """What a room says of a kind of file.

    `code` names its jobs, `what` is the thing it is written to, `home` the address of its pages.
    `place` are plain JSON values that say where a file belongs; `stage` finds the place by them.
    """

    code: str
    what: Any
    sheet: Sheet | None
    """Its columns; None where others say what the file looks like: a bank, a standard."""
    model: type[Arrived]
    home: str
    stage: Callable[..., Any]
    """(path, file name, actor, **place) -> the upload; nothing else is written."""
    take: Callable[[Any, Actor, bool], Done]
    """(upload, actor, all or nothing) -> what was written, in a sentence, and where to look."""
    drop: Callable[[Any, Actor], None]
    earlier: Callable[[Any], Any]
    """The upload that already took the very same file for the same place, if there was one."""
    problems: Callable[[Path, Any], tuple[list[Problem], Counts]] | None
    preview: Callable[[Any], Any]
    """What taking it would do, as the kind's preview page shows it: mostly a `Preview`."""
    reach: Callable[[Actor], ColumnElement[bool]] = lambda _actor: true()
    """Which uploads an account may see, beyond its scope."""
    template: Sheet | None = None
    """What is filled in, where it is less than what is read."""
    errors: Callable[[Any], IO[bytes]] | None = None
    """What is wrong with it, where the file itself is not handed back with its cells marked."""
    staged: Any = None
    """The table in which its good rows wait, where they do."""
    emptied: dict[str, Any] = field(default_factory=dict)
    """What the upload itself holds of people, and holds no more once it is put aside."""

    @property
    def blank(self) -> Sheet | None:
        """What is handed out to be filled in, if anything is."""
        return self.template or self.sheet


def receive(kind: FileKind) -> FileKind:
    """Big files of this kind are read and taken in the background."""
    KINDS.append(kind)

    @job(f"stage_{kind.code}", _l("读取%(what)s", what=kind.what))
    def stage(progress: Any, *, sha256: str, file_name: str, **place: Any) -> Done:
        progress.step(0, 0, _("正在读取和核对每一行"))
        with files.kept(sha256) as path, uploads.watched(progress):
            staged = kind.stage(path, file_name, progress.actor, **place)
        read = _("读完%(n)s行，合格%(good)s行，不合格%(bad)s行", n=staged.row_count,
                 good=staged.accepted, bad=staged.rejected)  # fmt: skip
        return Done(read, preview_url(kind, staged))

    @job(f"take_{kind.code}", _l("写入%(what)s", what=kind.what))
    def take(progress: Any, *, upload_id: int, all_or_nothing: bool) -> Done:
        staged = find(kind, upload_id, progress.actor)
        if staged is None:
            raise Refused(_("这份上传已不存在"))
        progress.step(0, 0, _("正在写入"))
        with told(progress):
            return kind.take(staged, progress.actor, all_or_nothing)

    @job(f"mark_{kind.code}", _l("标注%(what)s中的错误", what=kind.what))
    def mark(progress: Any, *, upload_id: int, language: str = "zh_CN") -> Done:
        progress.step(0, 0, _("正在标注每一处错误"))
        with only_looking(), force_locale(language):
            staged = find(kind, upload_id, progress.actor)
            if staged is None:
                raise Refused(_("这份上传已不存在"))
            with errors_workbook(kind, staged) as made:
                files.put(made, _marked(kind, staged))
            return Done(_("错误说明已做好"), preview_url(kind, staged))

    return kind


def preview_url(kind: FileKind, upload: Arrived) -> str:
    return f"{kind.home}/uploads/{upload.id}"


def begin(kind: FileKind, stream: IO[bytes], file_name: str, actor: Actor, **place: Any
          ) -> Arrived | Job:  # fmt: skip
    """The file is kept and staged; a big one is left to the background, and the job comes back."""
    kept = files.keep(stream)
    if uploads.is_big(kept.size):
        title = _("读取%(what)s %(file)s", what=kind.what, file=file_name)
        return jobs.enqueue(f"stage_{kind.code}", actor=actor, title=title, sha256=kept.sha256,
                            file_name=file_name, **place)  # fmt: skip
    with files.lying(stream) as path:
        staged: Arrived = kind.stage(path, file_name, actor, **place)
    return staged


def finish(kind: FileKind, upload: Arrived, actor: Actor, all_or_nothing: bool) -> Done | Job:
    """The good rows are written; of many of them a job is made, which comes back instead."""
    if upload.accepted > current_app.config.get("JOB_ROWS", 20_000):
        title = _("写入%(what)s %(file)s", what=kind.what, file=upload.file_name)
        return jobs.enqueue(f"take_{kind.code}", actor=actor, title=title, upload_id=upload.id,
                            all_or_nothing=all_or_nothing)  # fmt: skip
    return kind.take(upload, actor, all_or_nothing)


def find(kind: FileKind, pk: int, actor: Actor) -> Any:
    """The upload, when it lies in the person's reach."""
    found = select(kind.model).where(kind.model.id == pk, kind.reach(actor))
    return db.session.scalar(found)


def recent(kind: FileKind, actor: Actor, limit: int = 8) -> Sequence[Any]:
    """The latest files of this kind in the person's reach, with their schools where they have."""
    model: Any = kind.model
    schools = [joinedload(model.school)] if hasattr(model, "school") else []
    found = select(model).where(kind.reach(actor)).options(*schools)
    return list(db.session.scalars(found.order_by(model.id.desc()).limit(limit)))


def template(kind: FileKind, old: bool = False) -> IO[bytes]:
    """The empty table, ready to be filled in; `old`: as .xls. Whoever sends it closes it."""
    sheet, write = kind.blank, write_old_template if old else write_template
    if sheet is None:
        raise Refused(_("这种文件不由我们填写，没有模板"))
    return spooled(lambda out: write(out, sheet))


def errors_workbook(kind: FileKind, upload: Arrived) -> IO[bytes]:
    """The person's own file, every refused cell marked with its reason.

    Judged by the rules of now; mended and uploaded, the very same file is read. Refused when the
    file is no longer kept. Whoever sends the workbook closes it.
    """
    if kind.errors:
        return kind.errors(upload)
    sheet = kind.sheet
    if sheet is None or kind.problems is None:
        raise TypeError(f"nobody says what is wrong with a file of the kind {kind.code}")
    with files.kept(upload.sha256) as path:
        problems, counts = kind.problems(path, upload)
        same = min(_unchanged(kind, upload), counts.taken)
        counts.taken, counts.unchanged = counts.taken - same, counts.unchanged + same
        return spooled(lambda out: hand_back(path, out, sheet, problems, counts))


def what_is_wrong(kind: FileKind, upload: Arrived) -> IO[bytes] | None:
    """The errors workbook; None of a big file that has still to be marked. Once marked, it is
    handed out until the next night."""
    if is_marked(kind, upload):
        return files.opened(_marked(kind, upload))
    if uploads.is_big(upload.size) and kind.problems is not None:
        return None
    return errors_workbook(kind, upload)


def mark(kind: FileKind, upload: Arrived, actor: Actor) -> Job:
    """The job that marks the file in the reader's language, the one that is at it already or a
    new one."""
    code = f"mark_{kind.code}"
    args: dict[str, Any] = {"upload_id": upload.id, "language": language()}
    title = _("标注%(what)s中的错误 %(file)s", what=kind.what, file=upload.file_name)
    return jobs.under_way(code, actor, args) or jobs.enqueue(code, actor=actor, title=title, **args)


def is_marked(kind: FileKind, upload: Arrived) -> bool:
    """The errors workbook of this big file is made in the reader's language, and waits to be
    fetched."""
    return _marked(kind, upload).exists()


def _marked(kind: FileKind, upload: Arrived) -> Path:
    """Where the errors workbook of a big file lies, once it is made: under its number and its
    hash, for numbers may begin again and files stay; one in each language."""
    name = f"errors-{kind.code}-{upload.id}-{upload.sha256}-{language()}.xlsx"
    return files.made() / name


def _unchanged(kind: FileKind, upload: Arrived) -> int:
    """How many good rows say what is so already, as the upload's page counts them."""
    if upload.state != "staged":
        return upload.unchanged
    same: int = kind.preview(upload).total("same")
    return same


def put_aside_forgotten() -> int:
    """Files that nobody has taken or dropped for so long are dropped by the clock, and the people
    in them wait in no table any more; how many. A fixed number of statements for each kind."""
    with everyone("到期的上传由时钟放弃"):
        return sum(map(_put_aside, KINDS))


def _put_aside(kind: FileKind) -> int:
    """Locked first: whoever takes such a file in this very moment finds its rows, or nothing."""
    model = kind.model
    over = select(model.id).where(model.state == "staged", model.at < clock.now() - WAITS)
    over = over.order_by(model.id).limit(MOST_ASIDE).with_for_update(of=model)
    ids = list(db.session.scalars(over))
    if not ids:
        return 0
    if kind.staged is not None:
        db.session.execute(delete(kind.staged).where(kind.staged.c.upload_id.in_(ids)))
    what = audit.who(CLOCK) | {"verb": "drop_upload", "subject": model.__tablename__,
                               "subject_id": model.id, "org_path": model.org_path,
                               "count": model.row_count}  # fmt: skip
    audit.record_each(what, model.id.in_(ids))
    values = {"state": "dropped"} | kind.emptied
    return changed(update(model).where(model.id.in_(ids)).values(values))
