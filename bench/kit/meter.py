"""Seconds of wall and processor, statements, and memory, for whatever runs inside."""

from __future__ import annotations

import gc
import os
import statistics
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Spent:
    """What one piece of work cost. `client` and `server` are processor seconds."""

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0
    statements: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return self.client + self.server

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.client + other.client,
                     self.server + other.server, self.statements + other.statements)  # fmt: skip

    def cells(self) -> list[str]:
        return [f"{self.wall:.2f}", f"{self.cpu:.2f}", f"{self.client:.2f}", f"{self.server:.2f}"]


HEAD = ["wall s", "CPU s", "program", "database"]


@contextmanager
def measured(home: Path | None = None) -> Iterator[Spent]:
    """The block's cost stands in the value afterwards. `home`: the server's socket folder.

    What was made before is not swept inside: a measurement holds more than a worker ever does.
    """
    gc.collect()
    gc.freeze()
    spent, before = Spent(), _server_seconds(home)
    cpu, wall = time.process_time(), time.perf_counter()
    with statements() as said:
        yield spent
    spent.wall, spent.client = time.perf_counter() - wall, time.process_time() - cpu
    spent.server = _server_seconds(home) - before
    spent.statements, spent.said = len(said), said


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that SQLAlchemy sends inside; a COPY of ours goes past it and is not counted."""
    said: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _server_seconds(home: Path | None) -> float:
    """Processor seconds of the server and all its children, those that are gone included."""
    if home is None:
        return 0.0
    chief = (home / "data" / "postmaster.pid").read_text().split()[0]
    total = sum(_stat(chief)[13:17])
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = _stat(path.parent.name)
        except (OSError, ValueError, IndexError):
            continue
        if stat[3] == int(chief):
            total += stat[13] + stat[14]
    return total / TICK


def _stat(pid: str) -> list[int]:
    """The fields of /proc/<pid>/stat by their number minus one; the name is left out as 0."""
    head, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    fields = rest.split()
    return [int(head.split()[0]), 0, 0, *(int(x) if x.lstrip("-").isdigit() else 0
                                           for x in fields[1:])]  # fmt: skip


def best_of(n: int, work: Callable[[], Spent]) -> Spent:
    """The run with the median processor time of `n`."""
    runs = sorted((work() for _ in range(n)), key=lambda s: s.cpu)
    return runs[len(runs) // 2]


def median_ms(n: int, work: Callable[[], Any]) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    return statistics.median(once() for _ in range(n))


class Peak:
    """The largest resident size of this process while the block runs, and how much that rose."""

    def __enter__(self) -> Peak:
        self.start = self.top = _resident()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.top = max(self.top, _resident())

    @property
    def rise(self) -> float:
        return (self.top - self.start) / 2**20


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def load_average() -> str:
    return " / ".join(f"{x:.1f}" for x in os.getloadavg())


def most_said(said: list[str], n: int = 5) -> list[tuple[str, int]]:
    return Counter(s[:70] for s in said).most_common(n)
