"""A list too long for one answer: the same file, written in the background, for one account."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import select

from app.kernel import clock, files, job_runner, jobs, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.grid import Grid, big_export
from app.kernel.job_models import Job
from app.kernel.pulse import Progress, Stopped
from tests.stage import counted

LISTED, FILTER = "/enrolmentgrid/export", "_flt_0_name=林"
GROWING = {"event", "job"}
"""Tables that an export adds to."""


@pytest.fixture
def clerk(sits):
    return sits("siming_clerk")


@pytest.fixture
def few(living, monkeypatch):
    """From here on every list with a row in it is a long one, and no job runs by itself."""

    def make():
        monkeypatch.setitem(living.staff.config, "EXPORT_ROWS", 0)
        monkeypatch.setattr(jobs, "wake", lambda: None)

    return make


def latest(living):
    with living.staff.app_context(), scope.everyone("a test looks"):
        job = db.session.scalar(select(Job).order_by(Job.id.desc()).limit(1))
        db.session.expunge_all()
        return job


def asked(living, person, address):
    """The page of the file that was asked for; a worker has come by, who answers no request."""
    watched = person.client.get(address)
    assert watched.status_code == 303, watched.text
    with living.staff.app_context():
        job_runner.work(alone=True)
    told = person.client.get(f"{watched.location}/status").json
    assert told["state"] == "done", told
    return told["next_url"]


def fetched(living, person, address):
    return person.downloads(f"{asked(living, person, address)}/file")


def cells(workbook):
    """All cells, without the line that says when."""
    sheets = openpyxl.load_workbook(io.BytesIO(workbook))
    rows = [[cell.value for cell in row] for sheet in sheets for row in sheet]
    return [row for row in rows if "时间：" not in str(row[0])]


def events(living, verb, table):
    found = select(Event.actor, Event.count, Event.filter_text, Event.note)
    with living.staff.app_context(), scope.everyone("a test looks"):
        where = found.where(Event.verb == verb, Event.subject == table).order_by(Event.id)
        return list(db.session.execute(where))


@pytest.mark.parametrize("username", ["siming_clerk", "fujian_clerk", "siming_exporter"])
def test_every_list_is_the_same_file_as_in_one_answer(living, sits, few, username):
    person = sits(username)
    at_once = {}
    for grid in Grid.all:
        address = f"/{grid.__name__.lower()}/export?format=csv"
        answer = person.client.get(address)
        if answer.status_code == 200 and grid.model.__tablename__ not in GROWING:
            at_once[address] = answer.data
    assert len(at_once) > 8
    few()
    filled = {a: data for a, data in at_once.items() if len(data.splitlines()) > 2}
    assert len(filled) > 4
    for address, data in filled.items():
        assert fetched(living, person, address) == data, address


def test_filter_order_columns_and_masks_are_as_seen(living, clerk, few):
    clerk.sends("/enrolmentgrid/columns", columns=["name", "id_mask", "school", "left_in"])
    address = f"{LISTED}?{FILTER}&_oc_EnrolmentGrid=name&_od_EnrolmentGrid=desc"
    at_once = clerk.downloads(address)
    few()
    file = fetched(living, clerk, address)
    assert cells(file) == cells(at_once)
    rows = [row for row in cells(file) if "*" in str(row[1])]
    assert len(rows) > 3
    assert all(row[0].startswith("林") for row in rows)
    assert {len(row) for row in rows} == {4}
    assert openpyxl.load_workbook(io.BytesIO(file)).worksheets[0]["A2"].value.startswith("导出人")


def test_the_trail_knows_who_took_how_many_of_what_and_who_fetched_it(living, clerk, few):
    few()
    exported = len(events(living, "export", "enrolment"))
    fetched_before = len(events(living, "download", "enrolment"))
    page = asked(living, clerk, f"{LISTED}?{FILTER}")
    job = latest(living)
    [new] = events(living, "export", "enrolment")[exported:]
    assert (new.actor, new.count, new.note) == ("siming_clerk", job.result["count"], "xlsx")
    assert new.count > 3
    assert "*" in new.filter_text
    assert len(events(living, "download", "enrolment")) == fetched_before
    clerk.downloads(f"{page}/file")
    [taken] = events(living, "download", "enrolment")[fetched_before:]
    assert (taken.actor, taken.count) == ("siming_clerk", new.count)


def test_what_was_searched_for_stands_nowhere_in_the_job(living, clerk, few):
    few()
    asked(living, clerk, f"{LISTED}?{FILTER}")
    job = latest(living)
    assert "林" not in json.dumps([job.args, job.title, job.sentence], ensure_ascii=False)
    assert "%E6%9E%97" not in json.dumps(job.args)


@pytest.mark.parametrize(("username", "status"), [
    ("siming_reviewer", 404), ("fujian_clerk", 404), ("xiamen_clerk", 404), ("sysadmin", 403),
])  # fmt: skip
def test_nobody_else_fetches_the_file(living, clerk, sits, few, username, status):
    few()
    page, stranger = asked(living, clerk, LISTED), sits(username)
    assert stranger.opens(page).status == status
    assert stranger.client.get(f"{page}/file").status_code == status
    assert clerk.client.get(f"{page}/file").status_code == 200


def test_who_sits_elsewhere_by_now_does_not_fetch_it_any_more(living, clerk, few):
    few()
    page, job = asked(living, clerk, LISTED), latest(living)
    grid = next(v for v in living.staff.appbuilder.baseviews if type(v).__name__ == "EnrolmentGrid")
    with living.staff.app_context(), scope.everyone("a test looks"):
        assert big_export.find(grid, job.id, job.actor).id == job.id
        assert big_export.find(grid, job.id, replace(job.actor, org_path="/35/")) is None
    assert clerk.opens(page).status == 200


def test_another_list_does_not_hand_it_out(living, clerk, few):
    few()
    page = asked(living, clerk, LISTED)
    for rest in ("", "/file"):
        assert clerk.opens(page.replace("enrolmentgrid", "attemptgrid") + rest).status == 404


def test_a_job_of_another_kind_is_no_export(living, clerk):
    with living.staff.app_context(), scope.everyone("a test sets its stage"):
        mine = db.session.scalar(select(Job.id).where(Job.kind != "export").limit(1))
    assert clerk.opens(f"/enrolmentgrid/exported/{mine or 1}").status == 404


def test_after_a_day_it_is_gone(living, clerk, few):
    few()
    page = asked(living, clerk, LISTED)
    for hours, there in ((23, True), (25, False)):
        made = clock.now().timestamp() - hours * 3600
        os.utime(lying(living), (made, made))
        assert clerk.opens(page).offers(f"{page}/file") is there
        assert clerk.client.get(f"{page}/file").status_code == (200 if there else 409)
    assert "已经删除" in clerk.opens(page).words


def test_the_file_lies_sealed(living, clerk, few):
    few()
    file = fetched(living, clerk, LISTED)
    path = lying(living)
    assert file.startswith(b"PK")
    assert not path.read_bytes().startswith(b"PK")


def lying(living):
    with living.staff.app_context():
        return files.made() / f"export-{latest(living).args['token']}"


def test_asked_for_twice_it_is_written_once(clerk, few):
    few()
    first = clerk.client.get(f"{LISTED}?{FILTER}").location
    assert clerk.client.get(f"{LISTED}?{FILTER}").location == first
    assert clerk.client.get(LISTED).location != first
    assert clerk.client.get(f"{LISTED}?{FILTER}&format=csv").location != first


def test_called_off_it_leaves_nothing(living, clerk, few):
    few()
    exported = len(events(living, "export", "enrolment"))
    clerk.client.get(LISTED)
    job = latest(living)

    class CalledOff(Progress):
        def step(self, done, *more, **how):
            super().step(done, *more, **how)
            if done == 7:
                self.stopped.set()

    progress = CalledOff(job.actor, job_id=job.id)
    with living.staff.app_context(), scope.scope(job.org_path):
        with pytest.raises(Stopped):
            jobs.KINDS["export"].run(progress, **job.args)
        db.session.rollback()
    assert progress.done == 7
    assert not lying(living).exists()
    assert len(events(living, "export", "enrolment")) == exported


def test_it_costs_the_same_statements_for_few_rows_and_for_many(living, clerk, few):
    few()
    costs = []
    for address in (f"{LISTED}?{FILTER}", LISTED):
        with counted() as seen:
            asked(living, clerk, address)
        costs.append(len(seen))
    assert costs[0] == costs[1]
