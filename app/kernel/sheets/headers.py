"""Finding the heading and matching its words to the declared columns, by name, in any order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import in_every_language
from app.kernel.sheets.declare import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.kernel.sheets.declare import Column, Sheet

SEARCHED = 40
"""A heading stands in one of the first rows; titles and notes above it are not that long."""

_NOISE = re.compile(r"[\s*※:'`\u200b-\u200f\u2060\ufeff\u00ad]+")
_TAIL = re.compile(r"(.+?)[(\[【〔<]([^()\[\]【】〔〕<>]*)[)\]】〕>]")
_SCALES = frozenset({"万元", "千元", "百元", "角", "分", "万", "千", "百", "百万元", "亿元"})
_UNREAD = "".join(REASONS.split())


def spell(text: object) -> str:
    """The heading without what people add to it: width, spaces, line breaks, stars."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text))).casefold()


def bare(spelled: str) -> str:
    """Without a remark in brackets at the end; a unit of another size is no mere remark."""
    found = _TAIL.fullmatch(spelled)
    if not found or found[2] in _SCALES:
        return spelled
    return found[1]


@dataclass
class Layout:
    """Where the columns of one file are. `positions`: column key -> index from 0.

    `top` and `bottom` are the rows of the heading, one number unless it is two rows high.
    """

    top: int
    bottom: int
    positions: dict[str, int]
    titles: dict[int, str]
    twice: dict[str, list[str]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return max(self.titles, default=-1) + 1

    def unknown(self) -> list[str]:
        """Headings that no declared column answers to."""
        known = set(self.positions.values())
        return [
            title
            for at, title in self.titles.items()
            if at not in known and spell(title) != _UNREAD
        ]

    def missing(self, sheet: Sheet) -> list[Column]:
        return [column for column in sheet.columns if column.key not in self.positions]

    def lacks(self, sheet: Sheet) -> list[Column]:
        """The required columns among the missing."""
        return [column for column in self.missing(sheet) if column.required]


class Vocabulary:
    """Every spelling under which the columns of a sheet are known, best names first."""

    def __init__(self, sheet: Sheet) -> None:
        self.ranks: list[dict[str, str]] = [{}, {}, {}]
        for column in sheet.columns:
            for word in in_every_language(column.header):
                self.ranks[0].setdefault(spell(word), column.key)
            for word in column.synonyms:
                self.ranks[1].setdefault(spell(word), column.key)
        self._shorten(sheet.columns)
        self.least = min(2, len(sheet.columns))

    def _shorten(self, columns: Iterable[Column]) -> None:
        """A name without its brackets serves too, unless two columns would answer to it."""
        meant: dict[str, set[str]] = {}
        for column in columns:
            for word in (*in_every_language(column.header), *column.synonyms):
                meant.setdefault(bare(spell(word)), set()).add(column.key)
        self.ranks[2] = {word: keys.pop() for word, keys in meant.items() if len(keys) == 1}

    def rank(self, title: str) -> tuple[int, str] | None:
        """How well the title is known (0 is best) and the key of the column it means."""
        word = spell(title)
        for rank, names in enumerate(self.ranks):
            if key := names.get(word if rank < 2 else bare(word)):
                return rank, key
        return None

    def knows(self, title: str) -> bool:
        return self.rank(title) is not None or spell(title) == _UNREAD


def find(rows: Iterator[tuple[int, Sequence[Any]]], words: Vocabulary) -> Layout | None:
    """The row (or pair of rows) among the first that reads most like the heading, or None."""
    first = _first_rows(rows)
    best, found = words.least - 1, None
    for at, (number, cells) in enumerate(first):
        upper = _titles(cells)
        below_number, below = first[at + 1] if at + 1 < len(first) else (number, ())
        for bottom, titles in ((number, upper), (below_number, _joined(upper, below, words))):
            score = len(_hits(titles, words))
            if score > best:
                best, found = score, (number, bottom, titles)
    return _layout(*found, words) if found else None


def _first_rows(rows: Iterator[tuple[int, Sequence[Any]]]) -> list[tuple[int, Sequence[Any]]]:
    first = []
    for number, cells in rows:
        if number > SEARCHED:
            break
        first.append((number, cells))
    return first


def _titles(cells: Sequence[Any]) -> dict[int, str]:
    return {at: " ".join(str(cell).split()) for at, cell in enumerate(cells) if spell(cell)}


def _hits(titles: dict[int, str], words: Vocabulary) -> set[str]:
    known = (words.rank(title) for title in titles.values())
    return {found[1] for found in known if found}


def _joined(upper: dict[int, str], below: Sequence[Any], words: Vocabulary) -> dict[int, str]:
    """A heading two rows high, when the lower row holds names only, and other ones."""
    lower = _titles(below)
    if not all(words.knows(title) for title in lower.values()):
        return {}
    if _hits(lower, words) & _hits(upper, words):
        return {}
    return dict(sorted((upper | lower).items()))


def _layout(top: int, bottom: int, titles: dict[int, str], words: Vocabulary) -> Layout:
    """Each column at its best name; a name met twice is remembered as such."""
    layout = Layout(top, bottom, {}, titles)
    best: dict[str, list[tuple[int, int]]] = {}
    for at, title in titles.items():
        if found := words.rank(title):
            best.setdefault(found[1], []).append((found[0], at))
    for key, places in best.items():
        rank, at = min(places)
        layout.positions[key] = at
        rivals = [place for other, place in places if other == rank]
        if len(rivals) > 1:
            layout.twice[key] = [titles[place] for place in rivals]
    return layout
