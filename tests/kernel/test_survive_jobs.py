"""Background work in real worker processes, which the tests watch, stop and kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.kernel import jobs
from app.kernel.db import db, writing
from app.kernel.job_models import Job
from app.kernel.scope import scope
from tests.kernel import job_house
from tests.kernel.job_house import LIN

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    "-m", "celery", "-A", "tests.kernel.job_house:celery", "worker", "--concurrency", "1",
    "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip
PATIENCE = 40


@pytest.fixture
def url(empty_database):
    return empty_database("survive")


@pytest.fixture
def house(url, monkeypatch):
    """An application whose jobs wait for a worker, and that gives up on one after 2 seconds."""
    monkeypatch.setattr(jobs, "SILENT_SECONDS", 2.0)
    app = job_house.house(url, eager=False)
    job_house.furnish(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def start_worker(url, tmp_path):
    """Starts a worker process as the launcher does; whatever is left of it dies with the test."""
    started = []

    def start():
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, *COMMAND], cwd=ROOT, env={**os.environ, "JOB_HOUSE_URL": url},
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        started.append(worker)
        return worker

    yield start
    for worker in started:
        kill_all_of(worker)


def kill_all_of(worker):
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def ask(kind, **args):
    with scope(LIN.org_path), writing():
        row = jobs.enqueue(kind, actor=LIN, **args)
        db.session.commit()
    return row.id


def status_of(job_id):
    with scope(LIN.org_path):
        row = db.session.get_one(Job, job_id, populate_existing=True)
        told = jobs.status(row)
        db.session.rollback()
    return told


def until(what, seconds=PATIENCE):
    """The first true answer of `what()`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def processes_that_started(folder):
    return {int(f.name.rpartition("-")[2]) for f in folder.glob("started-*")}


def over(job_id):
    told = status_of(job_id)
    return told["over"] and told


def test_progress_shows_while_the_transaction_is_open_and_cancelling_undoes_it(
    house, start_worker, tmp_path
):
    start_worker()
    job_id = ask("dawdle", folder=str(tmp_path))
    told = until(lambda: (s := status_of(job_id))["done"] and s)
    assert (told["state"], told["total"], told["sentence"]) == ("running", 4, "写了一半")
    assert job_house.marks() == []
    long = time.monotonic() + jobs.SILENT_SECONDS * 2
    while time.monotonic() < long:
        assert status_of(job_id)["state"] == "running", "a job with a beating heart is not dead"
        time.sleep(0.2)
    with scope(LIN.org_path):
        jobs.cancel(db.session.get_one(Job, job_id), actor=LIN)
    next_one = ask("write_words", words=["林"])
    until(lambda: over(next_one))
    assert status_of(job_id)["state"] == "cancelled"
    assert job_house.marks() == ["林"]


def test_a_job_whose_process_is_killed_is_done_by_the_next(house, start_worker, tmp_path):
    start_worker()
    job_id = ask("dawdle", folder=str(tmp_path))
    (victim,) = until(lambda: processes_that_started(tmp_path))
    os.kill(victim, signal.SIGKILL)
    until(
        lambda: (
            status_of(job_id)["state"] == "queued" or processes_that_started(tmp_path) > {victim}
        )
    )
    until(lambda: processes_that_started(tmp_path) > {victim})
    (tmp_path / "go").touch()
    told = until(lambda: over(job_id))
    assert (told["state"], told["sentence"]) == ("done", "写完了")
    assert job_house.marks() == ["开头", "结尾"]


def test_a_job_whose_whole_worker_is_killed_ends_in_a_sentence(house, start_worker, tmp_path):
    worker = start_worker()
    job_id = ask("dawdle_once", folder=str(tmp_path))
    until(lambda: processes_that_started(tmp_path))
    kill_all_of(worker)
    told = until(lambda: over(job_id))
    assert (told["state"], told["sentence"]) == ("failed", str(jobs.INTERRUPTED))
    assert job_house.marks() == []


def test_a_killed_worker_leaves_no_process_behind(house, start_worker, tmp_path):
    """Its children notice, so that a supervisor that restarts workers does not collect orphans."""
    worker = start_worker()
    job_id = ask("dawdle", folder=str(tmp_path))
    (child,) = until(lambda: processes_that_started(tmp_path))
    (tmp_path / "go").touch()
    until(lambda: over(job_id))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not Path(f"/proc/{child}").exists())
