"""Every column of every table says how closely it touches a person."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table

from app.kernel import receiving
from app.kernel.db import db
from app.kernel.filters import storage
from app.kernel.types import BankCard, IdNumber, Personal, PersonName, Rule

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"
COUNTS = (Integer, Boolean, Float)


def declared() -> list[tuple[str, Personal]]:
    """(pattern, class) of the page, in its order."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| `") and cells[1] in Personal.__members__:
            found += [(p, Personal[cells[1]]) for p in re.findall(r"`([^`]+)`", cells[0])]
    return found


def class_of(column: Column, patterns: list[tuple[str, Personal]]) -> Personal | None:
    """What its type says, else what the page says; a bare key, count or switch is nobody's."""
    if isinstance(column.type, Rule):
        return column.type.personal
    name = f"{column.table.name}.{column.name}"
    for pattern, personal in patterns:
        if fnmatchcase(name, pattern):
            return personal
    return Personal.NONE if isinstance(storage(column), COUNTS) else None


@pytest.fixture
def columns(staff):
    tables = db.metadata.sorted_tables
    return [c for t in tables if not t.name.startswith("demo_") for c in t.columns]


def test_every_column_has_a_class(columns):
    patterns = declared()
    assert len(columns) > 300
    assert [str(c) for c in columns if class_of(c, patterns) is None] == []


def test_every_line_of_the_page_is_of_a_column(columns):
    names = [f"{c.table.name}.{c.name}" for c in columns]
    assert [p for p, _class in declared() if not any(fnmatchcase(n, p) for n in names)] == []


def test_an_unclassified_column_would_be_found():
    table = Table("new_table", MetaData(), Column("said", String(10)), Column("n", Integer))
    assert class_of(table.c.said, declared()) is None
    assert class_of(table.c.n, declared()) is Personal.NONE


def test_numbers_of_people_are_sensitive_and_never_bare(columns):
    assert IdNumber.personal is BankCard.personal is Personal.SENSITIVE
    assert PersonName.personal >= Personal.BASIC
    bare = [
        str(c) for c in columns if c.name in {"id_no", "card_no"} and not isinstance(c.type, Rule)
    ]
    assert bare == []


def test_every_kind_of_file_says_where_its_people_wait_so_that_they_can_be_let_go(staff):
    assert {kind.code for kind in receiving.KINDS} >= {
        "list",
        "registry",
        "roll",
        "cases",
        "result",
    }
    for kind in receiving.KINDS:
        assert kind.staged is not None or kind.emptied, kind.code
