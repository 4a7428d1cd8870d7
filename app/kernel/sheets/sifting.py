"""Good rows on their way into a table; of the others the reasons are kept."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from app.kernel.sheets.reasons import Reasons
from app.kernel.unswept import collection_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from app.kernel.copy_text import Block
    from app.kernel.sheets.declare import Counts, Problem
    from app.kernel.sheets.lots import Lot
    from app.kernel.sheets.reading import Reading
    from app.kernel.sheets.rows import Row

    Values = Mapping[str, Sequence[Any]]


class Sieve:
    """A kind of file says which rows it refuses, and what the others become in its table.

    `refuses` is asked row by row, `refuses_none` of many plain rows at once: what it lets pass no
    check of rows is asked about. `columns` makes what is loaded, a column of the table each.
    """

    def __init__(self) -> None:
        self._faults, self._doubts = Reasons(), Reasons()
        self.everything: list[Problem] | None = None
        self._seen: dict[Hashable, int] = {}

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Why rows were refused, each reason once; the file with all of them is made anew."""
        return self._faults.told()

    @property
    def doubts(self) -> list[dict[str, Any]]:
        return self._doubts.told()

    def refuses(self, row: Row) -> bool:
        """The row was refused after all, by a comparison with other rows or with the database."""
        return False

    def refuses_none(self, lot: Lot) -> bool:
        """Every row of this plain lot is good; nothing is remembered of them if it is not so."""
        return False

    def columns(self, numbers: Sequence[int], v: Values) -> Block:
        """What good rows become: their row numbers, and by key their values."""
        raise NotImplementedError

    def good(self, lots: Iterable[Lot]) -> Iterator[Block]:
        """The staged form of the good rows, some at a time, as their columns."""
        coming = iter(lots)
        while True:
            with collection_paused():
                lot = next(coming, None)
                blocks = [*map(self._of_lot, lot.parts())] if lot else []
            if lot is None:
                return
            yield from filter(None, blocks)

    def _of_lot(self, lot: Lot) -> Block | None:
        if not (lot.plain and self.refuses_none(lot)):
            return self.of_rows(lot.rows())
        lot.take_whole()
        return self.columns(lot.numbers, lot.values)

    def of_rows(self, rows: Iterable[Row]) -> Block | None:
        """The same of rows that come one by one; None when no good one is among them."""
        sound = list(self._sound(rows))
        if not sound:
            return None
        values = {key: [row.values[key] for row in sound] for key in sound[0].values}
        return self.columns([row.number for row in sound], values)

    def _sound(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if row.doubts:
                self._wonder(row)
            if row.problems or self.refuses(row):
                self._keep(row)
            else:
                yield row

    def never_met(self, keys: Iterable[Hashable], numbers: Sequence[int]) -> bool:
        """No earlier row has any of these keys, and no two of these rows the same; then they are
        remembered."""
        fresh = dict(zip(keys, numbers, strict=True))
        if len(fresh) < len(numbers) or not self._seen.keys().isdisjoint(fresh):
            return False
        self._seen.update(fresh)
        return True

    def first_with(self, row: Row, key: Hashable) -> int | None:
        """The number of the earlier row that has the same key, if there was one."""
        before = self._seen.setdefault(key, row.number)
        return None if before == row.number else before

    def _keep(self, row: Row) -> None:
        if self.everything is not None:
            self.everything.extend(row.problems)
            return
        for problem in row.problems:
            self._faults.add(row.number, problem)

    def _wonder(self, row: Row) -> None:
        for doubt in row.doubts:
            self._doubts.add(row.number, doubt)

    def all_problems(self, reading: Reading) -> tuple[list[Problem], Counts]:
        """What is wrong in the whole file, not only the first cells, and how its rows came out."""
        self.everything = []
        with reading:
            deque(self._sound(reading.rows), maxlen=0)
            return self.everything, reading.counts


def known(work_out: Callable[[list[Any]], list[Any]], cells: Iterable[Any]) -> list[Any]:
    """The cells worked out; those that hold nothing stay so."""
    values = list(cells)
    there = [value for value in values if value is not None]
    found = work_out(there)
    if len(there) == len(values):
        return found
    ready = iter(found)
    return [None if value is None else next(ready) for value in values]


def whole(months: Iterable[Any]) -> list[int | None]:
    """Months as they are loaded."""
    return [None if month is None else int(month) for month in months]


def said(words: Iterable[str | None]) -> list[str]:
    """Words as they are loaded; where nothing stands, nothing is said."""
    return [word or "" for word in words]
