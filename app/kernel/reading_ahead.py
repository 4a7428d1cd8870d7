"""Files read in the background, with no lock held meanwhile.

A job's first statement takes SQLite's one write lock, and reading a big file takes minutes. So
what the job has looked up is let go, the file is read to its end, its rows are put aside, and only
then is anything written. PostgreSQL has no such lock: there the rows go straight to their table.
"""

from __future__ import annotations

import pickle
import tempfile
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from app.kernel.db import db
from app.kernel.files import store

if TYPE_CHECKING:
    from collections.abc import Iterator

    Rows = Iterator[tuple[Any, ...]]

BATCH = 1_000


def before_writing(rows: Rows) -> Rows:
    """The same rows, for a session that has written nothing yet: its transaction is over."""
    db.session.rollback()
    return _aside(rows) if db.engine.dialect.name == "sqlite" else rows


def _aside(rows: Rows) -> Rows:
    """All rows have been read; they come again from a file to which no name leads."""
    file = tempfile.TemporaryFile(dir=store())  # noqa: SIM115 - closed when the last row has come
    while some := list(islice(rows, BATCH)):
        pickle.dump(some, file, pickle.HIGHEST_PROTOCOL)
    file.seek(0)
    return _again(file)


def _again(file: IO[bytes]) -> Rows:
    with file:
        while True:
            try:
                yield from pickle.load(file)  # noqa: S301 - nobody but we can have written it
            except EOFError:
                return
