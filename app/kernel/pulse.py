"""Signs of life of a running job, visible while its one business transaction is still open.

PostgreSQL: the job's own row, over a second connection. SQLite has one writer, and that is the
open transaction; but it also has one machine, so a small file beside the database does.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.job_models import RUNNING, Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Engine

    from app.kernel.actor import Actor

log = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
JOB = Job.__table__


class Stopped(Exception):
    """The job is no longer this attempt's: cancelled, or given to another worker."""


class Ticket(NamedTuple):
    """The right to run a job: its number, and which start of it this is."""

    id: int
    attempt: int

    def held(self) -> ColumnElement[bool]:
        """The row is still running under this ticket."""
        return (JOB.c.id == self.id) & (JOB.c.attempts == self.attempt) & (JOB.c.state == RUNNING)


def alive_now() -> float:
    """Real seconds since 1970: a worker dies in real time, whatever the business clock says."""
    return time.time()  # noqa: TID251 -- liveness, not business time


@dataclass
class Progress:
    """What a job function is given to speak through. Cheap: call it for every row."""

    actor: Actor
    done: int = 0
    total: int = 0
    sentence: str = ""
    even: bool = True
    job_id: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)

    def step(self, done: int, total: int = 0, sentence: object = "", even: bool = True) -> None:
        """`done` of `total` are through; raises Stopped when nobody waits for the rest.

        `even`: each takes as long as the next, so that the time left can be foretold.
        """
        if self.stopped.is_set():
            raise Stopped
        self.done, self.total, self.even = done, total or self.total, even
        self.sentence = str(sentence) or self.sentence

    @property
    def seconds_left(self) -> int | None:
        if not self.even or not 0 < self.done <= self.total:
            return None
        return round((time.monotonic() - self._began) / self.done * (self.total - self.done))

    def said(self) -> dict[str, Any]:
        """The columns of the job row that tell how far it is."""
        return {
            "done": self.done,
            "total": self.total,
            "seconds_left": self.seconds_left,
            "sentence": self.sentence,
        }


class Pulse:
    """Signs of life in the job's row, over a connection of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def beat(self, ticket: Ticket, said: dict[str, Any]) -> bool:
        """Noted; false when the ticket is no longer good."""
        signs = update(JOB).where(ticket.held()).values(heartbeat=alive_now(), **said)
        with self._engine.begin() as connection:
            return connection.execute(signs).rowcount == 1

    def ask_to_stop(self, job_id: int) -> None:
        """The running attempt hears of it at its next beat (here: from the cancelled row)."""

    def heard_since(self, moment: float) -> list[int]:
        """Jobs whose life is told elsewhere than in their row."""
        return []

    def latest(self, job_id: int) -> dict[str, Any]:
        """What the running attempt said last, where the row does not tell."""
        return {}

    def forget(self, job_id: int) -> None:
        """Nothing of that job is kept outside its row."""


class FilePulse(Pulse):
    """Signs of life in one small file a job, beside the SQLite database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine)
        self._folder = folder

    def _file(self, job_id: int, kind: str) -> Path:
        return self._folder / f"{job_id}.{kind}"

    def beat(self, ticket: Ticket, said: dict[str, Any]) -> bool:
        self._folder.mkdir(exist_ok=True)
        draft = self._file(ticket.id, f"draft-{os.getpid()}")
        draft.write_text(json.dumps({"heartbeat": alive_now(), **said}))
        draft.replace(self._file(ticket.id, "json"))
        with self._engine.connect() as connection:
            held = connection.scalar(select(JOB.c.id).where(ticket.held())) is not None
        return held and not self._file(ticket.id, "stop").exists()

    def ask_to_stop(self, job_id: int) -> None:
        self._folder.mkdir(exist_ok=True)
        self._file(job_id, "stop").touch()

    def heard_since(self, moment: float) -> list[int]:
        heard = {int(f.stem): self.latest(int(f.stem)) for f in self._folder.glob("*.json")}
        return [job_id for job_id, said in heard.items() if said.get("heartbeat", 0) >= moment]

    def latest(self, job_id: int) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._file(job_id, "json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def forget(self, job_id: int) -> None:
        for kind in ("json", "stop"):
            self._file(job_id, kind).unlink(missing_ok=True)


def pulse_of(engine: Engine) -> Pulse:
    """The place for signs of life that fits this database."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return Pulse(engine)
    return FilePulse(engine, Path(f"{database}-jobs"))


@contextmanager
def beating(pulse: Pulse, ticket: Ticket, progress: Progress) -> Iterator[None]:
    """Inside, a thread gives a sign of life every second, also during one long statement."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(pulse, ticket, progress, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(pulse: Pulse, ticket: Ticket, progress: Progress, over: threading.Event) -> None:
    while not over.is_set():
        try:
            if not pulse.beat(ticket, progress.said()):
                progress.stopped.set()
                return
        except SQLAlchemyError:
            log.warning("job %s: no sign of life could be noted", ticket.id, exc_info=True)
        over.wait(BEAT_SECONDS)
