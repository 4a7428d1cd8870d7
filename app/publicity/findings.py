"""The findings of lists, computed by the rules in a fixed number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from app.kernel.db import db
from app.publicity.models import AidLine, Finding
from app.publicity.rules import RULES, A, checked, these

if TYPE_CHECKING:
    from sqlalchemy import CTE, Select

L, F = AidLine.__table__, Finding.__table__
NAMES = ("list_id", "line_id", "org_path", "code", "severity", "state")


def check_lists(lists: Select[Any]) -> None:
    """The open findings of these lists are those that the rules see now; overruled ones stay.

    `lists`: a SELECT of list ids. Two statements, whatever the number of lines. Runs as system
    work: the caller has done its own check of the place.
    """
    db.session.execute(delete(F).where(F.c.list_id.in_(lists), F.c.state == "open"))
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    # What is there already was overruled. The key sorts it out: findings have no statistics when
    # many were just written, and had better not stand in the plan.
    found = dialect.insert(F).from_select(NAMES, _found(lists))
    db.session.execute(found.on_conflict_do_nothing(index_elements=["line_id", "code"]))


def _found(lists: Select[Any]) -> Select[Any]:
    """A line that any rule objects to, once for each rule that does.

    The lines are walked once for all rules; which of them hold is kept as the bits of a number.
    The lists are taken out first: just written they are in no statistics, and PostgreSQL would
    walk the table of lists for every line.
    """
    bits = {rule: 1 << n for n, rule in enumerate(RULES)}
    held = sum((case((rule.holds(), bit), else_=0) for rule, bit in bits.items()), literal(0))
    looked = (
        select(L.c.list_id, L.c.id, L.c.org_path, held.label("held"))
        .select_from(checked())
        .where(L.c.state != "removed")
        .add_cte(_kept(these(lists), A.name))
    )
    # Without the word PostgreSQL would work the rules out anew for each of the bits.
    odd = _kept(looked, "looked")
    rule = union_all(*(
        select(literal(r.code).label("code"), literal(r.severity).label("severity"),
               literal(bit).label("bit"))
        for r, bit in bits.items()
    )).subquery("rule")  # fmt: skip
    return (
        select(odd.c.list_id, odd.c.id, odd.c.org_path, rule.c.code, rule.c.severity,
               literal("open"))
        .join_from(odd, rule, odd.c.held.bitwise_and(rule.c.bit) != 0)
        .where(odd.c.held != 0)
    )  # fmt: skip


def _kept(source: Select[Any], name: str) -> CTE:
    """Worked out once, and not where it is asked for."""
    made = source.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")
    return made.prefix_with("MATERIALIZED", dialect="sqlite")
