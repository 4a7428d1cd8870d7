"""What the database itself refuses, whoever asks: triggers, laid when a table is made.

Alembic creates tables without firing that event; the migration that makes the table calls `lay`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import DDL, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table

BY_TABLE: dict[str, Rules] = {}
"""The table whose making lays the rules -> the rules."""


@dataclass(frozen=True)
class Trigger:
    """`when` comes before the table ("BEFORE DELETE"), `then` after it."""

    name: str
    when: str
    table: str
    then: str

    def laid(self) -> str:
        return f"CREATE TRIGGER {self.name} {self.when} ON {self.table} {self.then}"

    def lifted(self, dialect: str) -> str:
        on = f" ON {self.table}" if dialect == "postgresql" else ""
        return f"DROP TRIGGER IF EXISTS {self.name}{on}"


@dataclass(frozen=True)
class Rules:
    """The triggers of one matter for either database; on PostgreSQL they call `functions`."""

    sqlite: tuple[Trigger, ...]
    postgresql: tuple[Trigger, ...]
    functions: tuple[str, ...]

    def of(self, dialect: str) -> tuple[Trigger, ...]:
        return self.sqlite if dialect == "sqlite" else self.postgresql

    def laid(self, dialect: str) -> Iterator[str]:
        yield from () if dialect == "sqlite" else self.functions
        yield from (trigger.laid() for trigger in self.of(dialect))

    def lifted(self, dialect: str) -> Iterator[str]:
        yield from (trigger.lifted(dialect) for trigger in self.of(dialect))


def guard(table: Table, rules: Rules) -> None:
    """The rules are laid when this table is made; it is the last made of those they speak of."""
    BY_TABLE[table.name] = rules
    for dialect in ("sqlite", "postgresql"):
        for statement in rules.laid(dialect):
            event.listen(table, "after_create", _ddl(statement).execute_if(dialect=dialect))


def lay(connection: Connection, table: str) -> None:
    """The rules guarded with this table hold from here on, in their present wording."""
    lift(connection, table)
    for statement in BY_TABLE[table].laid(connection.dialect.name):
        connection.execute(_ddl(statement))


def lift(connection: Connection, table: str) -> None:
    """They hold no more; for migrations, and for a test that breaks what they keep."""
    for statement in BY_TABLE[table].lifted(connection.dialect.name):
        connection.execute(_ddl(statement))


def unwritable(table: str, function: str, says: str, columns: tuple[str, ...] = ()) -> Rules:
    """No row is deleted, the table not emptied, and nothing rewritten: of `columns`, or at all."""
    rewriting = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    calls = f"EXECUTE FUNCTION {function}()"
    return Rules(
        (Trigger(f"{table}_no_update", f"BEFORE {rewriting}", table, aborting(says)),
         Trigger(f"{table}_no_delete", "BEFORE DELETE", table, aborting(says))),
        (Trigger(f"{table}_no_rewriting", f"BEFORE DELETE OR {rewriting}", table,
                 f"FOR EACH ROW {calls}"),
         Trigger(f"{table}_no_emptying", "BEFORE TRUNCATE", table, f"FOR EACH STATEMENT {calls}")),
        (function_of(function, raising(says, "insufficient_privilege")),),
    )  # fmt: skip


def aborting(says: str, where: str = "") -> str:
    """What a trigger of SQLite does: always, or where this holds."""
    return f"BEGIN SELECT RAISE(ABORT, '{says}'){where and f' WHERE {where}'}; END"


def raising(says: str, code: str = "check_violation") -> str:
    return f"RAISE EXCEPTION '{says}' USING ERRCODE = '{code}';"


def function_of(name: str, body: str) -> str:
    """A function of PostgreSQL for a trigger to call."""
    head = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
    return f"{head} AS $$ BEGIN {body} END $$"


def _ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]
