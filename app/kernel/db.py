"""The relational core: one metadata for the framework's tables and ours, on both databases."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flask_appbuilder import Model
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Engine, Index, Integer, case, event, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.kernel.types import OrgPath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, CursorResult, Executable, Table

    class _Model(DeclarativeBase):
        """What the type checker sees in place of the framework's untyped base."""

        __table__: ClassVar[Table]
else:
    _Model = Model

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
Model.metadata.naming_convention = NAMING

db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True, compare_type=True)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Row numbers of the big tables; SQLite only counts by itself in a plain INTEGER key."""


class Base(_Model):
    """A table of ours: one whole-number key."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Scoped:
    """A row that lies at one place of the organisation tree and is seen from there upwards."""

    org_path: Mapped[str] = mapped_column(OrgPath(), index=True)


def unique_where(name: str, *columns: Any, where: Any) -> Index:
    """A uniqueness that holds for the rows of one condition only, on both databases."""
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


def by_beginning(table: str, column: str) -> Index:
    """Finds the rows whose text begins with some characters, whatever the database sorts by."""
    ops = {column: "text_pattern_ops"}
    return Index(f"ix_{table}_{column}", column, postgresql_ops=ops)


def index_of(dialect: str, name: str, *columns: str) -> Index:
    """An index that one of the databases has and the other does not."""
    return Index(name, *columns, info={"dialect": dialect}).ddl_if(dialect=dialect)


class SystemOnly:
    """A row no account reads directly: services answer for it, after their own check."""


_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside mean to write: SQLite takes its one write lock at once.

    Without it a transaction that reads first and writes later dies of SQLITE_BUSY_SNAPSHOT
    as soon as somebody else wrote in between, and no time-out helps.
    """
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


@contextmanager
def only_looking() -> Iterator[None]:
    """Long work inside a block of `writing` that writes nothing: nobody waits for it meanwhile."""
    db.session.rollback()
    token = _writing.set(False)
    try:
        yield
    finally:
        db.session.rollback()
        _writing.reset(token)


def intend_to_write(on: bool) -> None:
    """The same for a whole request, which has no block of its own."""
    _writing.set(on)


def how_many(test: ColumnElement[bool]) -> ColumnElement[int]:
    """Of the rows that a SELECT walks those of which the test is true; NULL when it walks none."""
    return func.sum(case((test, 1), else_=0))


def changed(statement: Executable) -> int:
    """How many rows the statement changed, in the session's transaction.

    Of an INSERT the library forgets the number on PostgreSQL unless it is asked to keep it.
    """
    done = db.session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", done).rowcount


MANY = 100


@contextmanager
def many_rows(n: int, least: int = MANY) -> Iterator[None]:
    """Statements inside are planned for sets from `least` rows on, whatever the statistics say.

    Just after a bulk load PostgreSQL takes the tables for nearly empty and joins row by row:
    50,000 rows against 50,000 events then take six minutes instead of two seconds.
    """
    connection = db.session.connection()
    wary = n >= least and connection.dialect.name == "postgresql"
    if wary:
        connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    yield
    if wary:
        connection.exec_driver_sql("SET LOCAL enable_nestloop = on")


@event.listens_for(Engine, "connect")
def _tune_sqlite(dbapi: Any, _record: object) -> None:
    if "sqlite" not in type(dbapi).__module__:
        return
    dbapi.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = dbapi.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON",
                   "busy_timeout=30000", "temp_store=MEMORY", "cache_size=-65536"):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "connect")
def _tune_postgresql(dbapi: Any, _record: object) -> None:
    """No statement is compiled: `many_rows` makes plans look dear, and compiling each of them took
    a quarter of a second, five seconds for a list of 50,000 lines."""
    if "psycopg" not in type(dbapi).__module__:
        return
    dbapi.execute("SET jit = off")
    dbapi.commit()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
