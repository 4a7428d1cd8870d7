"""The list as a file: what the person sees, every page of it, and a line on the trail."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

from flask import Response, send_file

from app.kernel import audit, clock
from app.kernel.errors import Refused
from app.kernel.grid.cells import for_sheet, ruled
from app.kernel.i18n import _
from app.kernel.sheets import Column, Meta, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.kernel.actor import Actor
    from app.kernel.grid.asked import Asked

MOST = 200_000
MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def export(grid: Any, asked: Asked, actor: Actor, kind: str, names: Sequence[str]) -> Response:
    """The file of all rows the person's list holds, in these columns; the trail knows who took
    how many."""
    words = asked.words(grid.label_columns)
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it when it is sent)
    count = _write(out, kind, grid, names, _rows(grid, asked, names), _about(grid, actor, words))
    audit.record_apart("export", actor=actor, subject=grid.model.__tablename__, count=count,
                       filter_text=words, note=kind)  # fmt: skip
    out.seek(0)
    name = f"{grid.title}_{clock.now():%Y%m%d_%H%M}_{count}{_('行')}.{kind}"
    sent = send_file(out, MIMES[kind], as_attachment=True, download_name=name)
    sent.headers["X-Row-Count"] = str(count)
    return sent


def _write(out: BinaryIO, kind: str, grid: Any, names: Sequence[str], rows: Iterator[Any],
           about: Meta) -> int:  # fmt: skip
    columns = [Column(c, grid.label_columns[c], ruled(grid, c)) for c in names]
    if kind == "csv":
        return write_csv(out, columns, rows)
    return write_xlsx(out, columns, rows, about)


def _rows(grid: Any, asked: Asked, names: Sequence[str]) -> Iterator[list[Any]]:
    """Rows passing by, in the order of the list; more than a file may hold is refused."""
    makers: list[Callable[[Any], Any]] = [for_sheet(grid, c) for c in names]
    where = asked.where(grid.label_columns)
    for n, row in enumerate(grid.datamodel.stream(where, grid.ordering(asked), MOST + 1), 1):
        if n > MOST:
            raise Refused(_("超过 %(n)s 行，请缩小查找范围后分次导出", n=f"{MOST:,}"))
        yield [make(row) for make in makers]


def _about(grid: Any, actor: Actor, words: str) -> Meta:
    who, when = f"{actor.name}({actor.username})", f"{clock.now():%Y-%m-%d %H:%M}"
    lines = [
        _("导出人：%(who)s  时间：%(when)s", who=who, when=when),
        _("查找条件：%(words)s", words=words or _("全部")),
    ]
    return Meta(str(grid.title), lines)
