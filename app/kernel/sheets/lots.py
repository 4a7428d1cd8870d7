"""Lines of a file that are read together, column by column.

Nearly all lines are plainly right, and asking them one by one what they are costs more than
reading them. What a lot says of its lines is what each would say alone: a test holds both to it.
"""

from __future__ import annotations

from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from app.kernel.sheets.cells import ODD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.kernel.sheets.reading import Line, Reading
    from app.kernel.sheets.rows import Row

    Columns = list[list[Any]]


class Lot:
    """Some lines below the heading, as (number, cells), and their values by column key.

    `plain`: every line is a row, and no cell of it is wrong, doubtful or in want of a closer look.
    What a row's cells must agree on with each other nobody has asked yet.
    """

    def __init__(self, reading: Reading, lines: list[Line], columns: Columns, odd: set[int]
                 ) -> None:  # fmt: skip
        self._reading, self.lines, self._columns, self._odd = reading, lines, columns, odd

    @classmethod
    def of(cls, reading: Reading, lines: list[Line]) -> Lot:
        """The lines as the reading's converters see them."""
        tall = list(zip(*(cells for _number, cells in lines), strict=False))
        raws = [tall[at] for at in reading.places]
        columns = [c.swiftly(raw) for c, raw in zip(reading.converters, raws, strict=True)]
        lot = cls(reading, lines, columns, set())
        lot._odd.update(lot._odd_lines(tall, raws[0]))
        return lot

    @property
    def plain(self) -> bool:
        return not self._odd

    def parts(self) -> Iterator[Lot]:
        """The lines in their order: the odd ones and those between them, each while they last."""
        if not self._odd:
            yield self
            return
        for is_odd, places in groupby(range(len(self.lines)), self._odd.__contains__):
            start, *more = places
            end = start + 1 + len(more)
            columns = [column[start:end] for column in self._columns]
            odd = set(range(end - start)) if is_odd else set()
            yield Lot(self._reading, self.lines[start:end], columns, odd)

    @cached_property
    def numbers(self) -> list[int]:
        return [number for number, _cells in self.lines]

    @cached_property
    def values(self) -> dict[str, Sequence[Any]]:
        """By key the values of all lines, None for columns the file lacks."""
        nothing = [None] * len(self.lines)
        found: dict[str, Sequence[Any]] = dict.fromkeys(self._reading.keys, nothing)
        return found | dict(zip(self._reading.keys, self._columns, strict=False))

    def rows(self) -> Iterator[Row]:
        """Row by row, each with its fate."""
        return self._reading.one_by_one(self)

    def take_whole(self) -> None:
        """All lines of a plain lot are rows and taken."""
        self._reading.take_whole(self)

    def by_line(self) -> Iterator[list[Any] | None]:
        """The values of each line; None where it wants a closer look."""
        for at, values in enumerate(zip(*self._columns, strict=True)):
            yield None if at in self._odd else list(values)

    def _odd_lines(self, tall: Sequence[Sequence[Any]], firsts: Sequence[Any]) -> Iterator[int]:
        """Where a cell wants a closer look, and the lines that may be no rows."""
        for column in self._columns:
            if ODD in column:
                yield from (at for at, value in enumerate(column) if value is ODD)
        if not self._are_rows(tall, firsts):
            yield from self._no_rows(firsts)
        if not self._no_blank_line():
            lines = zip(*self._columns, strict=True)
            yield from (at for at, values in enumerate(lines) if not any(values))

    def _are_rows(self, tall: Sequence[Sequence[Any]], firsts: Sequence[Any]) -> bool:
        """Seen from afar no line may be none, or reach beyond its heading."""
        widest = max(len(cells) for _number, cells in self.lines)
        return all(tall[0]) and self._reading.must_be_rows(tall[0], firsts, widest)

    def _no_rows(self, firsts: Sequence[Any]) -> Iterator[int]:
        """The lines that may be none, or reach beyond their heading."""
        is_odd = self._reading.may_be_no_row
        for at, (first, (_number, cells)) in enumerate(zip(firsts, self.lines, strict=True)):
            if is_odd(first, cells):
                yield at

    def _no_blank_line(self) -> bool:
        full = any(all(column) for column in self._columns)
        return full or all(map(any, zip(*self._columns, strict=True)))
