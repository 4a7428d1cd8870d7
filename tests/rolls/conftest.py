"""The tests of this room stand on the engine: no pages, one world."""

from tests.engine import engine, world

__all__ = ["engine", "world"]
