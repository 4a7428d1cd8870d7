"""A long file says how far it has been read, and stops when nobody waits for it any more."""

from __future__ import annotations

import pytest

from app.kernel import uploads
from app.kernel.db import db
from app.kernel.pulse import Progress, Stopped
from app.registry.models import StagedEnrolment
from tests.registry.rolls import pupils, send


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(uploads, "TOLD_EVERY", 10)


def test_it_says_how_many_rows_are_read(world, often):
    progress = Progress(world.school.clerk)
    with uploads.watched(progress):
        send(world, world.school, pupils(25))
    assert progress.done == 20
    send(world, world.school, pupils(35))
    assert progress.done == 20  # nobody watches that one


def test_called_off_it_leaves_nothing_behind(world, often):
    progress = Progress(world.school.clerk)
    progress.stopped.set()
    with uploads.watched(progress), pytest.raises(Stopped):
        send(world, world.school, pupils(25))
    db.session.rollback()
    assert world.count(StagedEnrolment) == 0
