"""The findings of lists, computed by the rules in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, literal, select

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
    for rule in RULES:
        db.session.execute(insert(F).from_select(NAMES, _found(rule, lists)))


def _found(rule: Rule, lists: Select[Any]) -> Select[Any]:
    known = exists().where(F.c.line_id == L.c.id, F.c.code == rule.code)
    cells = (L.c.list_id, L.c.id, L.c.org_path, literal(rule.code), literal(rule.severity),
             literal("open"))  # fmt: skip
    return (
        select(*cells)
        .join_from(L, A, A.c.id == L.c.list_id)
        .where(L.c.list_id.in_(lists), L.c.state != "removed", rule.holds(), ~known)
    )
