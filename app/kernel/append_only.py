"""The trail cannot be rewritten: the database itself refuses, whoever asks.

Attached to the table's creation, and called once more by the migration that makes the table
(Alembic creates tables without firing these events).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL, event

from app.kernel.audit import Event

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = Event.__tablename__
SAYS = f"{NAME} is append-only"


def _ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]


SQLITE = [
    _ddl(
        f"CREATE TRIGGER {NAME}_no_{verb.lower()} BEFORE {verb} ON {NAME} "
        f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    )
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    _ddl(
        f"CREATE OR REPLACE FUNCTION {NAME}_is_append_only() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'insufficient_privilege'; END $$"
    ),
    _ddl(
        f"CREATE TRIGGER {NAME}_no_rewriting BEFORE UPDATE OR DELETE ON {NAME} "
        f"FOR EACH ROW EXECUTE FUNCTION {NAME}_is_append_only()"
    ),
    _ddl(
        f"CREATE TRIGGER {NAME}_no_emptying BEFORE TRUNCATE ON {NAME} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {NAME}_is_append_only()"
    ),
]

for _dialect, _rules in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _rule in _rules:
        event.listen(Event.__table__, "after_create", _rule.execute_if(dialect=_dialect))


def forbid_rewriting(connection: Connection) -> None:
    """UPDATE, DELETE and TRUNCATE of the trail fail from here on; for migrations."""
    for rule in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.execute(rule)
