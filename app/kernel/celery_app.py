"""Celery around the job table: it wakes, forks, limits and keeps time; the rows hold the work.

With a broker (CELERY_BROKER_URL, Redis in production) a commit wakes a worker at once. Without
one the worker's own clock looks into the table every second, so that nothing has to be
installed or kept alive beside the database. In tests jobs run where they are asked for.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celery import Celery, signals
from celery.beat import EmbeddedService, Scheduler
from kombu.exceptions import OperationalError

from app.kernel import job_runner
from app.kernel.db import db

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)
IN_MEMORY = "memory://localhost/"
WORK, TICK = "jobs.work", "jobs.tick"


@dataclass
class Workers:
    """How this process reaches whoever runs jobs."""

    app: Flask
    celery: Celery
    eager: bool

    def wake(self) -> None:
        """Whoever listens looks into the table; with nobody to reach, its own clock will."""
        if self.eager:
            with self.app.app_context():  # the caller's session has just committed: leave it alone
                job_runner.work(alone=True)
        elif self.celery.conf.broker_url != IN_MEMORY:
            self._send()

    def _send(self) -> None:
        try:
            self.celery.send_task(WORK, retry=False, expires=60)
        except OperationalError:
            log.warning("the broker is out of reach; the job waits for the minute's sweep")


def init_app(flask_app: Flask) -> Celery:
    """Jobs work in this application; its Celery is the answer."""
    broker = flask_app.config.get("CELERY_BROKER_URL") or os.environ.get("CELERY_BROKER_URL")
    celery = Celery("student-aid", set_as_current=False)
    celery.conf.update(_settings(flask_app, broker or IN_MEMORY))
    _tasks(celery, flask_app)
    eager = flask_app.config.get("JOBS_EAGER", flask_app.testing)
    flask_app.extensions["jobs"] = Workers(flask_app, celery, bool(eager))
    return celery


def _settings(flask_app: Flask, broker: str) -> dict[str, Any]:
    look = 60.0 if broker != IN_MEMORY else 1.0
    return {
        "broker_url": broker,
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {"max_retries": 0, "socket_connect_timeout": 1},
        "task_ignore_result": True,
        "task_time_limit": flask_app.config.get("JOB_SECONDS", 3600),
        "timezone": "Asia/Shanghai",
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "beat_schedule": {
            "look": {"task": WORK, "schedule": look, "options": {"expires": look}},
            "minute": {"task": TICK, "schedule": 60.0, "options": {"expires": 55}},
        },
    }


def _tasks(celery: Celery, flask_app: Flask) -> None:
    @celery.task(name=WORK)
    def work() -> None:
        with flask_app.app_context():
            job_runner.work()

    @celery.task(name=TICK)
    def tick() -> None:
        with flask_app.app_context():
            job_runner.tick()

    @signals.worker_process_init.connect(weak=False)
    def forget_connections(**_: object) -> None:
        """A forked worker must not speak on its parent's database connections."""
        with flask_app.app_context():
            db.engine.dispose(close=False)

    @signals.worker_ready.connect(weak=False)
    def keep_time(**_: object) -> None:
        """The worker brings its own clock: several workers do no harm, nights are asked once."""
        celery.send_task(TICK)
        EmbeddedService(celery, thread=True, scheduler_cls=Scheduler).start()
