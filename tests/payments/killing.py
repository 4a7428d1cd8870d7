"""A step in a child of this process that is killed before its n-th statement, or before a commit:
SIGKILL, so no handler runs and nothing of ours rolls back."""

from __future__ import annotations

import os
import signal
import traceback
from itertools import count

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.payments.models import (
    Attempt,
    FundArrival,
    PayFile,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.publicity.models import AidLine, AidList, Finding, StagedLine, Upload
from app.registry.models import Card, CardChange, CoveredMonth, Person

TABLES = [m.__table__ for m in (
    AidList, AidLine, Finding, StagedLine, Upload, Person, Card, CoveredMonth, PayRun, Payment,
    Attempt, PayFile, ResultFile, ResultLine, Recovery, FundArrival, CardChange, Event,
)]  # fmt: skip
DONE, BROKEN = 0, 3


def everything():
    """All rows of all tables a step may touch."""
    db.session.remove()
    with scope.everyone("a test looks"):
        found = {t.name: sorted(map(repr, db.session.execute(select(t)))) for t in TABLES}
    db.session.remove()
    return found


def die_before(n):
    """From here on this process kills itself instead of running its n-th statement, or commit."""
    seen = count(1)

    def strike(*_what):
        if next(seen) == n:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", strike)
    event.listen(Engine, "commit", strike)


def in_a_child(verb, n):
    """How the verb ended in a process of its own that dies before statement n."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:  # nothing may climb back into the tests of the parent
            die_before(n)
            verb()
            os._exit(DONE)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(BROKEN)
    _pid, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def killed_everywhere(verb):
    """How many places there were to die at; at each the tables stayed as they were."""
    before = everything()
    for n in count(1):
        ended = in_a_child(verb, n)
        if ended == DONE:
            assert everything() != before, "the step did nothing"
            return n - 1
        assert ended == -signal.SIGKILL, f"the step broke by itself at statement {n}"
        assert everything() == before, f"killed before statement {n} it left something"
    return 0
