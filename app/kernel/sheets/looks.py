"""How a sheet looks: formats, widths, drop-downs, frozen heading, A4 landscape."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _
from app.kernel.sheets.coordinates import letters
from app.kernel.sheets.declare import WORDS_TAB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.kernel.sheets.declare import Column

PREPARED = 5_000
"""Rows for which a template's drop-downs are laid out; the text format is for whole columns."""

_MOST_LITERAL = 255
_A4 = 9
_NO_TAB_NAME = re.compile(r"[\[\]:*?/\\']")


def tab_name(title: object, fallback: str = "Sheet1") -> str:
    """The title as Excel allows it for the name of a sheet."""
    return _NO_TAB_NAME.sub(" ", str(title)).strip()[:31] or fallback


class Looks:
    """The formats of one workbook, each made when it is first wanted."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}

    @cached_property
    def title(self) -> Any:
        return self._book.add_format({"bold": True, "font_size": 14})

    @cached_property
    def banner(self) -> Any:
        return self._book.add_format(
            {"bold": True, "font_size": 14, "align": "center", "valign": "vcenter"}
        )

    @cached_property
    def heading(self) -> Any:
        return self._book.add_format(
            {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True,
             "align": "center", "valign": "vcenter"}
        )  # fmt: skip

    @cached_property
    def needed(self) -> Any:
        return self._book.add_format(
            {"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True,
             "align": "center", "valign": "vcenter"}
        )  # fmt: skip

    @cached_property
    def wrapped(self) -> Any:
        return self._book.add_format({"text_wrap": True, "valign": "top", "border": 1})

    @cached_property
    def reason(self) -> Any:
        return self._book.add_format({"font_color": "#C00000"})

    def cell(self, number_format: str, *, refused: bool = False) -> Any:
        """The format of plain cells, or of refused ones."""
        key = (number_format, refused)
        if key not in self._made:
            colours = {"bg_color": "#FFC7CE", "font_color": "#9C0006"} if refused else {}
            self._made[key] = self._book.add_format({"num_format": number_format, **colours})
        return self._made[key]

    def foot(self, number_format: str) -> Any:
        return self._book.add_format({"bold": True, "top": 1, "num_format": number_format})


def number_format(column: Column) -> str:
    return column.rule.sheet_format if column.rule else "General"


def width(column: Column) -> int:
    """In characters; a Chinese one is two wide."""
    header = sum(2 if ord(c) > 255 else 1 for c in str(column.header)) + 3
    return max(header, column.rule.width if column.rule else 12)


def print_ready(sheet: Any, heading_row: int, title: object) -> None:
    """A4 landscape, as wide as one page, the heading on every page and in sight on the screen."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.repeat_rows(heading_row)
    sheet.freeze_panes(heading_row + 1, 0)
    plain = str(title).replace("&", "&&")
    if plain:
        sheet.set_header(f"&C{plain}"[:255])
    sheet.set_footer("&C" + _("第 &P 页，共 &N 页"))


def offer_words(
    book: Any, sheet: Any, choices: Mapping[int, Sequence[str]], first: int, last: int
) -> None:
    """Drop-downs in these columns (index -> words), rows `first` to `last` from 0."""
    long: list[tuple[int, Sequence[str]]] = []
    for at, words in choices.items():
        if len(",".join(words)) <= _MOST_LITERAL and not any("," in word for word in words):
            _validate(sheet, (first, last, at), list(words))
        else:
            long.append((at, words))
    if not long:
        return
    store = book.add_worksheet(WORDS_TAB)
    store.hide()
    for row, line in enumerate(zip_longest(*(words for _at, words in long))):
        for column, word in enumerate(line):
            store.write_string(row, column, word or "")
    for column, (at, words) in enumerate(long):
        name = letters(column)
        source = f"='{WORDS_TAB}'!${name}$1:${name}${len(words)}"
        _validate(sheet, (first, last, at), source)


def _validate(sheet: Any, place: tuple[int, int, int], source: list[str] | str) -> None:
    first, last, at = place
    options = {
        "validate": "list",
        "source": source,
        "error_title": _("不在选项内"),
        "error_message": _("请从下拉框中选择"),
        # A warning, not a wall: other words may be known to the reader as well.
        "error_type": "warning",
    }
    sheet.data_validation(first, at, last, at, options)
