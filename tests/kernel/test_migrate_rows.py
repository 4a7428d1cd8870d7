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
SENT_BACK = (
    "UPDATE attempt SET state = 'returned', returned_on = '2026-11-20' WHERE id = (SELECT min(id)"
    " FROM attempt WHERE state = 'paid' AND arrived_on < '2026-11-20'"
    " AND payment_id NOT IN (SELECT payment_id FROM recovery))"
)
DAYS = "SELECT id, arrived_on, returned_on FROM attempt WHERE state = 'returned' ORDER BY id"
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
    send_back(url)
    before = standing(url)
    assert all(before[table] for table in TABLES)
    assert before["came back"]
    house.command(NOW, "db", "downgrade", BEFORE_ORDERS_ANEW)
    house.command(NOW, "db", "upgrade")
    assert standing(url) == before
    assert "✗" not in house.command(NOW, "payments", "verify", "--as", "auditor")


def send_back(url: str) -> None:
    """An order that had arrived is one that came back."""
    engine = sa.create_engine(url)
    with engine.begin() as made:
        made.exec_driver_sql(SENT_BACK)
    engine.dispose()


def standing(url: str) -> dict[str, object]:
    """How many rows each table has, the days of what came back, and what the database refuses by
    itself."""
    engine = sa.create_engine(url)
    with engine.connect() as seen:
        count = "SELECT count(*) FROM {}"
        found: dict[str, object] = {
            table: seen.exec_driver_sql(count.format(table)).scalar() for table in TABLES
        }
        found["came back"] = list(map(str, seen.exec_driver_sql(DAYS)))
        found["rules"] = sorted(seen.exec_driver_sql(RULES[engine.dialect.name]).scalars())
    engine.dispose()
    return found
