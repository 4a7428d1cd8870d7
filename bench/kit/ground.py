"""The province that everything is measured on, and the people who press the buttons in it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from app.accounts import passwords
from app.accounts.models import COUNTY, SCHOOL, Org, role_of
from app.factory import build
from app.kernel.actor import Actor
from app.kernel.db import db, writing
from app.kernel.keyring import Keyring
from app.kernel.scope import everyone, scope
from app.kernel.unswept import keep_what_is_there
from app.world.service import load_province
from bench.kit import server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

SCHOOLS = int(os.environ.get("BENCH_SCHOOLS", "500"))
STUDENTS = int(os.environ.get("BENCH_STUDENTS", "400000"))
MONTHS = int(os.environ.get("BENCH_MONTHS", "16"))
PASSWORD = os.environ.get("BENCH_PASSWORD", "Bench-2026-pass")
PROVINCE = f"province_{SCHOOLS}_{STUDENTS}_{MONTHS}"
KEYS = Path(os.environ.get("BENCH_KEYS", Path(tempfile.gettempdir()) / "aid-bench-keys.json"))


def face(name: str, url: str) -> Flask:
    """One face of the platform over that database, as a server starts it."""
    folder = tempfile.mkdtemp(prefix="aid-bench-")
    app = build(
        name, SQLALCHEMY_DATABASE_URI=url, UPLOADS=folder, SECRET_KEY="x" * 40,
        KEYRING=Keyring.from_file(KEYS, create=True), WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False, AUTH_RATE_LIMITED=False,
    )  # fmt: skip
    keep_what_is_there()
    return app


def province(home: Path) -> str:
    """The name of the database that holds the province, made when it is not there yet."""
    if not server.stands(home, PROVINCE):
        draft = server.copy(home, "template0", f"{PROVINCE}_draft")
        fill(draft, SCHOOLS, STUDENTS, MONTHS)
        with server._desk(home) as desk:  # noqa: SLF001
            desk.execute(f'ALTER DATABASE "{PROVINCE}_draft" RENAME TO "{PROVINCE}"')
    return PROVINCE


def fill(url: str, schools: int, students: int, months: int) -> None:
    passwords.METHOD = "pbkdf2:sha256:1"
    app = face("staff", url)
    with app.app_context():
        db.create_all()
        db.session.commit()
        load_province(password=PASSWORD, months=months, schools=schools, students=students)
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            vacuum = "VACUUM ANALYZE" if db.engine.dialect.name == "postgresql" else "ANALYZE"
            connection.exec_driver_sql(vacuum)
        db.engine.dispose()


def actor_at(org: Org, duty: str, name: str = "") -> Actor:
    """An account of that duty there; it exists on this side only."""
    username = f"bench_{duty}{name}"
    number = 900_000 + sum(map(ord, duty + name))
    return Actor(number, username, username, role_of(org.level, duty), org.id, org.path)


def one(level: str, code: str = "") -> Org:
    """The first organisation of a level, or the one of that code."""
    with everyone("a measurement"):
        found = select(Org).where(Org.level == level).order_by(Org.id)
        return db.session.scalars(found.where(Org.code == code) if code else found).first()


def a_county() -> Org:
    return one(COUNTY)


def a_school() -> Org:
    return one(SCHOOL)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    with scope(actor.org_path), writing():
        yield


def tidy() -> None:
    """Statistics and dead rows as a night's maintenance would leave them."""
    db.session.commit()
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
        else:
            connection.execute(text("ANALYZE"))
