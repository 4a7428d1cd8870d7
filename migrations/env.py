# ruff: noqa: INP001  (Alembic loads this file by its path)
"""How migrations run and how they are written: one transaction, one process at a time.

Our column types are written down as the plain SQL types under them, so that an old migration
needs no code of today. What the database itself refuses is no part of a table to Alembic: the
migration that makes the table lays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate import render, renderers
from alembic.operations import ops
from flask import current_app
from sqlalchemy.types import TypeDecorator

from app.kernel.db import db, writing
from app.kernel.triggers import BY_TABLE

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrationScript
    from sqlalchemy import Connection

ONE_AT_A_TIME = 350_000_2026
"""The number of PostgreSQL's advisory lock that a running migration holds."""


class LayRules(ops.MigrateOperation):
    """The table has just been made: what was guarded with it is refused."""

    def __init__(self, table: str) -> None:
        self.table = table

    def reverse(self) -> ops.MigrateOperation:
        return ops.ExecuteSQLOp("SELECT 1")


@renderers.dispatch_for(LayRules)
def _say_lay(autogen: AutogenContext, op: LayRules) -> list[str]:
    autogen.imports.add("from app.kernel.triggers import lay")
    return [f'lay(op.get_bind(), "{op.table}")']


def as_plain_sql(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """A rule as the type that its cells have in the database."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    return render._repr_type(item.impl_instance, autogen)  # noqa: SLF001  (Alembic's own door)


def stands_here(item: Any, *_rest: object) -> bool:
    """What the other database alone has is neither missed nor made."""
    wanted = item.info.get("dialect")
    return wanted in (None, context.get_context().dialect.name)


def finish(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """No empty migrations; triggers follow the table they are guarded with."""
    script = scripts[0]
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        if getattr(
            context.config.cmd_opts, "autogenerate", False
        ):  # but `flask db check` wants to see it
            scripts.clear()
        return
    made = [o.table_name for o in script.upgrade_ops.ops if isinstance(o, ops.CreateTableOp)]
    script.upgrade_ops.ops.extend(LayRules(table) for table in made if table in BY_TABLE)


def keep_to_keys(connection: Connection, kept: str) -> None:
    """SQLite looks after foreign keys, or not. It does not listen within a transaction, and the
    first thing said through SQLAlchemy begins one: so this goes past it."""
    connection.rollback()
    connection.connection.cursor().execute(f"PRAGMA foreign_keys={kept}")


def migrate(connection: Connection) -> None:
    """All that is due, or nothing of it."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:  # a table altered by making it anew must not take the rows that point at it along
        keep_to_keys(connection, "OFF")
    settings = dict(current_app.extensions["migrate"].configure_args)
    context.configure(
        connection=connection, target_metadata=db.metadata, transactional_ddl=True,
        process_revision_directives=finish, render_item=as_plain_sql,
        include_object=stands_here, **settings,
    )  # fmt: skip
    with writing(), context.begin_transaction():
        if not sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"rows that point nowhere after the migration: {broken[:5]}")
    if sqlite:
        keep_to_keys(connection, "ON")


if context.is_offline_mode():
    raise SystemExit("Migrations look at the database before they change it: run them online.")
with db.engine.connect() as live:
    migrate(live)
