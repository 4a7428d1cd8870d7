"""The tests run on the database that was asked for, not on a silent stand-in."""

from __future__ import annotations

import os

import sqlalchemy as sa


def test_the_database_is_the_one_asked_for(database_url):
    engine = sa.create_engine(database_url)
    assert engine.dialect.name == os.environ.get("TEST_DATABASE", "sqlite")
    with engine.begin() as connection:
        assert connection.scalar(sa.select(sa.literal(1))) == 1
    engine.dispose()


def test_postgresql_sorts_by_code_point_like_sqlite(database_url):
    """One collation on both databases: keyset pages must not skip rows on either."""
    engine = sa.create_engine(database_url)
    names = sa.union_all(*(sa.select(sa.literal(n).label("n")) for n in ("b", "A", "林", "a")))
    with engine.begin() as connection:
        found = connection.scalars(sa.select(names.subquery().c.n).order_by("n")).all()
    engine.dispose()
    assert list(found) == ["A", "a", "b", "林"]
