"""Background work, as a worker does it: claim one row, run it, close it; look after the dead.

Whoever may run a job holds a ticket: the job's number and which start of it this is. Claiming is
one UPDATE, closing is another in the transaction of the job's own writes, and both ask whether
the ticket is still good. So a job runs once at a time, and a worker that everybody took for
dead cannot write after all.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import nullcontext
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.kernel import clock
from app.kernel.actor import CLOCK
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.job_models import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job
from app.kernel.jobs import CALLED_OFF, KINDS, NIGHTLY, Done, enqueue, sweep, wake
from app.kernel.pulse import JOB, Progress, Stopped, Ticket, alive_now, beating, pulse_of
from app.kernel.scope import everyone, placed, scope

log = logging.getLogger(__name__)


def work(alone: bool = False) -> None:
    """The oldest queued job, if there is one, has been run. `alone`: nobody watches meanwhile."""
    if ticket := claim():
        try:
            run(ticket, alone=alone)
        finally:
            wake()


def claim() -> Ticket | None:
    """The oldest queued job is now this worker's, and no other's."""
    queued = select(JOB.c.id).where(JOB.c.state == QUEUED).order_by(JOB.c.id).limit(1)
    with db.engine.connect() as connection:
        if connection.scalar(queued) is None:  # the usual answer, and it costs no write lock
            return None
    first = queued.with_for_update(skip_locked=True).scalar_subquery()
    mine = update(JOB).where(JOB.c.id == first, JOB.c.state == QUEUED)
    start = {
        "state": RUNNING,
        "attempts": JOB.c.attempts + 1,
        "heartbeat": alive_now(),
        "started_at": clock.now(),
    }
    with writing(), db.engine.begin() as connection:
        row = connection.execute(mine.values(start).returning(JOB.c.id, JOB.c.attempts)).first()
    return Ticket(*row) if row else None


def run(ticket: Ticket, alone: bool = False) -> None:
    """The job is over: done, failed with a sentence, or no longer ours."""
    job = _load(ticket)
    pulse, progress = pulse_of(db.engine), Progress(job.actor, job_id=ticket.id)
    pulse.forget(ticket.id)  # whatever an earlier attempt left
    watched = nullcontext() if alone else beating(pulse, ticket, progress)
    with scope(job.org_path), force_locale(job.locale or _house_locale()), writing():
        with watched:
            ending = _attempt(job, ticket, progress)
        if ending:
            _close(ticket, ending | {"done": progress.done, "total": progress.total})
    pulse.forget(ticket.id)


def _house_locale() -> str:
    return str(current_app.config.get("BABEL_DEFAULT_LOCALE") or "zh_CN")


def _load(ticket: Ticket) -> Job:
    with everyone("the row says whose scope the job runs in"):
        job = db.session.get_one(Job, ticket.id)
        db.session.expunge(job)
    db.session.rollback()
    return job


def _attempt(job: Job, ticket: Ticket, progress: Progress) -> dict[str, Any]:
    """The job function ran and its writes are committed, or nothing is; then how it ended."""
    try:
        outcome = KINDS[job.kind].run(progress, **job.args) or Done(progress.sentence)
        db.session.flush()
        _finish(ticket, progress, outcome)
        db.session.commit()
    except Stopped:
        return _undone(CANCELLED, CALLED_OFF)
    except Refused as refusal:
        return _undone(FAILED, refusal.sentence)
    except Exception:
        reference = f"{job.id}-{secrets.token_hex(3)}"
        log.exception("job %s (%s) failed, reference %s", job.id, job.kind, reference)
        return _undone(FAILED, _sorry(reference))
    return {}


def _sorry(reference: str) -> str:
    return _(
        "系统处理时出错，数据未写入。请稍后重新提交；"
        "仍不成功时，请把编号 %(reference)s 告诉管理员。",
        reference=reference,
    )


def _undone(state: str, sentence: object) -> dict[str, Any]:
    db.session.rollback()
    return {"state": state, "error": str(sentence)}


def _finish(ticket: Ticket, progress: Progress, outcome: Done) -> None:
    """The row says "done" in the transaction of the job's own writes; Stopped if it is not ours."""
    values = progress.said() | {
        "state": DONE,
        "seconds_left": 0,
        "sentence": str(outcome.sentence),
        "next_url": outcome.next_url,
        "result": outcome.result,
        "finished_at": clock.now(),
    }
    mine = update(JOB).where(ticket.held()).values(values)
    closed = db.session.execute(mine, execution_options=placed())
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise Stopped


def _close(ticket: Ticket, ending: dict[str, Any]) -> None:
    """A job that wrote nothing ends in its sentence, unless somebody else has closed it."""
    values = ending | {"seconds_left": None, "finished_at": clock.now()}
    with db.engine.begin() as connection:
        connection.execute(update(JOB).where(ticket.held()).values(values))


def tick() -> None:
    """Each minute: the dead are swept, and the nightly work that is due is asked for."""
    sweep()
    today, hour = clock.today().isoformat(), clock.now().time()
    due = {f"{kind} {today}": kind for kind, at in NIGHTLY.items() if hour >= at}
    with everyone("nightly work belongs to the clock"), writing():
        asked = set(db.session.scalars(select(JOB.c.once).where(JOB.c.once.in_(list(due)))))
        for key in due.keys() - asked:
            _ask_once(due[key], key)


def _ask_once(kind: str, key: str) -> None:
    try:
        enqueue(kind, actor=CLOCK, once=key)
        db.session.commit()
    except IntegrityError:  # another worker's clock was faster
        db.session.rollback()
