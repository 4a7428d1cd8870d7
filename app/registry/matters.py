"""What the rooms above keep about a person, each told by its own room."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Matter(NamedTuple):
    """One thing kept about a person: what it is, how far it has come, and the page it stands on."""

    what: str
    words: str
    state: str
    tone: str
    grid: str
    pk: int


ASKED: list[Callable[[int], list[Matter]]] = []
"""Person -> matters in the scope in force, one statement each."""


def matters_about(person_id: int) -> list[Matter]:
    return [matter for ask in ASKED for matter in ask(person_id)]
