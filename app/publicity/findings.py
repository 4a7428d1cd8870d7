"""The findings of lists, computed by the rules in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from app.kernel.db import db
from app.publicity.models import AidLine, AidList, Finding
from app.publicity.rules import RULES

if TYPE_CHECKING:
    from sqlalchemy import Select

    from app.publicity.rules import Rule

L, A, F = (m.__table__ for m in (AidLine, AidList, Finding))
NAMES = ("list_id", "line_id", "org_path", "code", "severity", "state")


def check_lists(lists: Select[Any]) -> None:
    """The open findings of these lists are those that the rules see now; overruled ones stay.

    `lists`: a SELECT of list ids. One statement a rule, whatever the number of lines. Runs as
    system work: the caller has done its own check of the place.
    """
    db.session.execute(delete(F).where(F.c.list_id.in_(lists), F.c.state == "open"))
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    for rule in RULES:
        # What is there already was overruled. The key sorts it out: findings that were written a
        # moment ago, in no statistics yet, had better not stand in the plan.
        found = dialect.insert(F).from_select(NAMES, _found(rule, lists))
        db.session.execute(found.on_conflict_do_nothing(index_elements=["line_id", "code"]))


def _found(rule: Rule, lists: Select[Any]) -> Select[Any]:
    cells = (L.c.list_id, L.c.id, L.c.org_path, literal(rule.code), literal(rule.severity),
             literal("open"))  # fmt: skip
    return (
        select(*cells)
        .join_from(L, A, A.c.id == L.c.list_id)
        .where(L.c.list_id.in_(lists), L.c.state != "removed", rule.holds())
    )
