"""What a command needs before it may do anything: somebody who does it.

    @group.command("take")
    @click.argument("step")
    @acts                                  # adds --as USERNAME and --json
    def take(actor, step): ...             # returns {"moved": 3, "refused": 0} or an Outcome

The same rules and the same trail as on the pages. Exit status 0 only when nothing was refused.
"""

from __future__ import annotations

import functools
import json
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.accounts import queries
from app.accounts.workflow import ACTIVE
from app.kernel import audit, scope
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.workflow import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.kernel.actor import Actor

SHORTFALLS = ("refused", "rejected")


@contextmanager
def acting_as(username: str, verb: str = "", reading: bool = False) -> Iterator[Actor]:
    """Inside, this account acts in its part of the tree, and what it did is committed at the end.

    A refusal undoes everything, goes to the trail under `verb` and is raised again. Who is only
    `reading` keeps nobody from writing meanwhile, however long it takes.
    """
    found = queries.actor_named(username.strip().lower())
    if found is None or found[0].state != ACTIVE:
        raise Refused(_("没有启用的账号「%(name)s」", name=username))
    actor = found[1]
    db.session.rollback()
    with scope.scope(actor.org_path), nullcontext() if reading else writing():
        try:
            yield actor
            db.session.commit()
        except Refused as error:
            db.session.rollback()
            audit.record("refused", actor=actor, outcome=audit.REFUSED, subject=verb[:40],
                         note=error.sentence)  # fmt: skip
            db.session.commit()
            raise
        finally:
            db.session.rollback()


def acts(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command takes --as USERNAME and --json, gets `actor` first, and reports what it did."""

    @click.option("--as", "username", required=True, help="谁在办理（用户名）")
    @click.option("--json", "as_json", is_flag=True, help="以 JSON 输出数目")
    @click.pass_context
    @with_appcontext
    @functools.wraps(command)
    def run(context: click.Context, /, username: str, as_json: bool, **options: Any) -> None:
        try:
            with acting_as(username, context.info_name or "") as actor:
                done = command(actor, **options)
        except Refused as error:
            report({"refused": 1, "sentences": [error.sentence]}, as_json)
        else:
            report(told(done), as_json)

    return run


def told(done: Outcome | Mapping[str, Any] | None) -> dict[str, Any]:
    """What a command did, as counts and sentences."""
    if isinstance(done, Outcome):
        said = [f"#{pk}: {why}" for pk, why in done.refused.items()]
        return {"moved": done.moved, "refused": done.refused_total, "sentences": said}
    return dict(done or {})


def report(done: dict[str, Any], as_json: bool) -> None:
    """Counts on standard output, sentences on standard error, status 1 when any fell short."""
    sentences = done.pop("sentences", [])
    for sentence in sentences:
        click.echo(sentence, err=True)
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, default=str))
    else:
        for name, value in done.items():
            click.echo(f"{name}: {value}")
    if any(done.get(name) for name in SHORTFALLS):
        raise click.exceptions.Exit(1)
