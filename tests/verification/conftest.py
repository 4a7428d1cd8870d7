"""The tests of this room stand on the engine: no pages, one world."""

import app.verification.workflow  # noqa: F401  (its tables and lives are known before any world)
from tests.engine import engine, world

__all__ = ["engine", "world"]
