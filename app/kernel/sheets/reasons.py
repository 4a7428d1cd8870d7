"""Everything that is wrong or doubtful in a file, each thing once: how often, and where first.

The counts are exact however long the file is, and what is held does not grow with it: of one and
the same thing the first cells are named, and a sentence that is filled in differently in row after
row ("the same student as in row 7") is told once with its blanks left open.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import Said, _, kept, retold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.kernel.sheets.declare import Problem

CELLS = 8
"""How many cells of one and the same thing are named."""
APART = 5
"""Up to so many fillings of one sentence are told apart."""
MOST = 500
"""Different things in a file; what comes after them is counted together."""
OPEN = "…"
OTHERS = ("", OPEN)
_NO_TEXT = re.compile(r"%\((\w+)\)[^s]")


class Spot:
    """One thing that was met in a column: since which row, in which cells, how often."""

    __slots__ = ("cells", "column", "coordinate", "row", "sentence", "times")

    def __init__(self, row: int, problem: Problem) -> None:
        self.row, self.column, self.sentence = row, problem.column, problem.sentence
        self.coordinate = problem.coordinate
        self.cells: list[str] = []
        self.times = 0

    def again(self, row: int, coordinate: str) -> None:
        self.times += 1
        if len(self.cells) < CELLS:
            self.cells.append(coordinate or str(row))

    def told(self) -> dict[str, Any]:
        """As an upload keeps it: in the words of whoever sent it, and as it can be said again."""
        said = {"said": kept(self.sentence)} if isinstance(self.sentence, Said) else {}
        return {"row": self.row, "coordinate": self.coordinate, "column": self.column,
                "sentence": str.__str__(self.sentence), "cells": self.cells,
                "times": self.times, **said}  # fmt: skip


class Kind:
    """One sentence in one column, with the ways in which it was filled in while these are few."""

    __slots__ = ("apart", "whole")

    def __init__(self, row: int, problem: Problem) -> None:
        self.whole = Spot(row, problem)
        self.apart: dict[str, Spot] | None = {}

    def again(self, row: int, problem: Problem) -> None:
        self.whole.again(row, problem.coordinate)
        if self.apart is None:
            return
        if (spot := self.apart.get(problem.sentence)) is None:
            spot = self.apart[problem.sentence] = Spot(row, problem)
        spot.again(row, problem.coordinate)
        if len(self.apart) > APART:
            self.whole.sentence = _opened(list(self.apart))
            self.apart = None

    def spots(self) -> Iterable[Spot]:
        return [self.whole] if self.apart is None else self.apart.values()


class Reasons:
    """What the rows of one file were refused or questioned for."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], Kind] = {}

    def add(self, row: int, problem: Problem) -> None:
        said = problem.sentence
        key = (problem.column, said.made_of[0] if isinstance(said, Said) else said)
        if key not in self._kinds:
            if len(self._kinds) >= MOST:
                key = OTHERS
            self._kinds.setdefault(key, Kind(row, problem))
        if key is OTHERS:
            problem = problem._replace(column="", sentence=_("其他问题，见错误说明文件"))
        self._kinds[key].again(row, problem)

    def told(self) -> list[dict[str, Any]]:
        """Each thing once, in the order in which the file comes to them."""
        spots = [spot for kind in self._kinds.values() for spot in kind.spots()]
        return [spot.told() for spot in sorted(spots, key=lambda spot: spot.row)]


def _opened(fillings: list[str]) -> str:
    """The sentence with those of its blanks left open that these fill in differently; where that
    cannot be said (sentences side by side, a blank for a figure), only that the cells differ."""
    first, *others = made = [kept(each) for each in fillings]
    if not all(isinstance(each, dict) and "values" in each for each in made):
        return _("各格的问题不同，见错误说明文件")
    left = {key: value if all(other["values"][key] == value for other in others) else OPEN
            for key, value in first["values"].items()}  # fmt: skip
    if any(left[key] is OPEN for key in _NO_TEXT.findall(first["msgid"])):
        return _("各格的问题不同，见错误说明文件")
    return Said(retold(first | {"values": left}), first["msgid"], left)
