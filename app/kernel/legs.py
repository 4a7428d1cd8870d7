"""The legs of a long way, by name: which one a job is on, and how many there are.

COMPARE, WRITE = legs(_l("比对"), _l("写入"))
with told(progress):     # the job
    COMPARE.begins()     # anywhere below; says nothing where nobody listens
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.pulse import Progress

_listening: ContextVar[Progress | None] = ContextVar("listening", default=None)


@dataclass(frozen=True)
class Leg:
    """One of `of` legs; their lengths differ, so nobody foretells from them when all is done."""

    name: Any
    n: int
    of: int

    def begins(self) -> None:
        """Whoever waits can read it; raises Stopped when nobody waits any more."""
        if progress := _listening.get():
            said = _("第%(n)s步，共%(of)s步：%(name)s", n=self.n, of=self.of, name=self.name)
            progress.step(self.n - 1, self.of, said, even=False)


def legs(*names: Any) -> tuple[Leg, ...]:
    return tuple(Leg(name, n, len(names)) for n, name in enumerate(names, 1))


@contextmanager
def told(progress: Progress) -> Iterator[None]:
    """Legs that begin inside are told to this job; when it ends well, all of them are through."""
    token = _listening.set(progress)
    try:
        yield
    finally:
        _listening.reset(token)
    progress.step(progress.total)
