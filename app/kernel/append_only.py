"""The trail cannot be rewritten: the database itself refuses, whoever asks."""

from __future__ import annotations

from app.kernel.audit import Event
from app.kernel.triggers import guard, unwritable

NAME = Event.__tablename__

guard(Event.__table__, unwritable(NAME, f"{NAME}_is_append_only", f"{NAME} is append-only"))
