"""Good rows on their way into a table; of the others the reasons are kept."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from app.kernel.sheets.unswept import collection_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from app.kernel.sheets.declare import Counts, Problem
    from app.kernel.sheets.reading import Reading
    from app.kernel.sheets.rows import Row

KEPT_PROBLEMS = 200
"""How many refused cells stand on the upload's page; the file with all of them is made anew."""

BATCH = 1_000


class Sieve:
    """A kind of file says by `staged` what a good row becomes, or refuses the row there.

    `in_bulk`: by its place a column that is worked out for many rows at once, from what `staged`
    left there; None stays None.
    """

    in_bulk: ClassVar[Mapping[int, Callable[[list[Any]], list[Any]]]] = {}

    def __init__(self) -> None:
        self.problems: list[dict[str, Any]] = []
        self.doubts: list[dict[str, Any]] = []
        self.everything: list[Problem] | None = None
        self._seen: dict[Hashable, int] = {}

    def staged(self, row: Row) -> tuple[Any, ...] | None:
        """The row as it is loaded; None when it was refused after all."""
        raise NotImplementedError

    def good(self, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        """The staged form of each good row."""
        sound = self._sound(rows)
        while some := self._batch(sound):
            yield from some

    def _batch(self, sound: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The next so many rows, ready to be loaded."""
        with collection_paused():
            columns: list[Iterable[Any]] = list(zip(*islice(sound, BATCH), strict=True))
            for place, work_out in self.in_bulk.items() if columns else ():
                columns[place] = _known(work_out, columns[place])
            return list(zip(*columns, strict=True))

    def _sound(self, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            if row.doubts:
                self._wonder(row)
            staged = None if row.problems else self.staged(row)
            if staged is None:
                self._keep(row)
            else:
                yield staged

    def first_with(self, row: Row, key: Hashable) -> int | None:
        """The number of the earlier row that has the same key, if there was one."""
        before = self._seen.setdefault(key, row.number)
        return None if before == row.number else before

    def _keep(self, row: Row) -> None:
        if self.everything is not None:
            self.everything.extend(row.problems)
        room = KEPT_PROBLEMS - len(self.problems)
        self.problems += [_told(row, p) for p in row.problems[:room]]

    def _wonder(self, row: Row) -> None:
        room = KEPT_PROBLEMS - len(self.doubts)
        self.doubts += [_told(row, p) for p in row.doubts[:room]]

    def all_problems(self, reading: Reading) -> tuple[list[Problem], Counts]:
        """What is wrong in the whole file, not only the first cells, and how its rows came out."""
        self.everything = []
        with reading:
            deque(self._sound(reading.rows), maxlen=0)
            return self.everything, reading.counts


def _told(row: Row, p: Problem) -> dict[str, Any]:
    return {"row": row.number, "coordinate": p.coordinate, "column": p.column,
            "sentence": p.sentence}  # fmt: skip


def _known(work_out: Callable[[list[Any]], list[Any]], cells: Iterable[Any]) -> list[Any]:
    """The cells worked out; those that hold nothing stay so."""
    values = list(cells)
    known = [value for value in values if value is not None]
    found = work_out(known)
    if len(known) == len(values):
        return found
    ready = iter(found)
    return [None if value is None else next(ready) for value in values]
