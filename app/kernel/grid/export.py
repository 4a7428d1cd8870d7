"""The list as a file: what the person sees, every page of it, and a line on the trail."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

import xlsxwriter
from flask import Response, send_file

from app.kernel import audit, clock
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.grid.cells import for_sheet, kind_of
from app.kernel.i18n import _
from app.kernel.types import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.kernel.actor import Actor
    from app.kernel.grid.asked import Asked

MOST = 200_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Counted:
    """Rows passing by, counted; more than a file may hold is refused."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows, self.n = rows, 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.n += 1
            if self.n > MOST:
                raise Refused(_("超过 %(n)s 行,请缩小查找范围后分次导出", n=f"{MOST:,}"))
            yield row


def export(grid: Any, asked: Asked, actor: Actor, kind: str) -> Response:
    """The file of all rows the person's list holds; the trail knows who took how many."""
    rows = Counted(_cells(grid, asked))
    words = asked.words(grid.label_columns)
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it when it is sent)
    heads = [str(grid.label_columns[c]) for c in grid.list_columns]
    WRITERS[kind](out, heads, rows, _about(actor, words), formats(grid))
    db.session.rollback()
    with writing():
        audit.record("export", actor=actor, subject=grid.model.__tablename__, count=rows.n,
                     filter_text=words, note=kind)  # fmt: skip
        db.session.commit()
    out.seek(0)
    name = f"{grid.title}_{clock.now():%Y%m%d_%H%M}_{rows.n}{_('行')}.{kind}"
    sent = send_file(out, MIMES[kind], as_attachment=True, download_name=name)
    sent.headers["X-Row-Count"] = str(rows.n)
    return sent


def _cells(grid: Any, asked: Asked) -> Iterator[list[Any]]:
    makers: list[Callable[[Any], Any]] = [for_sheet(grid, c) for c in grid.list_columns]
    where = asked.where(grid.label_columns)
    for row in grid.datamodel.stream(where, grid.ordering(asked), MOST + 1):
        yield [make(row) for make in makers]


def _about(actor: Actor, words: str) -> list[tuple[str, str]]:
    return [
        (_("导出时间"), f"{clock.now():%Y-%m-%d %H:%M}"),
        (_("导出人"), f"{actor.name}({actor.username})"),
        (_("查找条件"), words or _("全部")),
    ]


def formats(grid: Any) -> list[str]:
    kinds = [kind_of(grid.model, c) for c in grid.list_columns]
    return [k.sheet_format if isinstance(k, Rule) else "General" for k in kinds]


def write_xlsx(out: BinaryIO, heads: list[str], rows: Counted, about: list[tuple[str, str]],
               formats: list[str]) -> None:  # fmt: skip
    """A sheet of the rows and one that says whose they are and how many. No cell is a formula."""
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False,
                                     "strings_to_urls": False})  # fmt: skip
    sheet = book.add_worksheet(_("数据"))
    bold = book.add_format({"bold": True})
    styles = [book.add_format({"num_format": f}) if f != "General" else None for f in formats]
    sheet.freeze_panes(1, 0)
    for col, head in enumerate(heads):
        sheet.write_string(0, col, head, bold)
    for n, row in enumerate(rows, start=1):
        for col, value in enumerate(row):
            _put(sheet, n, col, value, styles[col])
    notes = book.add_worksheet(_("说明"))
    for n, (what, said) in enumerate([*about, (_("行数"), str(rows.n))]):
        notes.write_string(n, 0, what, bold)
        notes.write_string(n, 1, said)
    book.close()


def _put(sheet: Any, n: int, col: int, value: Any, style: Any) -> None:
    if isinstance(value, int | float):
        sheet.write_number(n, col, value, style)
    else:
        sheet.write_string(n, col, str(value), style)


def write_csv(out: BinaryIO, heads: list[str], rows: Counted, _about: Any, _formats: Any) -> None:
    """UTF-8 with its mark, as spreadsheet programs want it; the file name holds the count."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([harmless(v) for v in row] for row in rows)
    text.detach()


def harmless(value: Any) -> Any:
    """Text that a spreadsheet program would run as a formula is quoted into plain text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


WRITERS: dict[str, Callable[..., None]] = {"xlsx": write_xlsx, "csv": write_csv}
MIMES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
