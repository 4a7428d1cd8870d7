"""Rows that are loaded many at once stand in the table as they were."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    select,
)

from app import create_app
from app.kernel import bulk
from app.kernel.copy_text import text_of
from app.kernel.db import db
from app.kernel.types import YearMonth
from tests.stage import SETTINGS

T = Table(
    "kind_of_value", MetaData(),
    Column("seq", BigInteger), Column("word", Text), Column("sealed", LargeBinary),
    Column("number", BigInteger), Column("yes", Boolean), Column("day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip
NAMES = [column.name for column in T.columns]
WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    st.sampled_from(["\\N", "\\.", "\\", "\\t", "\t", "\n", "\r\n", "", "NULL", "王·伟"]),
)  # fmt: skip
ROW = st.tuples(
    *(st.none() | kind for kind in (
        WORDS, st.binary(max_size=5), st.integers(-(2**63), 2**63 - 1), st.booleans(),
        st.dates(min_value=dt.date(1900, 1, 1)),
    ))
)  # fmt: skip


@pytest.fixture
def app(database_url, tmp_path):
    app = create_app("staff", SQLALCHEMY_DATABASE_URI=database_url, UPLOADS=tmp_path, **SETTINGS)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@given(blocks=st.lists(st.lists(ROW, min_size=1, max_size=4), max_size=3))
@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_every_value_comes_back_as_it_went_in(app, blocks):
    rows = [row for block in blocks for row in block]
    if db.engine.dialect.name == "sqlite":  # which keeps days as words
        rows = [(*row[:-1], row[-1] and row[-1].isoformat()) for row in rows]
    numbered = iter(enumerate(rows))
    columns = [[*zip(*((at, *next(numbered)[1]) for at in range(len(b))), strict=True)]
               for b in blocks]  # fmt: skip
    T.create(db.session.connection(), checkfirst=True)
    db.session.execute(delete(T))
    bulk.load_blocks(T, NAMES, columns)
    found = db.session.execute(select(T)).all()
    db.session.rollback()
    told = [(*row[1:-1], row[-1]) for row in found]
    wanted = [(*row[:-1], row[-1] and dt.date.fromisoformat(str(row[-1]))) for row in rows]
    assert told == wanted


def test_a_month_is_its_number_and_another_kind_is_refused():
    assert text_of([[YearMonth.at(2026, 9)], ["a\tb"]]) == f"{2026 * 12 + 8}\ta\\tb\n"
    with pytest.raises(TypeError):
        text_of([[1.5]])
