"""Background work, as the rooms see it: declare a kind, ask for it, watch it, stop it.

A job function gets `(progress, **args)` and works in `db.session` in its owner's scope and
language. It never commits: its writes and the row that says "done" are one transaction, so that
whatever kills the worker, either all of it happened or none, and starting it again is safe.
On SQLite its first statement takes the one write lock: read files before touching the database.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from flask import current_app, has_request_context
from flask_babel import get_locale
from sqlalchemy import event, exists, select, update

from app.kernel import audit, clock
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.job_models import CANCELLED, FAILED, QUEUED, RUNNING, STATES, Job
from app.kernel.pulse import JOB, alive_now, pulse_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from app.kernel.actor import Actor

    Function = Callable[..., "Done | None"]

CALLED_OFF = _l("已取消，数据未写入。")
INTERRUPTED = _l("后台任务被中断，数据未写入，请重新提交。")
LONG_QUEUE = _l("前面还有任务，或后台服务没有运行。任务不会丢失；一直不动时请联系系统管理员。")
SILENT_SECONDS = 30.0
LONG_WAIT = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Done:
    """What came of a job: a sentence, where to look next, and figures for machines."""

    sentence: object
    next_url: str = ""
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A sort of background work. `retries`: how often a killed one is started again."""

    name: str
    title: object
    run: Function
    retries: int


KINDS: dict[str, Kind] = {}
NIGHTLY: dict[str, dt.time] = {}


def job(kind: str, title: object, retries: int = 1) -> Callable[[Function], Function]:
    """The decorated function runs whenever a job of this kind is asked for."""

    def declare(function: Function) -> Function:
        if kind in KINDS and KINDS[kind].run.__qualname__ != function.__qualname__:
            raise ValueError(f"two job functions for {kind!r}")
        KINDS[kind] = Kind(kind, title, function, retries)
        return function

    return declare


def nightly(hour: int, minute: int, kind: str, title: object) -> Callable[[Function], Function]:
    """The decorated function is asked for once a day from that Shanghai time on, by the clock.

    A night slept through is made up for when a worker is back the same day.
    """

    def declare(function: Function) -> Function:
        NIGHTLY[kind] = dt.time(hour, minute)
        return job(kind, title)(function)

    return declare


def enqueue(
    kind: str, *, actor: Actor, title: str = "", once: str | None = None, **args: Any
) -> Job:
    """A queued job in the caller's transaction: it starts after the commit, or never was.

    `args` must be plain JSON values. `once`: a key that at most one job ever carries.
    """
    known = KINDS[kind]
    json.dumps(args)  # here, where the caller can read the traceback
    row = Job(
        kind=kind,
        title=title or str(known.title),
        args=args,
        user_id=actor.id,
        username=actor.username,
        owner=asdict(actor),
        org_path=actor.org_path,
        locale=str(get_locale() or "") if has_request_context() else "",
        retries=known.retries,
        once=once,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    db.session().info["jobs_to_wake"] = True
    return row


@event.listens_for(db.session, "after_commit")
def _wake_after_commit(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop("jobs_to_wake", False):
        wake()


@event.listens_for(db.session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    session.info.pop("jobs_to_wake", None)


def wake() -> None:
    """A worker, if any is listening, looks into the job table now."""
    current_app.extensions["jobs"].wake()


def find(job_id: int, actor: Actor) -> Job | None:
    """The job, if `actor` is who asked for it."""
    return db.session.scalar(select(Job).where(Job.id == job_id, Job.user_id == actor.id))


def under_way(kind: str, actor: Actor, args: dict[str, Any]) -> Job | None:
    """The job of this kind and with these arguments, maybe among others, that `actor` asked for
    where they sit today and that is not over."""
    mine = select(Job).where(
        Job.kind == kind, Job.user_id == actor.id, Job.org_path == actor.org_path,
        Job.state.in_((QUEUED, RUNNING)),
    )  # fmt: skip
    found = db.session.scalars(mine)
    return next((job for job in found if job.args | args == job.args), None)


def cancel(row: Job, *, actor: Actor) -> None:
    """Nothing of that job will have happened; refused when it is over already.

    A transaction of its own, which on SQLite gets the write lock once the running job has heard.
    """
    job_id, title = row.id, row.title
    db.session.rollback()
    pulse_of(db.engine).ask_to_stop(job_id)
    off = update(Job).where(Job.id == job_id, Job.state.in_((QUEUED, RUNNING, CANCELLED)))
    values = {"state": CANCELLED, "error": str(CALLED_OFF), "finished_at": clock.now()}
    with writing():
        if not db.session.execute(off.values(values)).rowcount:  # type: ignore[attr-defined]
            db.session.rollback()
            raise Refused(_("任务已经结束，不能取消"))
        audit.record("cancel_job", actor=actor, subject="job", subject_id=job_id, note=title)
        db.session.commit()


def status(row: Job) -> dict[str, Any]:
    """How far the job is, for a page that asks every second; it also finds out a dead worker."""
    if row.state == RUNNING:
        sweep()
    said = pulse_of(db.engine).latest(row.id) if row.state == RUNNING else {}
    told = {
        name: said.get(name, getattr(row, name))
        for name in ("done", "total", "seconds_left", "sentence")
    }
    return told | {
        "state": row.state,
        "state_label": str(STATES[row.state]),
        "title": row.title,
        "sentence": _(row.error) if row.error else told["sentence"] or _waiting(row),
        "next_url": row.next_url,
        "over": row.state not in {QUEUED, RUNNING},
    }


def _waiting(row: Job) -> str:
    """What to tell whose job nobody has taken up for long."""
    since = clock.now() - clock.moment_of(row.created_at)
    return str(LONG_QUEUE) if row.state == QUEUED and since > LONG_WAIT else ""


def sweep() -> int:
    """No job hangs: those of dead workers are queued again, or end in a sentence; how many."""
    moment = alive_now() - SILENT_SECONDS
    heard = pulse_of(db.engine).heard_since(moment)
    silent = (JOB.c.state == RUNNING) & (JOB.c.heartbeat < moment) & JOB.c.id.not_in(heard)
    with db.engine.connect() as connection:
        if not connection.scalar(select(exists().where(silent))):
            return 0
    again = update(JOB).where(silent, JOB.c.attempts <= JOB.c.retries).values(state=QUEUED)
    over = update(JOB).where(silent).values(
        state=FAILED, error=str(INTERRUPTED), finished_at=clock.now()
    )  # fmt: skip
    with writing(), db.engine.begin() as connection:
        found = connection.execute(again).rowcount + connection.execute(over).rowcount
    wake()
    return found
