"""Lines by the thousand, in columns: what the rules look at and the files are made of."""

from __future__ import annotations

from itertools import compress, islice, starmap
from typing import TYPE_CHECKING, Any

from app.payments.banks.lines import PayLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SIZE = 2000
PLACE = {name: place for place, name in enumerate(PayLine._fields)}


class Lot:
    """Lines in their order. `columns`: one for each field of a line, all of the same length."""

    __slots__ = ("columns",)

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        self.columns = columns

    @classmethod
    def made(cls, rows: int, **columns: Sequence[Any]) -> Lot:
        """Of columns by name; a field that is not told has the value it has by itself."""
        plain = PayLine._field_defaults
        return cls([columns[name] if name in columns else [plain[name]] * rows for name in PLACE])

    @classmethod
    def of(cls, lines: Iterable[PayLine]) -> Lot:
        return cls(list(zip(*lines, strict=True)) or [()] * len(PLACE))

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[PayLine]:
        return starmap(PayLine, zip(*self.columns, strict=True))

    def __add__(self, other: Lot) -> Lot:
        pairs = zip(self.columns, other.columns, strict=True)
        return Lot([[*mine, *more] for mine, more in pairs])

    @property
    def fen(self) -> int:
        """What the lines come to."""
        return sum(self.column("fen"))

    def column(self, source: str) -> Sequence[Any]:
        return self.columns[PLACE[source]]

    def part(self, start: int, stop: int | None = None) -> Lot:
        """The lines from one place up to another, both counted as in a slice."""
        return Lot([values[start:stop] for values in self.columns])

    def only(self, which: Iterable[bool]) -> Lot:
        """The lines of which it is true."""
        which = list(which)
        return Lot([list(compress(values, which)) for values in self.columns])


def lots(lines: Iterable[PayLine]) -> Iterator[Lot]:
    iterator = iter(lines)
    while some := list(islice(iterator, SIZE)):
        yield Lot.of(some)
