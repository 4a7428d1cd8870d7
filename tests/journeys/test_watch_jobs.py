"""Whoever asked for work in the background watches it and calls it off; nobody else does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.kernel import scope, uploads
from app.kernel.db import db, writing
from app.kernel.job_models import QUEUED, Job
from tests import world
from tests.journeys.people import filled_in


@pytest.fixture(params=["zh_CN"])
def language(request):
    return request.param


@pytest.fixture
def clerk(at_desk):
    return at_desk(world.LANXI_CLERK)


@pytest.fixture
def address(fujian, clerk, rows, monkeypatch):
    """A list big enough for the background, read there; the page that told how far it was."""
    monkeypatch.setattr(uploads, "BIG_FILE", 1)
    file = filled_in(clerk.downloads("/listgrid/template"), rows)
    page = clerk.sends("/listgrid/upload", month="2026-11", kind="REGULAR", file=(file, "a.xlsx"))
    assert "/jobgrid/watch/" in page.address
    return page.address


def waits(fujian):
    """The latest job waits again, as if no worker had come by yet."""
    with fujian.staff.app_context(), scope.everyone("a test turns back the clock"), writing():
        latest = select(func.max(Job.id)).scalar_subquery()
        db.session.execute(update(Job).where(Job.id == latest).values(state=QUEUED))
        db.session.commit()


def state(fujian):
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        return db.session.scalar(select(Job.state).order_by(Job.id.desc()).limit(1))


def test_the_page_of_a_job_is_told_how_far_it_is(clerk, address, rows):
    answer = clerk.client.get(f"{address}/status")
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["done"]) == ("done", len(rows))
    assert "/listgrid/uploads/" in answer.json["next_url"]


def test_a_waiting_job_is_called_off_by_whoever_asked_for_it(fujian, clerk, address):
    waits(fujian)
    page = clerk.presses(f"{address}/cancel", address)
    assert page.status == 200
    assert "任务已取消" in page.says
    assert state(fujian) == "cancelled"


def test_nobody_else_watches_or_stops_it(fujian, at_desk, address):
    waits(fujian)
    for username in (world.LANXI_REVIEWER, world.MINHOU_APPROVER, world.SYSADMIN):
        stranger = at_desk(username)
        assert stranger.opens(address).status == 404
        assert stranger.opens(f"{address}/status").status == 404
        assert stranger.sends(f"{address}/cancel").status == 404
    assert state(fujian) == "queued"
