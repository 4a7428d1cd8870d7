"""Lines of a file that are read together, column by column.

Nearly all lines are plainly right, and asking them one by one what they are costs more than
reading them. What a lot says of its lines is what each would say alone: a test holds both to it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.kernel.sheets.cells import ODD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.kernel.sheets.reading import Line, Reading
    from app.kernel.sheets.rows import Row


class Lot:
    """Some lines below the heading, as (number, cells), and their values by column key.

    `plain`: every line is a row, and no cell of it is wrong, doubtful or in want of a closer look.
    What a row's cells must agree on with each other nobody has asked yet.
    """

    def __init__(self, reading: Reading, lines: list[Line]) -> None:
        self._reading, self.lines = reading, lines
        tall = list(zip(*(cells for _number, cells in lines), strict=False))
        raws = [tall[at] for at in reading.places]
        self._columns = [c.swiftly(raw) for c, raw in zip(reading.converters, raws, strict=True)]
        self._odd = set() if self._are_rows(tall, raws[0]) else set(self._odd_lines(raws[0]))
        for column in self._columns:
            if ODD in column:
                self._odd.update([at for at, value in enumerate(column) if value is ODD])
        self.plain = not self._odd and self._no_blank_line()

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
            yield None if at in self._odd or not any(values) else list(values)

    def _are_rows(self, tall: list[tuple[Any, ...]], firsts: Sequence[Any]) -> bool:
        """Seen from afar no line may be none, or reach beyond its heading."""
        widest = max(len(cells) for _number, cells in self.lines)
        return all(tall[0]) and self._reading.must_be_rows(tall[0], firsts, widest)

    def _odd_lines(self, firsts: Sequence[Any]) -> Iterator[int]:
        """The lines that may be none, or reach beyond their heading."""
        is_odd = self._reading.may_be_no_row
        for at, (first, (_number, cells)) in enumerate(zip(firsts, self.lines, strict=True)):
            if is_odd(first, cells):
                yield at

    def _no_blank_line(self) -> bool:
        full = any(all(column) for column in self._columns)
        return full or all(map(any, zip(*self._columns, strict=True)))
