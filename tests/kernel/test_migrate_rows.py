"""A migration keeps every row, also of tables that others point at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.browser.desks import House

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE_ORDERS_ANEW = "a1b2c3d4e514"
"""The migration after it makes the table of orders anew, which recoveries point at."""
NOW = "2026-11-23T10:00"
TABLES = ("aid_line", "payment", "attempt", "covered_month", "result_line", "recovery", "event")
RULES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def test_a_table_that_others_point_at_is_made_anew_with_all_its_rows(
    empty_database: Callable[[str], str], tmp_path: Path
):
    url = empty_database("moved")
    house = House(url, tmp_path)
    house.command(NOW, "db", "upgrade")
    house.command(NOW, "world", "load", "--size", "small", "--password", "Shi-Yong-2026")
    before = standing(url)
    assert all(before[table] for table in TABLES)
    house.command(NOW, "db", "downgrade", BEFORE_ORDERS_ANEW)
    house.command(NOW, "db", "upgrade")
    assert standing(url) == before
    assert "✗" not in house.command(NOW, "payments", "verify", "--as", "auditor")


def standing(url: str) -> dict[str, object]:
    """How many rows each table has, and what the database refuses by itself."""
    engine = sa.create_engine(url)
    with engine.connect() as seen:
        count = "SELECT count(*) FROM {}"
        found: dict[str, object] = {
            table: seen.exec_driver_sql(count.format(table)).scalar() for table in TABLES
        }
        found["rules"] = sorted(seen.exec_driver_sql(RULES[engine.dialect.name]).scalars())
    engine.dispose()
    return found
