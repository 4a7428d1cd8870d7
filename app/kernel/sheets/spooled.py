"""A workbook on its way to somebody: written, rewound, and gone when it is closed."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

IN_MEMORY = 8 << 20
"""A workbook grows beyond this many bytes on disk, not in memory."""


def spooled(write: Callable[[Any], object]) -> IO[bytes]:
    """What `write` wrote, from its start. Whoever sends it closes it."""
    book: Any = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (sent to somebody, who closes it)
    write(book)
    book.seek(0)
    return book  # type: ignore[no-any-return]
