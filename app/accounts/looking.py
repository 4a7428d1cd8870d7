"""What a command looks up, in the part of the tree where its actor stands.

@group.command("list")
@sifting(RECOVERIES)               # adds --state and --limit
@acts
def list_(actor, **wanted): ... newest(RECOVERIES, **wanted)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from app.kernel.db import db
from app.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.kernel.workflow import Workflow


def sifting(workflow: Workflow) -> Callable[..., Any]:
    """The command takes --state, one of the workflow's, and --limit."""

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        states = click.Choice(list(workflow.states))
        limit = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
        return click.option("--state", type=states, help="只看这种状态")(limit(command))

    return with_options


def newest(workflow: Workflow, state: str | None, limit: int) -> Iterable[Any]:
    """The newest rows of the workflow's model, of one state when it is named."""
    model = workflow.model
    found = select(model).order_by(model.id.desc()).limit(limit)
    return db.session.scalars(found.where(model.state == state) if state else found)


def numbered(model: type[Any], pk: int, otherwise: str) -> Any:
    """The row of that number; where there is none to be seen, refused with this sentence."""
    found = db.session.scalar(select(model).where(model.id == pk))
    if found is None:
        raise Refused(otherwise)
    return found
