"""The database that migrations make is the one the models describe, on both databases."""

from __future__ import annotations

import shutil
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa

from app import create_app
from app.kernel.audit import Event
from app.kernel.db import db
from tests.stage import SETTINGS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app(empty_database, tmp_path):
    """A staff face over a database in which nothing stands yet."""
    url = empty_database("migrated")
    app = create_app("staff", SQLALCHEMY_DATABASE_URI=url, UPLOADS=tmp_path, **SETTINGS)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def drawers(tmp_path) -> str:
    """The migration folder without its history."""
    return str(shutil.copytree(ROOT / "migrations", tmp_path / "m", ignore=shutil.ignore_patterns(
        "*_*.py", "__pycache__")))  # fmt: skip


def test_a_migration_written_from_the_models_makes_their_tables(app, drawers):
    flask_migrate.migrate(directory=drawers, message="all of it")
    flask_migrate.upgrade(directory=drawers)
    flask_migrate.check(directory=drawers)
    assert set(sa.inspect(db.engine).get_table_names()) >= set(db.metadata.tables)


def test_the_trail_cannot_be_rewritten_in_a_migrated_database(app, drawers):
    flask_migrate.migrate(directory=drawers, message="all of it")
    flask_migrate.upgrade(directory=drawers)
    row = {c.name: "x" for c in Event.__table__.c if isinstance(c.type, sa.String)}
    row |= {"at": sa.func.now(), "org_path": "/1/", "bulk": "b"}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(Event.__table__).values(row))
    for rewriting in (sa.update(Event.__table__).values(note="y"), sa.delete(Event.__table__)):
        with pytest.raises(sa.exc.DBAPIError), db.engine.begin() as connection:
            connection.execute(rewriting)


def test_a_migration_names_no_type_of_ours(app, drawers):
    flask_migrate.migrate(directory=drawers, message="all of it")
    (written,) = Path(drawers, "versions").glob("*.py")
    said = [line for line in written.read_text().splitlines() if "app." in line]
    assert said == ["from app.kernel.triggers import lay"]


def test_a_migration_that_breaks_leaves_nothing_behind(app, drawers):
    flask_migrate.migrate(directory=drawers, message="all of it")
    (written,) = Path(drawers, "versions").glob("*.py")
    text = written.read_text()
    written.write_text(text.replace("    lay(", "    1 / 0\n    ("))
    with pytest.raises(ZeroDivisionError):
        flask_migrate.upgrade(directory=drawers)
    assert "org" not in sa.inspect(db.engine).get_table_names()


def test_the_migrations_of_the_house_make_the_tables_of_the_models(app):
    flask_migrate.upgrade()
    flask_migrate.check()


@pytest.mark.parametrize("kind", ["conditions", "triggers"])
def test_the_migrations_of_the_house_refuse_what_the_models_do(app, empty_database, kind):
    """`check` compares tables and columns, not what the database refuses in them."""
    look = {"conditions": conditions, "triggers": triggers}[kind]
    flask_migrate.upgrade()
    made = look(db.engine)
    fresh = sa.create_engine(empty_database("modelled"))
    db.metadata.create_all(fresh)
    wanted = look(fresh)
    fresh.dispose()
    assert len(wanted) > 10
    assert {name: made.get(name) for name in wanted} == wanted


def conditions(engine) -> dict[tuple[str, str], str]:
    """(table, name) -> the condition, without the spaces."""
    look = sa.inspect(engine)
    return {(table, check["name"]): "".join(check["sqltext"].split())
            for table in look.get_table_names() for check in look.get_check_constraints(table)
            if check["name"]}  # fmt: skip


def triggers(engine) -> dict[str, str]:
    """Its name -> what it says."""
    ours = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    with engine.connect() as connection:
        return dict(connection.exec_driver_sql(kept if engine.name == "sqlite" else ours).all())
