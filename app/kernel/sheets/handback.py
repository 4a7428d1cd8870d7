"""The person's own file back: every row in its place, refused cells marked, the reasons beside."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, called, joined
from app.kernel.sheets.book import open_book
from app.kernel.sheets.choosing import choose
from app.kernel.sheets.coordinates import placed
from app.kernel.sheets.declare import OWN_TABS, REASONS, RESULT_TAB, Limit
from app.kernel.sheets.headers import spell
from app.kernel.sheets.looks import Looks, number_format, offer_words, print_ready, tab_name, width
from app.kernel.sheets.manner import Manner, manners_of
from app.kernel.sheets.wire import Wire, merge, style, workbook

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from app.kernel.sheets.book import Tab
    from app.kernel.sheets.choosing import Chosen
    from app.kernel.sheets.declare import Counts, Problem, Sheet

MOST_COMMENTS = 5_000
"""More of them make a workbook slow to open; the reasons stand in their column anyway."""

_WIDE = 60


def hand_back(
    source: str | os.PathLike[str],
    target: Any,
    sheet: Sheet,
    problems: Iterable[Problem],
    counts: Counts,
    limit: Limit | None = None,
    *,
    tab: str | None = None,
) -> None:
    """`target` (path or stream) holds the content of `source`, its refused cells coloured.

    First comes a sheet of counts, last in the table a column of reasons. Mended and uploaded, the
    very file reads like the first one: both additions are passed over. Rows keep their numbers.
    """
    bounds = limit or Limit()
    with open_book(Path(source), bounds) as given, workbook(target, streamed=True) as book:
        chosen = choose(given, sheet, tab)
        manners = manners_of(Path(source), bounds, chosen.tab.name, chosen.layout.bottom)
        writer = _Writer(book, sheet, chosen, _by_row(problems), manners)
        writer.result(counts)
        for each in [chosen.tab] if given.kind == "csv" else given.tabs:
            if each is chosen.tab:
                writer.table()
            elif each.name not in OWN_TABS:
                writer.copy(each)
        writer.words()


def _by_row(problems: Iterable[Problem]) -> dict[int, list[tuple[int, Problem]]]:
    """Row number -> (column, problem), left to right."""
    found = sorted(((*placed(p.coordinate), p) for p in problems), key=lambda item: item[:2])
    return {
        row: [(column, problem) for _row, column, problem in items]
        for row, items in groupby(found, key=lambda item: item[0])
    }


class _Writer:
    def __init__(
        self,
        book: Any,
        sheet: Sheet,
        chosen: Chosen,
        marks: dict[int, list[tuple[int, Problem]]],
        manners: dict[str, Manner],
    ) -> None:
        self._book, self._sheet, self._chosen, self._marks = book, sheet, chosen, marks
        self._looks, self._manners = Looks(book), manners
        self._manner = manners.get(chosen.tab.name, Manner())
        self._banners = {area[0] + 1 for area in self._manner.merged}
        self._comments = 0
        layout = chosen.layout
        self._at = {layout.positions[c.key]: c for c in sheet.columns if c.key in layout.positions}
        self._reasons_at = next(
            (at for at, title in layout.titles.items() if spell(title) == REASONS), layout.width
        )
        self._plain, self._refused = self._styles(refused=False), self._styles(refused=True)
        self._dates = {
            **{look: style(self._looks.cell("yyyy-mm-dd")) for look in self._plain},
            **{look: style(self._looks.cell("yyyy-mm-dd", refused=True)) for look in self._refused},
        }
        self._table: Any = None
        self._names: set[str] = set()

    def _styles(self, *, refused: bool) -> list[str]:
        formats = [self._format_at(at) for at in range(self._reasons_at)]
        return [style(self._looks.cell(code, refused=refused)) for code in formats]

    def _page(self, name: str) -> Any:
        """A new worksheet; no two of a workbook may have one name."""
        wanted = tab_name(name)
        while wanted.lower() in self._names:
            wanted = f"{wanted[:26]} {len(self._names) + 1}"
        self._names.add(wanted.lower())
        return self._book.add_worksheet(wanted)

    def result(self, counts: Counts) -> None:
        """The first sheet: what became of the rows, and that the figures add up."""
        page = self._page(RESULT_TAB)
        page.set_column(0, 0, 30)
        page.set_column(1, 1, 14)
        page.write_string(0, 0, str(self._sheet.title), self._looks.title)
        for row, (label, number) in enumerate(_told(counts), 2):
            page.write_string(row, 0, label)
            page.write_number(row, 1, number)
        for row, line in enumerate(_advice(), 11):
            page.write_string(row, 0, line)

    def table(self) -> None:
        """The sheet that was read, row by row as it was."""
        layout, tab = self._chosen.layout, self._chosen.tab
        table = self._table = self._page(tab.name or str(self._sheet.title))
        for at in range(self._reasons_at):
            column = self._at.get(at)
            wide = self._manner.widths.get(at) or (width(column) if column else None)
            look = number_format(column) if column else self._format_at(at)
            table.set_column(at, at, wide, self._looks.cell(look))
        table.set_column(self._reasons_at, self._reasons_at, _WIDE)
        self._merge(table, self._manner, layout.bottom)
        print_ready(table, layout.bottom - 1, self._sheet.title)
        wire = Wire(table, 0, self._dates)
        looks = [*self._plain, style(self._looks.reason)]
        heading = [style(self._looks.heading)] * len(looks)
        for number, cells in tab.rows():
            wire.skip_to(number)
            if number <= layout.bottom:
                self._above(wire, number, cells, heading)
            elif number in self._marks:
                self._refuse(wire, number, cells)
            else:
                wire.line(self._cut(cells), looks)
        wire.close(len(looks))

    def _format_at(self, at: int) -> str:
        """The person's own where we need none. Never one for dates: under it a plain number would
        come back as a date."""
        column = self._at.get(at)
        ours = number_format(column) if column and column.code != "day" else "General"
        return ours if ours == "@" else self._manner.formats.get(at, ours)

    def _merge(self, page: Any, manner: Manner, bottom: int | None = None) -> None:
        """Titles stay merged. Below the heading every cell is one of its own again: merged ones
        were read as blank, and must be filled in."""
        for area in manner.merged:
            if bottom is None or area[2] < bottom:
                merge(page, area)

    def _cut(self, cells: Sequence[Any]) -> list[Any]:
        """The cells that were the person's own: no reasons of an earlier time."""
        return list(cells[: self._reasons_at])

    def _above(self, wire: Wire, number: int, cells: Sequence[Any], heading: list[str]) -> None:
        layout = self._chosen.layout
        if number < layout.top:
            look = style(self._looks.banner) if number in self._banners else ""
            wire.line(self._cut(cells), [look] * self._reasons_at)
            return
        line = self._cut(cells)
        if number == layout.bottom:
            line += [""] * (self._reasons_at - len(line)) + [REASONS]
        wire.line(line, heading)

    def _refuse(self, wire: Wire, number: int, cells: Sequence[Any]) -> None:
        found = self._marks[number]
        bad = {at for at, problem in found if problem.key} or {at for at, _problem in found}
        looks = [self._refused[at] if at in bad else look for at, look in enumerate(self._plain)]
        line = self._cut(cells)
        line += [""] * (self._reasons_at - len(line)) + [_reasons(found)]
        wire.line(line, [*looks, style(self._looks.reason)])
        for at, problem in found:
            self._comment(number, at, problem)

    def _comment(self, number: int, at: int, problem: Problem) -> None:
        if self._comments < MOST_COMMENTS:
            self._comments += 1
            self._table.write_comment(number - 1, at, problem.sentence, {"x_scale": 1.5})

    def copy(self, tab: Tab) -> None:
        """Another sheet of the workbook: its cells as they are."""
        page = self._page(tab.name)
        if tab.hidden:
            page.hide()
        manner = self._manners.get(tab.name, Manner())
        for at, wide in manner.widths.items():
            page.set_column(at, at, wide)
        self._merge(page, manner)
        day = style(self._looks.cell("yyyy-mm-dd"))
        wire, widest = Wire(page, 0, {"": day}), 0
        for number, cells in tab.rows():
            wire.skip_to(number)
            wire.line(cells, [""] * len(cells))
            widest = max(widest, len(cells))
        wire.close(widest)

    def words(self) -> None:
        choices = {at: column.words for at, column in self._at.items() if column.words}
        first = self._chosen.layout.bottom
        last = first + max(2_000, self._chosen.tab.height or 0)
        offer_words(self._book, self._table, choices, first, last)


def _reasons(found: list[tuple[int, Problem]]) -> str:
    """Every reason of the row in one cell, each with the heading it belongs to."""
    return joined(called(p.column, p.sentence) if p.column else p.sentence for _at, p in found)


def _told(counts: Counts) -> list[tuple[str, int]]:
    return [
        (_("文件共有行数"), counts.rows),
        (_("接收"), counts.taken),
        (_("没有变化"), counts.unchanged),
        (_("退回修改"), counts.refused),
        (_("空行"), counts.blank),
        (_("重复的表头、合计"), counts.other),
    ]


def _advice() -> list[str]:
    return [
        _("以上各项相加等于文件共有行数。"),
        _("退回的行在“错误原因”一列写明了原因，有错的格已标红并加了批注。"),
        _("改好后请直接上传本文件：“错误原因”一列和本页不会被读取。"),
    ]
