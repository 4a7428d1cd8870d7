"""The low-code promise: a table with two scoped, audited, permissioned buttons in 25 lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kernel import crypto
from app.kernel.audit import Event
from app.kernel.column_choice import ColumnChoice
from app.kernel.db import db
from app.kernel.grid import Grid
from app.kernel.keyring import Keyring
from app.kernel.workflow import Workflow

FILES = Path(__file__).parent / "low_code"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from tests.kernel.low_code.views import ReportGrid
    from tests.kernel.low_code.workflow import REPORTS, Report
    from tests.kernel.world_of_grids import SCHOOL_A, SCHOOL_B, World, make_app, new_url

    Grid.all.remove(ReportGrid)
    Workflow.all.remove(REPORTS)
    crypto.configure(Keyring.fresh())
    app = make_app(new_url(tmp_path_factory.mktemp("low"), "low"), [ReportGrid])
    world = World(app)
    with world.at() as rows:
        Event.__table__.create(db.engine)
        ColumnChoice.__table__.create(db.engine)
        Report.__table__.create(db.engine)
        rows.add_all([
            Report(id=1, said="饭菜凉", state="new", org_path=SCHOOL_A),
            Report(id=2, said="办完了", state="closed", org_path=SCHOOL_A),
            Report(id=3, said="没热水", state="new", org_path=SCHOOL_B),
        ])  # fmt: skip
        rows.commit()
    return world


def test_it_takes_two_files_and_no_more_than_25_lines():
    lines = [
        line
        for path in FILES.glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    assert len(list(FILES.glob("*.py"))) == 2
    assert len(lines) <= 25


def test_list_menu_scope_and_paging_are_there(app):
    page = app.browser("lin").get("/reportgrid/list/").text
    assert "饭菜凉" in page
    assert "没热水" not in page
    assert "投诉举报" in page
    assert "待受理" in page
    assert "没热水" in app.browser("chen").get("/reportgrid/list/?psize_ReportGrid=10").text
    assert "饭菜凉" in app.browser("lin").get("/reportgrid/show/1").text


def test_buttons_are_seen_by_bureaus_only_and_on_ready_rows_only(app):
    assert "/action/" not in app.browser("lin").get("/reportgrid/list/").text
    page = app.browser("chen").get("/reportgrid/list/").text
    assert "/reportgrid/action/accept/1" in page
    assert "/reportgrid/action/accept/2" not in page
    assert app.browser("lin").post("/reportgrid/action/accept/1").status_code == 403


def test_a_press_moves_refuses_in_words_and_leaves_a_trail(app):
    browser = app.browser("chen")
    browser.post("/reportgrid/action_post", data={"action": "accept", "rowid": ["1", "2"]})
    page = browser.get("/reportgrid/list/").text
    assert "「受理」：1 条已办理，1 条未办理" in page
    assert "当前状态为「已办结」，不能「受理」" in page
    [moved] = app.events(verb="accept", outcome="ok")
    assert (moved.subject, moved.subject_id, moved.old, moved.new) == (
        "demo_report",
        1,
        "new",
        "open",
    )
    assert app.events(verb="accept", outcome="refused")[0].count == 1


def test_programs_have_the_same_rows_and_steps(app):
    found = app.browser("chen").get("/api/v1/demo_report/").json
    assert {row["said"] for row in found["rows"]} == {"饭菜凉", "办完了", "没热水"}
    assert app.browser("chen").post("/api/v1/demo_report/3/accept").json["moved"] == 1
    assert app.browser("lin").post("/api/v1/demo_report/3/close").status_code == 403


def test_the_same_declaration_draws_the_diagram():
    from tests.kernel.low_code.workflow import REPORTS

    assert "new --> open: 受理" in REPORTS.mermaid()
