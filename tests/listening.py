"""Somebody who waits for a job, and remembers all it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.pulse import Progress

if TYPE_CHECKING:
    from app.kernel.actor import Actor


class Heard(Progress):
    """`all`: (done, sentence) of every word so far; `foretold`: that the rest would take so long.
    After `patience` words nobody waits."""

    def __init__(self, actor: Actor, patience: int = 1_000) -> None:
        super().__init__(actor)
        self.all: list[tuple[int, str]] = []
        self.foretold: list[int] = []
        self.patience = patience

    def step(self, *given: Any, **more: Any) -> None:
        if len(self.all) == self.patience:
            self.stopped.set()
        super().step(*given, **more)
        self.all.append((self.done, self.sentence))
        self.foretold += [self.seconds_left] if self.seconds_left else []
