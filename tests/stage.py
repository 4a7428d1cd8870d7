"""What tests of the whole house stand on: both faces over one database, put back before each test.

    def test_something(staff): ...            # tables, no rows
    def test_something(staff, client_of): ... # client_of("lin") is signed in as lin
    with statements() as seen: ...            # the SQL that ran inside

A room that wants a filled world keeps it as a snapshot, made once for each test worker:

    @pytest.fixture
    def world(stage): return stage.at("world", load_small_world)
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import session
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.engine import Engine

from app import create_app
from app.accounts import passwords, queries
from app.kernel import crypto, scope
from app.kernel.db import db, writing
from app.kernel.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

passwords.METHOD = "pbkdf2:sha256:1"  # a real hash takes 60 ms; the tests make thousands
SETTINGS = {
    "TESTING": True, "SECRET_KEY": "only for tests, and long enough for them",
    "WTF_CSRF_ENABLED": False, "KEYRING": Keyring.fresh(),
}  # fmt: skip
READS = ("SELECT", "BEGIN", "PRAGMA", "EXPLAIN", "select", "show", "SHOW")


class Stage:
    """One database of this worker, its snapshots, and the two faces over it.

    A snapshot is put back before each test that asks for it, unless nothing but reading has
    happened since it was put back last.
    """

    def __init__(self, url: str, files: Path) -> None:
        self.url, self.files, self.kept = make_url(url), files, {}
        self.made: list[Flask] = []
        self.stands: str | None = None
        event.listen(Engine, "before_cursor_execute", self._watch)

    def _watch(self, connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if connection.engine.url.database == self.url.database and not statement.startswith(READS):
            self.stands = None

    def touched(self) -> None:
        """For a test that writes from another process: this one does not see it."""
        self.stands = None

    def face(self, name: str) -> Flask:
        app = create_app(name, SQLALCHEMY_DATABASE_URI=self.url, UPLOADS=self.files, **SETTINGS)
        self.made.append(app)
        return app

    @cached_property
    def staff(self) -> Flask:
        app = self.face("staff")
        app.appbuilder.sm.limiter.enabled = False
        return app

    @cached_property
    def public(self) -> Flask:
        return self.face("public")

    def at(self, name: str, make: Callable[[], Any]) -> Any:
        """The database is as `make` left it; what `make` returned, from its one run."""
        crypto.configure(SETTINGS["KEYRING"])  # whatever a test of the keys left behind
        if name in self.kept:
            if self.stands != name:
                self._put_back(name)
            self.stands = name
            return self.kept[name]
        if name != "empty":
            self.at("empty", db.create_all)
        with self.staff.app_context(), scope.everyone("a test sets its stage"), writing():
            made = make()
            db.session.commit()
        self._keep(name)
        self.kept[name], self.stands = made, name
        return made

    def _keep(self, name: str) -> None:
        self._let_go()
        if self.url.get_backend_name() == "sqlite":
            shutil.copyfile(self.url.database, f"{self.url.database}.{name}")
        else:
            self._copy(self.url.database, f"{self.url.database}_{name}")

    def _put_back(self, name: str) -> None:
        self._let_go()
        if self.url.get_backend_name() == "sqlite":
            for rest in ("-wal", "-shm"):
                Path(f"{self.url.database}{rest}").unlink(missing_ok=True)
            shutil.copyfile(f"{self.url.database}.{name}", self.url.database)
        else:
            self._copy(f"{self.url.database}_{name}", self.url.database)

    def _copy(self, source: str, target: str) -> None:
        """As a template: files are copied, no row is written again."""
        desk = create_engine(self.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with desk.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            connection.exec_driver_sql(
                f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY FILE_COPY'
            )
        desk.dispose()

    def _let_go(self) -> None:
        for app in self.made:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@pytest.fixture(scope="session")
def stage(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(database_url, tmp_path_factory.mktemp("files"))


@pytest.fixture
def staff(stage: Stage) -> Flask:
    """The staff face over tables without rows."""
    stage.at("empty", db.create_all)
    return stage.staff


@pytest.fixture
def public(staff: Flask, stage: Stage) -> Flask:
    """The public face over the same database."""
    return stage.public


@pytest.fixture
def client_of(stage: Stage) -> Callable[[str], FlaskClient]:
    """A browser in which this account has signed in."""
    return lambda username: signed_in(stage.staff, username)


def signed_in(app: Flask, username: str) -> FlaskClient:
    with app.test_request_context():
        known = queries.credentials(username)
        assert known, f"there is no account {username}"
        app.appbuilder.sm.welcome(known.user_id)
        carried = dict(session)
        db.session.rollback()
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.permanent = True
        kept.update(carried)
    return client


@pytest.fixture
def statements() -> Callable[[], Any]:
    """`with statements() as seen:` collects the SQL of every connection, without BEGIN."""
    return counted


@contextmanager
def counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", see)
