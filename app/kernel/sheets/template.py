"""The empty file that people fill in: a guide, a heading, cells that keep what is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, joined, listed
from app.kernel.sheets.declare import GUIDE_TAB
from app.kernel.sheets.looks import (
    PREPARED,
    Looks,
    number_format,
    offer_words,
    print_ready,
    tab_name,
    width,
)
from app.kernel.sheets.wire import workbook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kernel.sheets.declare import Column, Sheet

GUIDE_WIDTHS = (18, 10, 60, 24)


def write_template(target: Any, sheet: Sheet, rows: int = PREPARED) -> None:
    """A workbook at `target` (path or stream) that `read` takes once `rows` are filled in."""
    with workbook(target, streamed=False) as book:
        looks = Looks(book)
        guide = book.add_worksheet(GUIDE_TAB)
        _write_guide(guide, sheet, looks)
        table = book.add_worksheet(tab_name(sheet.title))
        _write_table(table, sheet, looks)
        choices = {at: c.words for at, c in enumerate(sheet.columns) if c.words}
        offer_words(book, table, choices, 1, rows)
        table.activate()


def _write_table(table: Any, sheet: Sheet, looks: Looks) -> None:
    table.set_row(0, 32)
    for at, column in enumerate(sheet.columns):
        header = str(column.header)
        table.write_string(0, at, header, looks.needed if column.required else looks.heading)
        table.set_column(at, at, width(column), looks.cell(number_format(column)))
        if column.required:
            table.write_comment(0, at, _comment(column), {"x_scale": 1.6})
    print_ready(table, 0, sheet.title)


def _comment(column: Column) -> str:
    lines = [_("必填"), advice(column)]
    if column.example is not None:
        lines.append(_("例：%(example)s", example=column.example))
    return "\n".join(line for line in lines if line)


def advice(column: Column) -> str:
    """What the column means and how it is written, in one line."""
    parts = [str(column.note), str(column.rule.hint) if column.rule else ""]
    if column.words:
        parts.append(_("只能填写：%(words)s", words=listed(column.words)))
    if column.rule and column.rule.text_only and not any(_("文本") in part for part in parts):
        parts.append(_("单元格须为“文本”格式"))
    return joined(dict.fromkeys(part for part in parts if part))


def _write_guide(guide: Any, sheet: Sheet, looks: Looks) -> None:
    guide.write_string(0, 0, str(sheet.title), looks.title)
    table = guide_table(sheet)
    for at, wide in enumerate(GUIDE_WIDTHS):
        guide.set_column(at, at, wide)
    for row, line in enumerate(table, 2):
        for at, text in enumerate(line):
            guide.write_string(row, at, text, looks.wrapped if row > 2 else looks.heading)
    for row, text in enumerate(_closing(sheet), len(table) + 3):
        guide.write_string(row, 0, text)
    print_ready(guide, 2, sheet.title)


def guide_table(sheet: Sheet) -> list[tuple[str, str, str, str]]:
    """Of every column its name, whether it is needed, how it is filled in, and an example."""
    return [
        (_("列名"), _("是否必填"), _("怎么填"), _("示例")),
        *(
            (str(column.header), _("必填") if column.required else _("选填"), advice(column),
             "" if column.example is None else str(column.example))
            for column in sheet.columns
        ),
    ]  # fmt: skip


def guide_lines(sheet: Sheet) -> list[Sequence[str]]:
    """The whole guide, line by line."""
    closing = [(line,) for line in _closing(sheet)]
    return [(str(sheet.title),), (), *guide_table(sheet), (), *closing]


def _closing(sheet: Sheet) -> list[str]:
    lines = [
        *(str(note) for note in sheet.notes),
        _("列的顺序可以调整，不用的选填列可以删去；表头的名称请不要改。"),
        _("证件号、卡号等长号码所在的列已设为“文本”格式；从别处粘贴时请选“只粘贴文本/值”。"),
        _("不需要合计行；有错的行会连同原因退回，改好后上传退回的文件即可。"),
    ]
    return [f"{n}. {line}" for n, line in enumerate(lines, 1)]
