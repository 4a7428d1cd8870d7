"""Many rows into one table, in one statement: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable, DropTable

from app.kernel.copy_text import text_of
from app.kernel.db import changed, db

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Select, Table

    from app.kernel.copy_text import Block


def load(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The rows stand in `table`, in the session's transaction; how many there were.

    `rows`: an iterator of tuples in the order of `columns`, streamed, never listed. Values go to
    the driver as they are: sealed values as bytes, months as whole numbers. The row scope does
    not look at this path: only services that fixed every row's place themselves may call it.
    """
    counted = _Counted(rows)
    if not _copies():
        _execute_many(table, columns, counted)
        return counted.n
    with _copy(table, columns) as copy:
        for row in counted:
            copy.write_row(row)
    return counted.n


def load_blocks(table: Table, columns: Sequence[str], blocks: Iterable[Block]) -> int:
    """The same of rows that come many at once, each block as its columns."""
    if not _copies():
        counted = _Counted(row for block in blocks for row in zip(*block, strict=True))
        _execute_many(table, columns, counted)
        return counted.n
    n = 0
    with _copy(table, columns) as copy:
        for block in blocks:
            copy.write(text_of(block))
            n += len(block[0])
    return n


def _copies() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


@contextmanager
def _copy(table: Table, columns: Sequence[str]) -> Iterator[Any]:
    raw: Any = db.session.connection().connection
    names = ", ".join(f'"{c}"' for c in columns)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        yield copy


def _execute_many(table: Table, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    raw: Any = db.session.connection().connection
    names, marks = ", ".join(f'"{c}"' for c in columns), ", ".join("?" * len(columns))
    cursor = raw.cursor()
    try:
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608  (names come from our own tables)
    finally:
        cursor.close()


@contextmanager
def temporary(table: Table) -> Iterator[None]:
    """`table`, a TEMPORARY one, is there and empty while the block runs, and gone after it."""
    db.session.execute(CreateTable(table, if_not_exists=True))
    db.session.execute(delete(table))
    yield
    db.session.execute(DropTable(table))


@contextmanager
def staged(table: Table, columns: Sequence[str], blocks: Iterable[Block]) -> Iterator[int]:
    """The rows, and no others, stand in `table`, a TEMPORARY one without keys, while the block
    runs: what must be looked at before it is kept is not written twice. How many there are."""
    with temporary(table):
        yield load_blocks(table, columns, blocks)


def add_missing(table: Table, names: Sequence[str], source: Select[Any]) -> int:
    """INSERT … SELECT that loses gracefully against somebody registering the same at once. How
    many rows are new.

    `source` is in one order for all callers, so that neither waits for the other in a circle.
    """
    dialect = postgresql if _copies() else sqlite
    made = dialect.insert(table).from_select(list(names), source)
    return changed(made.on_conflict_do_nothing())


def next_keys(table: Table, *order: Any) -> Any:
    """In a SELECT that is written to another table: for each row the `id` of a row to come, so that
    what belongs to it can be written without looking for it. Nobody else is given the same."""
    if _copies():
        return func.nextval(literal_column(f"'{table.name}_id_seq'::regclass"))
    last = select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery()
    return last + func.row_number().over(order_by=order)


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
