"""What the registry knows of the people on a roll: set against set, no statement a row.

The comparison looks below the bureau that received the roll; of somebody at a school elsewhere no
more is told than that. Runs as system work, on places its callers have checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, and_, case, func, literal, select, true, update

from app.kernel.actor import CLOCK
from app.kernel.db import db, how_many
from app.kernel.scope import everyone
from app.registry.intake import follows
from app.registry.models import STUDYING, Enrolment, Person
from app.rolls.models import MATCHES, Roll, RollEntry
from app.rolls.workflow import ENTRIES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Select, Subquery

KNOWN = ("match", "enrolment_id", "school_id")
"""What the comparison says of an entry."""
N, R, P, E = (m.__table__ for m in (RollEntry, Roll, Person, Enrolment))


def known(rows: FromClause, path: ColumnElement[str], mine: ColumnElement[bool]) -> Subquery:
    """Of each of the rows under `mine` what the registry says, by `KNOWN`.

    `rows` has id, id_index and name; `path` is the place of the bureau that asks.
    """
    found, its = _met(rows, path, mine).subquery("met"), E.alias("its")
    match = case(
        (found.c.here > 1, "several"),
        (and_(found.c.here == 1, its.c.name == found.c.name), "one"),
        (found.c.here == 1, "name"),
        (found.c.gone > 0, "left"),
        (found.c.away > 0, "elsewhere"),
        else_="none",
    )
    sure = found.c.here == 1
    return (
        select(found.c.id, match.label("match"), its.c.id.label("enrolment_id"),
               its.c.school_id)
        .select_from(found.outerjoin(its, and_(sure, its.c.id == found.c.enrolment_id)))
        .subquery("known")
    )  # fmt: skip


def _met(rows: FromClause, path: ColumnElement[str], mine: ColumnElement[bool]) -> Select[Any]:
    """At how many schools the person studies below the path and elsewhere, and where he left."""
    studies, below = E.c.state.in_(STUDYING), E.c.org_path.startswith(path)
    return (
        select(rows.c.id, rows.c.name, how_many(and_(studies, below)).label("here"),
               func.max(case((and_(studies, below), E.c.id))).label("enrolment_id"),
               how_many(and_(E.c.id.is_not(None), ~studies, below)).label("gone"),
               how_many(and_(studies, ~below)).label("away"))
        .select_from(rows.outerjoin(P, P.c.id_index == rows.c.id_index)
                     .outerjoin(E, E.c.person_id == P.c.id))
        .where(mine)
        .group_by(rows.c.id, rows.c.name)
    )  # fmt: skip


def outcomes(staged: Table, path: str, mine: ColumnElement[bool]) -> tuple[dict[str, int], int]:
    """How many of the rows come out how, and at how many schools those found are; nothing is
    written."""
    found = known(staged, literal(path), mine)
    schools = func.count(func.distinct(found.c.school_id))
    counted = select(found.c.match, func.count(), schools).group_by(found.c.match)
    told = {match: (n, at) for match, n, at in db.session.execute(counted)}
    return ({m: told[m][0] if m in told else 0 for m in MATCHES if m}, told.get("one", (0, 0))[1])


def compare(mine: ColumnElement[bool]) -> int:
    """The unmatched entries under `mine`, on open rolls, say what the registry says now; whom it
    knows under the same name waits for that school. How many those are."""
    waits = and_(N.c.state == "unmatched", R.c.state == "open", mine)
    with everyone("名册与学籍比对由系统完成，条目只分到名册所在机构管辖内的学校"):
        asked = (
            select(N.c.id, N.c.name, N.c.id_index, R.c.org_path.label("path"))
            .join_from(N, R, R.c.id == N.c.roll_id)
            .where(waits)
            .subquery("asked")
        )
        db.session.execute(_say(known(asked, asked.c.path, true())))
        sure = and_(RollEntry.state == "unmatched", RollEntry.match == "one", mine)
        return ENTRIES.take("match", sure, CLOCK).moved


def _say(found: Subquery) -> Any:
    """The entries hold the outcome; one that stands as it did is not written again."""
    differs = (N.c.match != found.c.match) | N.c.enrolment_id.is_distinct_from(found.c.enrolment_id)
    new = {k: found.c[k] for k in KNOWN}
    return update(N).where(N.c.id == found.c.id, differs).values(new)


@follows
def compare_again(school_id: int) -> None:
    """Whoever has come to the school, or changed there, is looked for on the open rolls."""
    here = select(P.c.id_index).join_from(P, E, E.c.person_id == P.c.id)
    compare(N.c.id_index.in_(here.where(E.c.school_id == school_id)))
