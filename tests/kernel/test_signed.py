"""Rows are signed with accounts; people read names, asked for once a page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask

from app.kernel import signed
from app.kernel.grid.cells import for_sheet, ruled
from app.publicity.models import Upload

KNOWN = {"lin": "林晓", "chen": "陈明"}


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the room that knows the names."""
    questions = []

    def names(accounts):
        questions.append(accounts)
        return {a: n for a, n in KNOWN.items() if accounts is None or a in accounts}

    monkeypatch.setattr(signed, "_source", [names])
    with Flask("names").app_context():
        yield questions


def test_a_page_of_rows_asks_once(asked):
    cells = [signed.person(account) for account in ("lin", "chen", "lin", "system")]
    assert asked == []
    assert [str(cell) for cell in cells] == ["林晓", "陈明", "林晓", "system"]
    assert asked == [{"lin", "chen", "system"}]
    assert str(signed.person("chen")) == "陈明"
    assert len(asked) == 1


def test_a_table_of_a_template_asks_once(asked):
    assert signed.names_of(["chen", "lin", ""]) == {"chen": "陈明", "lin": "林晓", "": ""}
    assert len(asked) == 1


def test_a_sheet_asks_before_its_first_row(asked):
    grid = SimpleNamespace(model=Upload, formatters={}, workflow=None)
    cell = for_sheet(grid, "by")
    assert asked == [None]
    assert [cell(SimpleNamespace(by=a)) for a in ("lin", "chen", "lin")] == ["林晓", "陈明", "林晓"]
    assert len(asked) == 1
    assert ruled(grid, "by") is None
