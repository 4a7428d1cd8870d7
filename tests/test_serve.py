"""`python run.py serve`: one command from nothing to both faces, and back to nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import column, create_engine, select, table

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def ports():
    return free_port(), free_port()


@pytest.fixture
def launch(tmp_path, ports, empty_database):
    """Starts the launcher on an empty database in a folder of its own; ends what is left of it."""
    started = []
    settings = {
        "AID_INSTANCE": str(tmp_path / "instance"),
        "DATABASE_URL": empty_database("serve"),
        "AID_NOW": "2026-09-10T12:00",
        "PORT_PUBLIC": str(ports[0]),
        "PORT_STAFF": str(ports[1]),
    }

    def start(*arguments):
        with (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "run.py", *arguments], cwd=ROOT, env=os.environ | settings,
                stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        started.append(process)
        return process

    start.settings = settings
    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


def parents():
    return {int(f.parent.name): parent_in(f) for f in Path("/proc").glob("[0-9]*/stat")}


def own_children_of(process):
    return {pid for pid, parent in parents().items() if parent == process.pid}


def children_of(process):
    """Process numbers of everything the launcher started, down to the last grandchild."""
    found, front, family = set(), {process.pid}, parents()
    while front:
        front = {pid for pid, parent in family.items() if parent in front} - found
        found |= front
    return found


def parent_in(stat):
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(stat.read_text().rpartition(")")[2].split()[1])
    return 0


def serving(port):
    """Whether a face answers there."""
    url = f"http://127.0.0.1:{port}/health"
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as a:
        return a.status == 200
    return False


def until(what, told, process):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        assert process.poll() is None, told()
        time.sleep(0.2)
    raise AssertionError(told())


def test_one_command_makes_the_database_serves_mends_and_ends_cleanly(launch, ports, tmp_path):
    def told():
        return (tmp_path / "out").read_text()

    process = launch("serve")
    until(lambda: "Ctrl-C" in told(), told, process)
    assert all(f"http://127.0.0.1:{port}" in told() for port in ports)
    assert "以上账号的密码" in told()
    assert serving(ports[0])
    assert serving(ports[1])

    url = launch.settings["DATABASE_URL"]
    until(lambda: night_states(url).get("confirm_expired") == "done", told, process)

    before = children_of(process)
    face = next(pid for pid in own_children_of(process) if str(ports[1]) in command_of(pid))
    os.kill(face, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{face}").exists() or not serving(ports[1]), told, process)
    until(lambda: serving(ports[1]), told, process)
    assert "工作平台意外退出" in told()

    everything = before | children_of(process)
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert not [pid for pid in everything if Path(f"/proc/{pid}").exists()]
    assert not serving(ports[0])
    kept = list((tmp_path / "instance").glob("trial-accounts-*.txt"))
    assert [f.stat().st_mode & 0o077 for f in kept] == [0]


def test_told_to_stop_while_it_fills_the_database_it_stops_and_leaves_it_empty(launch, tmp_path):
    def told():
        return (tmp_path / "out").read_text()

    process = launch("serve")
    until(lambda: "正在装入" in told(), told, process)
    process.terminate()
    assert process.wait(timeout=30) == 0, told()
    assert "Ctrl-C" not in told()
    assert organisations(launch.settings["DATABASE_URL"]) == []
    assert not list((tmp_path / "instance").glob("trial-accounts-*.txt"))


def test_told_to_stop_while_it_makes_the_tables_it_stops_and_fills_nothing(launch, tmp_path):
    """Ctrl-C is told to the launcher and to what it started alike."""

    def told():
        return (tmp_path / "out").read_text()

    process = launch("serve")
    (upgrade,) = until(lambda: own_children_of(process), told, process)
    for pid in (process.pid, upgrade):
        os.kill(pid, signal.SIGINT)
    assert process.wait(timeout=30) == 0, told()
    assert told() == ""


def organisations(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(select(table("org", column("id")).c.id)).all()
    engine.dispose()
    return found


def night_states(url):
    """How the night's work, which the worker asks itself for, stands by now."""
    engine = create_engine(url)
    job = table("job", column("kind"), column("state"), column("once"))
    with engine.connect() as connection:
        found = connection.execute(select(job.c.kind, job.c.state).where(job.c.once.is_not(None)))
        states = dict(found.all())
    engine.dispose()
    return states


def command_of(pid):
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def test_a_taken_port_is_said_before_anything_is_touched(launch, ports, tmp_path):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", ports[1]))
        other.listen()
        assert launch("serve").wait(timeout=60) == 1
    told = (tmp_path / "out").read_text()
    assert f"端口 {ports[1]} 已被占用" in told
    assert "PORT_STAFF=" in told
    assert not (tmp_path / "instance" / "aid.db").exists()


def test_anything_else_is_answered_with_how_to_use_it(launch, tmp_path):
    assert launch().wait(timeout=60) == 2
    assert "python run.py serve" in (tmp_path / "out").read_text()
