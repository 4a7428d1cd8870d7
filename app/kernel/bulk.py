"""Many rows into one table, in one statement: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable, DropTable

from app.kernel.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Select, Table


def load(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The rows stand in `table`, in the session's transaction; how many there were.

    `rows`: an iterator of tuples in the order of `columns`, streamed, never listed. Values go to
    the driver as they are: sealed values as bytes, months as whole numbers. The row scope does
    not look at this path: only services that fixed every row's place themselves may call it.
    """
    counted = _Counted(rows)
    raw: Any = db.session.connection().connection
    names = ", ".join(f'"{c}"' for c in columns)
    if db.session.get_bind().dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in counted:
                copy.write_row(row)
        return counted.n
    marks = ", ".join("?" * len(columns))
    cursor = raw.cursor()
    try:
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", counted)  # noqa: S608  (names come from our own tables)
    finally:
        cursor.close()
    return counted.n


@contextmanager
def staged(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[int]:
    """The rows, and no others, stand in `table`, a TEMPORARY one without keys, while the block
    runs: what must be looked at before it is kept is not written twice. How many there are."""
    db.session.execute(CreateTable(table, if_not_exists=True))
    db.session.execute(delete(table))
    yield load(table, columns, rows)
    db.session.execute(DropTable(table))


def add_missing(table: Table, names: Sequence[str], source: Select[Any]) -> None:
    """INSERT … SELECT that loses gracefully against somebody registering the same at once.

    `source` is in one order for all callers, so that neither waits for the other in a circle.
    """
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    made = dialect.insert(table).from_select(list(names), source)
    db.session.execute(made.on_conflict_do_nothing())


class _Counted:
    """An iterator that knows how far it has come."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows, self.n = iter(rows), 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> Sequence[Any]:
        row = next(self.rows)
        self.n += 1
        return row
