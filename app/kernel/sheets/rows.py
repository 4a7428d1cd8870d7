"""One row of a person's file, and how its fate is told."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _
from app.kernel.sheets.coordinates import named
from app.kernel.sheets.declare import Counts, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.kernel.sheets.headers import Layout

_TOTAL = re.compile(r"[合总小共]\s*计")
_REMARK = re.compile(
    r"(填表|制表|填报|填写|报送|上报|经办|审核|复核|审批|负责|分管|校长|联系|单位|学校|盖章|公章"
    r"|日期|说明|备注|附注|注)[^:：]{0,8}[:：]"
)


class Row:
    """`values` by column key (None where blank or refused), `raw` the cells as they were read.

    `number` is the row's number in the file. A row with problems is refused, any other taken.
    """

    __slots__ = ("_book_keeper", "doubts", "number", "problems", "raw", "values")

    def __init__(
        self, number: int, values: dict[str, Any], raw: Sequence[Any], keeper: Keeper
    ) -> None:
        self.number, self.values, self.raw = number, values, raw
        self.problems: Sequence[Problem] = ()
        self.doubts: Sequence[Problem] = ()
        self._book_keeper = keeper

    def refuse(self, key: str, sentence: str) -> None:
        """A problem found later, by a comparison with other rows or with the database."""
        if not self.problems:
            self._book_keeper.counts.taken -= 1
            self._book_keeper.counts.refused += 1
        found = self._book_keeper.problem(self.number, key, sentence)
        self.problems = (*self.problems, found)

    def same(self) -> None:
        """What the file says is already so: the row counts as unchanged, not as taken."""
        if not self.problems:
            self._book_keeper.counts.taken -= 1
            self._book_keeper.counts.unchanged += 1


class Keeper:
    """Keeps the books of one reading: fates of rows, and the names of cells."""

    def __init__(self, layout: Layout, counts: Counts) -> None:
        self.layout, self.counts = layout, counts

    def problem(self, number: int, key: str, sentence: str) -> Problem:
        at = self.layout.positions.get(key)
        title = self.layout.titles.get(at, "") if at is not None else ""
        return Problem(title, named(number, at or 0), sentence, key)

    def problems(self, number: int, found: Iterable[tuple[str, str]]) -> list[Problem]:
        return [self.problem(number, key, sentence) for key, sentence in found]


class Undecided(Exception):
    """A check across cells asked for one that was refused already."""


class Partial(dict[str, Any]):
    """The values of a row some of whose cells were refused; those cannot be asked for."""

    def __init__(self, values: dict[str, Any], refused: set[str]) -> None:
        super().__init__(values)
        self._refused = refused

    def __getitem__(self, key: str) -> Any:
        if key in self._refused:
            raise Undecided(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - dict.get would not ask us


def checked(
    check: Callable[[dict[str, Any]], Iterable[tuple[str, str]]],
    values: dict[str, Any],
    faults: list[tuple[str, str]],
) -> list[tuple[str, str]]:
    """What the check across cells finds, as far as the refused cells let it look."""
    if not faults:
        return list(check(values))
    found: list[tuple[str, str]] = []
    with suppress(Undecided):
        found.extend(check(Partial(values, {key for key, _sentence in faults})))
    return found


def is_total(first: object) -> bool:
    """The row adds others up: its first cell says so."""
    return isinstance(first, str) and _TOTAL.match(first) is not None and len(first) < 20


def is_remark(first: object) -> bool:
    """The row is what people sign or note below a table: who filled it in, when, what it is."""
    return isinstance(first, str) and _REMARK.match(first.strip()) is not None


def is_foot(first: object) -> bool:
    """The last line of one of our own reports, in Chinese or in the reader's language."""
    return isinstance(first, str) and first.startswith(("合计(共", foot("\0").partition("\0")[0]))


def foot(count: object) -> str:
    return _("合计（共%(n)s行）", n=count)
