"""Who acts: always an argument, never taken from the air."""

from __future__ import annotations

from dataclasses import dataclass

CLOCK_ROLE = "clock"


@dataclass(frozen=True)
class Actor:
    """One account at its one post, at the moment it acts.

    `role` is what steps and grids grant to; `org_path` is what the scope narrows to;
    `ip` is where the request came from ("" for commands and jobs).
    """

    id: int | None
    username: str
    name: str
    role: str
    org_id: int | None
    org_path: str
    org_name: str = ""
    ip: str = ""


CLOCK = Actor(None, "clock", "系统定时任务", CLOCK_ROLE, None, "/")
"""The machine itself: passes the same gates as people where a step names its role."""
