"""Files read in the background, with no lock held meanwhile.

A job's first statement takes SQLite's one write lock, and reading a big file takes minutes. So
what the job has looked up is let go, the file is read to its end, its rows are put aside, and only
then is anything written. PostgreSQL has no such lock: there the rows go straight to their table.
"""

from __future__ import annotations

import pickle
import tempfile
from typing import IO, TYPE_CHECKING

from app.kernel.db import db
from app.kernel.files import store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.copy_text import Block


def before_writing(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same rows, for a session that has written nothing yet: its transaction is over."""
    db.session.rollback()
    return _aside(blocks) if db.engine.dialect.name == "sqlite" else blocks


def _aside(blocks: Iterator[Block]) -> Iterator[Block]:
    """All rows have been read; they come again from a file to which no name leads."""
    file = tempfile.TemporaryFile(dir=store())  # noqa: SIM115 - closed when the last row has come
    for block in blocks:
        pickle.dump(block, file, pickle.HIGHEST_PROTOCOL)
    file.seek(0)
    return _again(file)


def _again(file: IO[bytes]) -> Iterator[Block]:
    with file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - nobody but we can have written it
            except EOFError:
                return
