"""The list as a file: what the person sees, every page of it, and a line on the trail."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

from flask import Response, send_file

from app.kernel import audit, clock
from app.kernel.grid.cells import for_sheet, ruled
from app.kernel.i18n import _
from app.kernel.sheets import Column, Meta, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.kernel.actor import Actor
    from app.kernel.grid.asked import Asked

MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def export(grid: Any, asked: Asked, actor: Actor, kind: str, names: Sequence[str]) -> Response:
    """The file of all rows the person's list holds, in these columns; the trail knows who took
    how many."""
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it when it is sent)
    count = write(out, grid, asked, actor, kind, names, rows_of(grid, asked))
    audit.record_apart("export", actor=actor, **traced(grid, asked, kind, count))
    sent = handed_out(out, kind, file_name(grid, kind, count))
    sent.headers["X-Row-Count"] = str(count)
    return sent


def handed_out(out: Any, kind: str, name: str) -> Response:
    """The file goes to the person, from its start, and is closed when it has gone."""
    out.seek(0)
    return send_file(out, MIMES[kind], as_attachment=True, download_name=name)


def file_name(grid: Any, kind: str, count: int) -> str:
    return f"{grid.title}_{clock.now():%Y%m%d_%H%M}_{count}{_('行')}.{kind}"


def traced(grid: Any, asked: Asked, kind: str, count: int) -> dict[str, Any]:
    """What the trail says of an export."""
    return {"subject": grid.model.__tablename__, "count": count,
            "filter_text": asked.words(grid.label_columns), "note": kind}  # fmt: skip


def rows_of(grid: Any, asked: Asked) -> Iterator[Any]:
    """Rows passing by, in the order of the list."""
    return iter(grid.datamodel.stream(asked.where(grid.label_columns), grid.ordering(asked)))


def write(out: BinaryIO, grid: Any, asked: Asked, actor: Actor, kind: str, names: Sequence[str],
          rows: Iterable[Any]) -> int:  # fmt: skip
    """The rows are in the file, in these columns, with what was asked for above them; how many."""
    columns = [Column(c, grid.label_columns[c], ruled(grid, c)) for c in names]
    makers = [for_sheet(grid, c) for c in names]
    cells = ([make(row) for make in makers] for row in rows)
    if kind == "csv":
        return write_csv(out, columns, cells)
    return write_xlsx(out, columns, cells, _about(grid, actor, asked.words(grid.label_columns)))


def _about(grid: Any, actor: Actor, words: str) -> Meta:
    who, when = f"{actor.name}({actor.username})", f"{clock.now():%Y-%m-%d %H:%M}"
    lines = [
        _("导出人：%(who)s  时间：%(when)s", who=who, when=when),
        _("查找条件：%(words)s", words=words or _("全部")),
    ]
    return Meta(str(grid.title), lines)
