"""Where people read of a bank format, its name stands there and not the code it is kept under."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from app.kernel.db import db
from app.kernel.scope import everyone
from app.payments.models import PayRun, ResultFile
from tests import world
from tests.journeys.people import readable
from tests.stage import signed_in


@pytest.fixture
def run(living):
    """A run of 闽侯 that the bank has answered."""
    with living.staff.app_context(), everyone("a test looks"):
        own = PayRun.bureau.has(code=world.MINHOU)
        found = select(PayRun).join(ResultFile, ResultFile.run_id == PayRun.id).where(own)
        row = db.session.scalars(found.order_by(PayRun.id.desc())).first()
        db.session.expunge_all()
    return row


@pytest.fixture
def desk(living):
    return lambda username: signed_in(living.staff, username)


def test_lists_pages_and_uploads_say_the_name(run, desk):
    name = run.profile_data["title"]
    assert run.layout_name == name != run.profile
    poster = desk(world.MINHOU_POSTER)
    for address in ("/rungrid/list/", f"/rungrid/show/{run.id}", "/resultlinegrid/upload"):
        page = readable(poster.get(address).text)
        assert name in page, address
        assert run.profile not in page, address


def test_an_exported_list_of_runs_says_the_name(run, desk):
    told = desk(world.MINHOU_CLERK).get("/rungrid/export")
    assert told.status_code == 200
    sheets = openpyxl.load_workbook(io.BytesIO(told.data)).worksheets
    cells = {str(cell.value) for sheet in sheets for row in sheet for cell in row}
    assert run.profile_data["title"] in cells
    assert run.profile not in cells


def test_what_an_answer_was_read_as_is_said_in_words(run, desk):
    page = desk(world.MINHOU_CLERK).get(f"/rungrid/show/{run.id}").text
    answers = page[page.index(f"{run.id}") :]
    assert re.search(r'<span class="tag">文本文件</span>', answers)
    assert '<span class="tag">txt</span>' not in page


def test_a_run_before_its_export_has_no_format():
    assert PayRun(profile="").layout_name == ""
