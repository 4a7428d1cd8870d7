"""A long file says how far it is being read and taken, and stops when nobody waits any more."""

from __future__ import annotations

import pytest

from app.kernel import legs, uploads
from app.kernel.db import db
from app.kernel.pulse import Progress, Stopped
from app.kernel.sheets import reading
from app.registry.models import StagedEnrolment
from tests.listening import Heard
from tests.registry.rolls import pupils, send, take


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 10)


def test_it_says_how_many_rows_are_read(world, often):
    progress = Progress(world.school.clerk)
    with uploads.watched(progress):
        send(world, world.school, pupils(25))
    assert progress.done == 25
    send(world, world.school, pupils(35))
    assert progress.done == 25  # nobody watches that one


def test_called_off_it_leaves_nothing_behind(world, often):
    progress = Progress(world.school.clerk)
    progress.stopped.set()
    with uploads.watched(progress), pytest.raises(Stopped):
        send(world, world.school, pupils(25))
    db.session.rollback()
    assert world.count(StagedEnrolment) == 0


def test_taken_it_says_by_name_which_step_it_is_at(world):
    heard = Heard(world.school.clerk)
    staged = send(world, world.school, pupils(3))
    with legs.told(heard):
        take(world, staged)
    assert [done for done, _sentence in heard.all] == [0, 1, 2, 3, 4, 5]
    assert (heard.total, heard.foretold) == (5, [])
    assert [sentence for _done, sentence in heard.all][1] == "第2步，共5步：登记学生"
    take(world, send(world, world.school, pupils(4)))
    assert len(heard.all) == 6  # nobody listens to that one
