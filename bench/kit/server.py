"""PostgreSQL as a careful operator would run it, in a folder that goes away with the run.

`BENCH_PG` names the socket folder of a server that is already there; then databases that were
made before are used again, and nothing is stopped.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

# Every write reaches the disk. Vacuum and statistics run when a measurement asks for them and at
# no other time: a worker in the background would stand in somebody's figures.
SETTINGS = {
    "listen_addresses": "", "shared_buffers": "2GB", "work_mem": "32MB", "max_wal_size": "8GB",
    "checkpoint_timeout": "30min", "autovacuum": "off", "max_connections": "60",
}  # fmt: skip


@contextmanager
def server() -> Iterator[Path]:
    """The socket folder of a running server."""
    if given := os.environ.get("BENCH_PG"):
        yield Path(given)
        return
    postgres.FAST.clear()
    postgres.FAST.update(SETTINGS)
    with postgres.cluster() as home:
        yield home


def url_of(home: Path, name: str) -> str:
    return f"postgresql+psycopg://aid@/{name}?host={home}"


def stands(home: Path, name: str) -> bool:
    with _desk(home) as desk:
        found = desk.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return found is not None


def copy(home: Path, source: str, name: str) -> str:
    """A database of that name, the same as `source`, whatever stood there before; its URL."""
    with _desk(home) as desk:
        desk.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        desk.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')
    return url_of(home, name)


def drop(home: Path, name: str) -> None:
    with _desk(home) as desk:
        desk.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _desk(home: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(f"host={home} user=aid dbname=postgres", autocommit=True)
