"""A list too long for one answer: written in the background, fetched within a day by whoever
asked, and by nobody else.

The file is the one that a direct export gives. What was searched for may be a number of somebody,
so it lies sealed in the job's row, and beside it an index by which a second press finds the first.
"""

from __future__ import annotations

import secrets
import tempfile
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from flask import current_app
from werkzeug.datastructures import MultiDict

from app.kernel import audit, clock, crypto, files, jobs
from app.kernel.db import only_looking
from app.kernel.grid.asked import Asked, asked_of
from app.kernel.grid.export import file_name, rows_of, traced, write
from app.kernel.i18n import _, _l, language
from app.kernel.job_models import DONE
from app.kernel.jobs import Done, job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.kernel.actor import Actor
    from app.kernel.job_models import Job
    from app.kernel.pulse import Progress

DIRECT = 50_000
"""Rows up to which a person waits for the answer: about four seconds."""
KIND, PURPOSE = "export", "export query"


def is_big(grid: Any, asked: Asked) -> bool:
    """More rows than a person waits for."""
    where = asked.where(grid.label_columns)
    return bool(grid.datamodel.counted(where, current_app.config.get("EXPORT_ROWS", DIRECT))[1])


def later(grid: Any, asked: list[tuple[str, str]], actor: Actor, kind: str, names: Sequence[str]
          ) -> Job:  # fmt: skip
    """The job that writes the file: the one that is at it already, or a new one."""
    query = urlencode(asked)
    same: dict[str, Any] = {"grid": type(grid).__name__, "form": kind, "names": list(names),
            "language": language(), "mark": crypto.blind(query, PURPOSE).hex()}  # fmt: skip
    return jobs.under_way(KIND, actor, same) or jobs.enqueue(
        KIND, actor=actor, title=_("导出%(what)s", what=grid.title), **same,
        query=crypto.seal(query, PURPOSE).hex(), token=secrets.token_hex(8),
    )  # fmt: skip


@job(KIND, _l("导出列表"))
def run(progress: Progress, *, grid: str, form: str, names: list[str], query: str, token: str,
        **_more: Any) -> Done:  # fmt: skip
    """The file lies ready, and the trail knows how many rows are in it."""
    view = next(v for v in current_app.appbuilder.baseviews if type(v).__name__ == grid)  # type: ignore[attr-defined]
    text = crypto.open_(bytes.fromhex(query), PURPOSE)
    asked = asked_of(view, MultiDict(parse_qsl(text, keep_blank_values=True)))
    progress.step(0, 0, _("正在写入文件"))
    with only_looking(), tempfile.TemporaryFile(dir=files.store()) as out:
        rows = _told(view, asked, progress)
        count = write(out, view, asked, progress.actor, form, names, rows)
        out.seek(0)
        files.put(out, _lies(token))
    audit.record("export", actor=progress.actor, **traced(view, asked, form, count))
    told = _("已导出%(n)s行，请在一天内下载", n=f"{count:,}")
    result = {"count": count, "name": file_name(view, form, count)}
    return Done(told, f"{view.route_base}/exported/{progress.job_id}", result)


def _told(view: Any, asked: Asked, progress: Progress) -> Iterator[Any]:
    """The rows, each of them told; none follows when the job is called off."""
    total = view.datamodel.exactly(asked.where(view.label_columns))
    for n, row in enumerate(rows_of(view, asked), 1):
        yield row
        progress.step(n, max(n, total))


def find(grid: Any, pk: int, actor: Actor) -> Job | None:
    """The finished export of this list, if `actor` is who asked for it and still sits there."""
    found = jobs.find(pk, actor)
    if found is None or (found.kind, found.state) != (KIND, DONE):
        return None
    if found.org_path != actor.org_path:
        return None
    return found if found.args["grid"] == type(grid).__name__ else None


def file_of(made: Job) -> Path | None:
    """Where the file lies, sealed; None when its day is over."""
    path, now = _lies(made.args["token"]), clock.now().timestamp()
    return path if path.exists() and now - path.stat().st_mtime < files.DAY else None


def _lies(token: str) -> Path:
    return files.made() / f"export-{token}"
