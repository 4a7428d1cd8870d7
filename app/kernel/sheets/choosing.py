"""Which sheet of a workbook is meant: the one with the heading; never two, never by guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.kernel.errors import Refused
from app.kernel.i18n import _, listed
from app.kernel.sheets import headers
from app.kernel.sheets.declare import OWN_TABS
from app.kernel.sheets.headers import Layout, Vocabulary

if TYPE_CHECKING:
    from app.kernel.sheets.book import Book, Tab
    from app.kernel.sheets.declare import Column, Sheet

MOST_NAMED = 10
"""Of a table of many other columns the first are enough to know it by."""


class WrongColumns(Refused):
    """No heading, or required columns are not in it. The page offers the template.

    `missing` are the columns looked for and not found.
    """

    def __init__(self, sentence: str, missing: list[Column]) -> None:
        super().__init__(sentence)
        self.missing = missing


class Chosen(NamedTuple):
    """The sheet that is read, where its columns are, and what a person should know of the rest."""

    tab: Tab
    layout: Layout
    notes: list[str]


def choose(book: Book, sheet: Sheet, wanted: str | None) -> Chosen:
    """The one sheet that carries the heading; Refused when none or several do."""
    words = Vocabulary(sheet)
    seen = [tab for tab in book.tabs if not tab.hidden and wanted in (None, tab.name)]
    found = [(tab, layout) for tab in seen if (layout := headers.find(tab.rows(), words))]
    if not found:
        raise _no_heading(sheet, [tab.name for tab in book.tabs if tab.hidden])
    tab, layout = _best(found, sheet, separated=book.kind == "csv")
    _refuse_gaps(layout, sheet)
    return Chosen(tab, layout, [] if book.kind == "csv" else _notes(book.tabs, tab))


def _best(found: list[tuple[Tab, Layout]], sheet: Sheet, *, separated: bool) -> tuple[Tab, Layout]:
    """The fullest heading. Two full ones with rows below would leave one sheet's rows unread."""
    ranked = sorted(found, key=lambda pair: -len(pair[1].positions))
    full = [pair for pair in ranked if not pair[1].lacks(sheet)]
    if separated or len(full) < 2:
        return (full or ranked)[0]
    filled = [pair for pair in full if _has_rows(*pair)]
    if len(filled) > 1:
        names = listed([tab.name for tab, _layout in filled])
        raise Refused(
            _(
                "有几张工作表都有表头和内容：%(names)s。请合并为一张，或删去不用的再上传",
                names=names,
            )
        )
    return (filled or full)[0]


def _has_rows(tab: Tab, layout: Layout) -> bool:
    columns = layout.positions.values()
    return any(
        number > layout.bottom and any(at < len(cells) and cells[at] != "" for at in columns)
        for number, cells in tab.rows()
    )


def _refuse_gaps(layout: Layout, sheet: Sheet) -> None:
    if layout.twice:
        names = listed(sorted({title for titles in layout.twice.values() for title in titles}))
        raise Refused(_("有几列是同一个意思：%(names)s。请只保留一列", names=names))
    if lacking := layout.lacks(sheet):
        names = listed([column.header for column in lacking])
        told = _("缺少必填的列：%(names)s。请对照模板补上后再上传", names=names)
        if strange := layout.unknown()[:MOST_NAMED]:
            told += _("；") + _(
                "表中这些列不认识：%(names)s，其中若有要填的列，请把列名改成模板上的",
                names=listed(strange),
            )
        raise WrongColumns(told, lacking)


def _no_heading(sheet: Sheet, hidden: list[str]) -> WrongColumns:
    needed = [column for column in sheet.columns if column.required] or list(sheet.columns)
    names = listed([column.header for column in needed])
    told = _(
        "没有找到表头。表头应有这些列：%(names)s。请下载模板，把内容粘贴进去再上传", names=names
    )
    if hidden:
        told += _("；") + _("隐藏的工作表没有读取：%(names)s", names=listed(hidden))
    return WrongColumns(told, needed)


def _notes(tabs: list[Tab], chosen: Tab) -> list[str]:
    left = [tab for tab in tabs if tab is not chosen and tab.name not in OWN_TABS]
    hidden = [tab.name for tab in left if tab.hidden]
    others = [tab.name for tab in left if not tab.hidden]
    notes = []
    if hidden:
        notes.append(_("隐藏的工作表没有读取：%(names)s", names=listed(hidden)))
    if others:
        notes.append(
            _(
                "只读取了工作表“%(name)s”，没有读取：%(names)s",
                name=chosen.name,
                names=listed(others),
            )
        )
    return notes
