"""A big file is read in the background before anything is written."""

from __future__ import annotations

import csv

import pytest
from sqlalchemy import select, update

from app.accounts.models import Org
from app.kernel import clock, files, job_runner, jobs, scope, uploads
from app.kernel.db import db, writing
from app.kernel.job_models import Job
from app.registry import work  # noqa: F401  (declares the kind of job)
from app.registry.models import RegistryUpload, StagedEnrolment
from tests.registry.rolls import HEADS, pupils


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch):
    """No worker stands by: the tests run the job themselves."""
    monkeypatch.setattr(jobs, "wake", lambda: None)


def ask(world, rows):
    """A job that stages these rows for the world's school."""
    path = world.folder / "学籍.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADS)
        writer.writeheader()
        writer.writerows(rows)
    clerk = world.school.clerk
    with clock.at(world.moment), scope.scope(clerk.org_path), path.open("rb") as stream:
        kept = files.keep(stream)
        job = jobs.enqueue("stage_registry", actor=clerk, sha256=kept.sha256,
                           file_name="学籍.csv", school=world.school.code)  # fmt: skip
        db.session.commit()
    return job.id


def run(world):
    with clock.at(world.moment):
        job_runner.run(job_runner.claim(), alone=True)


def test_while_it_is_read_others_may_write(world, monkeypatch):
    seen = []

    def meanwhile(reading, progress):
        seen.append(db.session().in_transaction())
        with writing(), db.engine.begin() as other:  # waits for its lock in vain, or gets it
            here = Org.__table__.c.id == world.school.id
            other.execute(update(Org.__table__).where(here).values(phone="0591-1"))
        yield from told(reading, progress)

    told = uploads._told_of
    monkeypatch.setattr(uploads, "_told_of", meanwhile)
    job = ask(world, pupils(3))
    run(world)
    streamed = db.engine.dialect.name == "postgresql"  # which locks nobody out by that
    assert seen == [streamed]
    with scope.everyone("a test"):
        assert db.session.get_one(Job, job).state == "done"
        staged = db.session.scalars(select(RegistryUpload)).one()
        assert (staged.accepted, staged.rejected) == (3, 0)
        numbers = select(StagedEnrolment.__table__.c.upload_id)
        assert set(db.session.scalars(numbers)) == {staged.id}
