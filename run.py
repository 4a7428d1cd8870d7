"""Starts the platform: `flask --app run …` for commands, `python run.py serve` for everything.

`serve` makes the database if need be, then keeps three children alive until it is told to stop:
the public face, the staff face, and the worker for background jobs.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOST = os.environ.get("HOST", "127.0.0.1")
PUBLIC = int(os.environ.get("PORT_PUBLIC") or 8080)
STAFF = int(os.environ.get("PORT_STAFF") or 8081)
READY_SECONDS, GRACE_SECONDS, LONGEST_PAUSE = 90, 15, 30.0
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
"""Said at every start of a trial in a container; whoever sets the variable himself hears it."""


class CannotStart(Exception):
    """The platform cannot be started here; the sentence says what to do."""


@dataclass
class Child:
    """A process of ours that is started again whenever it ends by itself."""

    name: str
    command: list[str]
    face: str = "staff"
    pause: float = 1.0
    started: float = 0.0
    due: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Runs in a process group of its own, so that a terminal's Ctrl-C reaches only us."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.command],
            cwd=ROOT,
            env=QUIET | os.environ | {"AID_FACE": self.face},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def look_after(self) -> None:
        """If it ended, it runs again after a pause that grows while it keeps ending."""
        if self.process is None and time.monotonic() >= self.due:
            self.start()
        elif self.process and self.process.poll() is not None:
            self.give_up()

    def give_up(self) -> None:
        lived = time.monotonic() - self.started
        self.pause = 1.0 if lived > LONGEST_PAUSE else min(self.pause * 2, LONGEST_PAUSE)
        code = self.process.returncode if self.process else None
        print(f"{self.name}意外退出（{code}），{self.pause:.0f} 秒后重新启动", flush=True)
        self.kill()
        self.process, self.due = None, time.monotonic() + self.pause

    def ask_to_end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Nothing of its process group is left."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


_stopping = threading.Event()


def children(database: str) -> list[Child]:
    jobs = os.environ.get("JOB_WORKERS") or ("1" if database.startswith("sqlite") else "2")
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = [
        "celery",
        "--quiet",
        "-A",
        "run:celery",
        "worker",
        "-l",
        "WARNING",
        "-c",
        jobs,
        *quiet,
    ]
    return [
        Child("公示网站", web(PUBLIC), "public"),
        Child("工作平台", web(STAFF), "staff"),
        Child("后台任务", worker),
    ]


def web(port: int) -> list[str]:
    size = ["--workers", os.environ.get("WEB_WORKERS") or "1", "--blocking-threads", "4"]
    where = ["--host", HOST, "--port", str(port)]
    how = ["--interface", "wsgi", "--no-ws", "--log-level", "warning", "--respawn-failed-workers"]
    return ["granian", *how, *where, *size, "run:app"]


def check_ports() -> None:
    for name, port in (("PORT_PUBLIC", PUBLIC), ("PORT_STAFF", STAFF)):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                other = f"{name}={port + 100} make run"
                told = f"端口 {port} 已被占用。请先停止占用它的程序，或另选端口：{other}"
                raise CannotStart(told) from None


def flask(*command: str, breakable: bool = False) -> str:
    """What one `flask` command printed; what it complained about only when it failed. A breakable
    one, which leaves nothing behind when it ends early, ends when we are told to stop."""
    with subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "run", *command],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as running:
        while True:
            try:
                told, complained = running.communicate(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                if breakable and _stopping.is_set():
                    running.terminate()
    if running.returncode and not _stopping.is_set():
        raise CannotStart(f"{complained}{told}\n「flask {' '.join(command)}」没有成功，原因见上。")
    return told


def prepare(database: str, accounts: Path) -> None:
    """The tables are those of this version, and an empty database has the small world in it."""
    flask("db", "upgrade")
    if _stopping.is_set():
        return
    if os.environ.get("AID_WORLD") != "none" and is_empty(database):
        print("数据库是空的，正在装入试用数据（小福建）……", flush=True)
        told = flask("world", "load", "--size", "small", breakable=True)
        if told:
            accounts.touch(0o600)
            accounts.write_text(told)
    else:
        flask("payments", "layouts")


def is_empty(database: str) -> bool:
    """Nobody has founded an organisation yet."""
    from sqlalchemy import create_engine, literal, select, table  # noqa: PLC0415  (kept light)

    engine = create_engine(database)
    with engine.connect() as connection:
        found = connection.execute(select(literal(1)).select_from(table("org")).limit(1)).first()
    engine.dispose()
    return found is None


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _stopping.is_set():
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise CannotStart(f"端口 {port} 的网站没有启动成功，原因见上。") from None
            _stopping.wait(0.2)
        else:
            return


def announce(accounts: Path) -> None:
    print(f"\n公示网站  http://{HOST}:{PUBLIC}\n工作平台  http://{HOST}:{STAFF}\n")
    if accounts.exists():
        print(f"试用账号（记在 {accounts}，不用时请删除）：\n{accounts.read_text()}")
    print("按 Ctrl-C 停止。", flush=True)


def serve() -> None:
    """Both faces and the worker run until SIGTERM or Ctrl-C."""
    import config  # noqa: PLC0415  (makes the instance folder and the cookie key once, here)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _stopping.set())
    database = config.SQLALCHEMY_DATABASE_URI
    mark = hashlib.sha256(database.encode()).hexdigest()[:8]
    accounts = config.INSTANCE / f"trial-accounts-{mark}.txt"
    check_ports()
    prepare(database, accounts)
    if _stopping.is_set():
        return
    keep_alive(children(database), accounts)


def keep_alive(family: list[Child], accounts: Path) -> None:
    try:
        for child in family:
            child.start()
        wait_until_ready(PUBLIC)
        wait_until_ready(STAFF)
        if not _stopping.is_set():
            announce(accounts)
        while not _stopping.wait(0.5):
            for child in family:
                child.look_after()
    finally:
        _stopping.set()
        end(family)


def end(family: list[Child]) -> None:
    """All children are gone: those that finish soon by themselves, the others by force."""
    deadline = time.monotonic() + GRACE_SECONDS
    for child in family:
        child.ask_to_end()
    for child in family:
        if child.process:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
    for child in family:
        child.kill()


def main(arguments: list[str]) -> int:
    if arguments != ["serve"]:
        print("用法：python run.py serve", file=sys.stderr)
        return 2
    try:
        serve()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
else:
    from app import create_app
    from app.kernel.key_marks import refuse_wrong_keys
    from app.kernel.unswept import keep_what_is_there

    app = create_app(os.environ.get("AID_FACE", "staff"))
    refuse_wrong_keys(app)
    keep_what_is_there()
    if "jobs" in app.extensions:
        celery = app.extensions["jobs"].celery
