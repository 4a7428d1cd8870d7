"""A draft goes out by a button, is edited in a spreadsheet, and comes back: by the right hands."""

from __future__ import annotations

import html
import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from app.accounts.queries import names_of
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.publicity.models import AidLine
from tests import world
from tests.journeys.people import KEYS, filled_in
from tests.stage import counted

CLASS_NAME, ID_NO = KEYS.index("class_name") + 1, KEYS.index("id_no") + 1
MOST = 10


@pytest.fixture
def clerk(at_desk):
    return at_desk(world.LANXI_CLERK)


def send(person, file, name="名单.xlsx"):
    page = person.sends("/listgrid/upload", month="2026-11", kind="REGULAR", file=(file, name))
    assert "/uploads/" in page.address, page.says
    return page


@pytest.fixture
def listed(clerk, rows):
    """The page of the school's draft, with its lines."""
    upload = send(clerk, filled_in(clerk.downloads("/listgrid/template"), rows)).number
    return clerk.presses(f"/listgrid/uploads/{upload}/take", f"/listgrid/uploads/{upload}").number


def taken_out(person, listed, query="", **form):
    return person.client.post(f"/listgrid/{listed}/sheet{query}", data=form)


def edited(answer, change):
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    change(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def events(fujian, verb, subject="aid_list"):
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        found = select(Event.actor, Event.count, Event.note)
        return list(db.session.execute(found.where(Event.verb == verb, Event.subject == subject)))


def test_what_was_edited_outside_is_taken_and_nothing_else_changes(fujian, clerk, listed, rows):
    page = clerk.opens(f"/listgrid/show/{listed}")
    assert page.offers(f"/listgrid/{listed}/sheet")
    file = edited(taken_out(clerk, listed), lambda table: table.cell(2, CLASS_NAME, "新改的班"))
    preview = send(clerk, file, "改.xlsx")
    assert "新改的班" in preview.words
    address = f"/listgrid/uploads/{preview.number}"
    assert str(len(rows)) in clerk.presses(f"{address}/take", address).says
    after = openpyxl.load_workbook(io.BytesIO(taken_out(clerk, listed).data)).worksheets[0]
    assert after.cell(2, CLASS_NAME).value == "新改的班"
    assert events(fujian, "export") == [(world.LANXI_CLERK, len(rows), "")] * 2


def test_whole_numbers_come_only_with_a_reason_and_are_traced(fujian, clerk, listed, rows):
    assert taken_out(clerk, listed, "?whole=1").status_code == 409
    answer = taken_out(clerk, listed, "?whole=1", note="与纸质材料核对")
    table = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    told = [table.cell(n, ID_NO).value for n in range(2, len(rows) + 2)]
    assert told == [row["id_no"] for row in rows]
    assert events(fujian, "reveal") == [(world.LANXI_CLERK, len(rows), "与纸质材料核对")]


@pytest.mark.parametrize(("username", "status"), [
    (world.LANXI_REVIEWER, 403), (world.MINHOU_APPROVER, 403), (world.QISHAN_CLERK, 404),
])  # fmt: skip
def test_nobody_else_takes_the_draft_out(fujian, at_desk, listed, username, status):
    assert taken_out(at_desk(username), listed).status_code == status
    assert taken_out(at_desk(username), listed, "?whole=1", note="好奇").status_code == status
    assert events(fujian, "reveal") == []


def test_another_schools_file_is_refused_row_by_row(fujian, at_desk, clerk, listed):
    file = edited(taken_out(clerk, listed), lambda table: table.delete_cols(1))
    stranger = at_desk(world.QISHAN_CLERK)
    page = send(stranger, file)
    assert "total is-bad" in page.source
    stranger.sends(f"/listgrid/uploads/{page.number}/take")
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        assert set(db.session.scalars(select(AidLine.list_id))) == {listed}


def test_the_same_file_twice_says_who_wrote_it_before(fujian, clerk, rows):
    with fujian.staff.app_context():
        who = names_of([world.LANXI_CLERK])[world.LANXI_CLERK]
    file = filled_in(clerk.downloads("/listgrid/template"), rows)
    first = send(clerk, file).number
    assert who not in notes(clerk.opens(f"/listgrid/uploads/{first}"))
    clerk.sends(f"/listgrid/uploads/{first}/take")
    assert who in notes(send(clerk, file))


def test_what_was_not_read_and_what_is_odd_is_said_before_anything_is_written(clerk, rows):
    book = openpyxl.load_workbook(
        io.BytesIO(filled_in(clerk.downloads("/listgrid/template"), rows))
    )
    table = book.active
    table.cell(1, len(KEYS) + 1, "班主任")
    table.insert_rows(1)
    table.cell(1, 1, "某校名单")
    book.create_sheet("去年的").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    page = send(clerk, out.getvalue())
    assert "班主任" in page.words
    assert "去年的" in page.words


def test_the_preview_costs_little_however_long_the_list(clerk, rows, listed):
    file = edited(taken_out(clerk, listed), lambda table: table.cell(2, CLASS_NAME, "新改的班"))
    address = send(clerk, file).address
    with counted() as seen:
        clerk.opens(address)
    assert len(seen) <= MOST, "\n".join(seen)


def notes(page):
    """What stands in the coloured boxes of the page."""
    return " ".join(part.partition("</div>")[0] for part in page.source.split("note-body")[1:])


def test_the_lines_on_a_lists_page_come_as_a_file_of_that_list_alone(clerk, listed, rows):
    page = clerk.opens(f"/listgrid/show/{listed}")
    address = html.unescape(re.search(r'href="(/linegrid/export[^"]*)"', page.source)[1])
    table = openpyxl.load_workbook(io.BytesIO(clerk.downloads(address))).worksheets[0]
    names = {row["name"] for row in rows}
    told = [cell.value for line in table.iter_rows() for cell in line]
    assert [word for word in told if word in names] == [row["name"] for row in rows]
    assert any(str(len(rows)) in str(word) for word in told[-40:])
