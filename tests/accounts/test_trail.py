"""The trail is added to, read by the auditor of its place, and changed by nobody."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.accounts import trail
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.grid import Grid
from app.kernel.triggers import lay
from app.kernel.workflow import Workflow
from tests.accounts.conftest import PASSWORD


def test_the_auditor_reads_in_words(town):
    town.sign_in("lin", "Wrong-2026-no")
    page = town.client_of("sun").get("/eventgrid/list/").text
    for word in ("登录", "未办成", "lin", "127.0.0.1"):
        assert word in page
    shown = town.events(verb="login")[0]
    assert "密码错误" in town.client_of("sun").get(f"/eventgrid/show/{shown.id}").text


def test_an_auditor_reads_his_own_part_of_the_tree(town):
    town.sign_in("lin", "Wrong-2026-no")
    town.sign_in("zhou", "Wrong-2026-no")
    page = town.client_of("he").get("/eventgrid/list/").text
    assert "zhou" in page
    assert ">lin<" not in page
    fuzhous = town.events(actor="lin")[0].id
    assert town.client_of("he").get(f"/eventgrid/show/{fuzhous}").status_code == 404


def test_tries_with_unknown_names_are_the_provinces_to_see(town):
    town.sign_in("stranger", PASSWORD)
    assert "str***" in town.client_of("sun").get("/eventgrid/list/").text
    assert "str***" not in town.client_of("he").get("/eventgrid/list/").text


@pytest.mark.parametrize("by", ["wang", "zhao", "chen", "lin"])
def test_nobody_else_reads_it(town, by):
    browser = town.client_of(by)
    assert browser.get("/eventgrid/list/").status_code == 403
    assert browser.get("/eventgrid/export").status_code == 403
    assert browser.get("/api/v1/event/").status_code == 403


def test_the_auditor_reads_nothing_but_the_trail_and_the_tree(town):
    browser = town.client_of("sun")
    assert browser.get("/accountgrid/list/").status_code == 403
    assert browser.get("/orggrid/list/").status_code == 200


@pytest.mark.parametrize("verb", ["add", "edit/1", "delete/1"])
def test_no_page_changes_it(town, verb):
    answer = town.client_of("sun").post(f"/eventgrid/{verb}", data={"note": "never was"})
    assert answer.status_code in {403, 404, 405}


@pytest.mark.parametrize(
    "rewriting",
    [
        sa.update(Event.__table__).values(note="never was"),
        sa.delete(Event.__table__),
        sa.insert(Event.__table__).prefix_with("OR REPLACE"),
    ],
)
def test_the_database_refuses_to_rewrite_it(town, rewriting):
    town.sign_in("lin")
    before = [(e.id, e.note) for e in town.events()]
    with town.app.app_context():
        if rewriting.is_insert:
            if db.engine.dialect.name != "sqlite":
                pytest.skip("only SQLite replaces rows in an INSERT")
            row = {c.name: None for c in Event.__table__.c}
            rewriting = rewriting.values(row | {"id": before[0][0]})
        with pytest.raises(sa.exc.DBAPIError), db.engine.begin() as connection:
            connection.execute(rewriting)
    assert [(e.id, e.note) for e in town.events()] == before


def test_the_database_refuses_to_empty_it(town):
    with town.app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no TRUNCATE")
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.exec_driver_sql("TRUNCATE event")


def test_a_migration_can_lay_the_same_ban(town):
    """Alembic creates tables without the event that carries the triggers."""
    with town.app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in ("event_no_update", "event_no_delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("DROP FUNCTION event_is_append_only CASCADE")
        lay(connection, "event")
    town.sign_in("lin")
    with town.app.app_context(), pytest.raises(sa.exc.DBAPIError), db.engine.begin() as connection:
        connection.execute(sa.delete(Event.__table__))


def test_acts_go_to_the_trail_from_any_scope(town):
    """The trail is written where its subject lies, also by somebody who sees only his school."""
    town.client_of("lin").post("/logout/")
    (event,) = town.events(verb="logout")
    with town.app.app_context(), scope.everyone("a test looks"):
        assert event.org_path == town.post("lin").org_path


def _written() -> tuple[set[str], set[str]]:
    """The verbs and subjects that the code writes in so many words."""
    verbs, subjects = set(), set()
    for file in (Path(__file__).parents[2] / "app").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            name = isinstance(call, ast.Call) and getattr(call.func, "attr", call.func)
            name = name.id if isinstance(name, ast.Name) else name
            if name not in {"record", "record_apart", "_trace", "_trail"}:
                continue
            verbs |= {a.value for a in call.args if isinstance(a, ast.Constant) and a.value}
            given = {k.arg: k.value for k in call.keywords}.get("subject")
            subjects |= {given.value} if isinstance(given, ast.Constant) else set()
    return {v for v in verbs if str(v).isidentifier()}, subjects


def test_every_verb_and_subject_has_its_word(town):
    verbs, subjects = _written()
    assert {"login", "export", "refused", "grant"} <= verbs
    ours = [grid for grid in Grid.all if grid.__module__.startswith("app.")]
    verbs |= {name for grid in ours for name in grid.buttons}
    flows = [flow for flow in Workflow.all if flow.model.__module__.startswith("app.")]
    subjects |= {flow.model.__tablename__ for flow in flows}
    with town.app.test_request_context():
        assert {v for v in verbs if trail.verb(v) == v} <= set(trail.NOTES)
        assert {s for s in subjects if trail.subject(s) == s} == set()
