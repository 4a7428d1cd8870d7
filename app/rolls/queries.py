"""The figures of pages: how far rolls are, by place and by hardship. Set-based."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import case, func, null, select

from app.accounts.models import COUNTY, Org
from app.accounts.queries import Deed, deeds
from app.kernel.db import db
from app.kernel.i18n import _, _l
from app.registry.models import Difficulty
from app.rolls.models import MATCHES, Roll, RollEntry

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

PARTS: dict[str, tuple[object, str, str]] = {
    "unmatched": (_l("未匹配"), "unmatched", ""), "pending": (_l("待学校核实"), "pending", ""),
    "agreed": (_l("核实符合，待定稿"), "verified", "yes"),
    "disagreed": (_l("核实不符合，待定稿"), "verified", "no"),
    "entitled": (_l("定稿：应资助"), "final", "yes"),
    "refused": (_l("定稿：不符合"), "final", "no"), "struck": (_l("已剔除"), "struck", ""),
}  # fmt: skip
"""Every entry is in one of these: what it is called, its state, its verdict where that counts."""
Counts = dict[str, int]


class Part(NamedTuple):
    """One row of a table of figures; `key` and `by` narrow the list behind each of them."""

    key: int | None
    by: str
    name: str
    counts: Counts

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int | None:
        """Percent of those known at a school that are final; None where there is nobody."""
        over = self.counts.get("entitled", 0) + self.counts.get("refused", 0)
        asked = over + sum(self.counts.get(p, 0) for p in ("pending", "agreed", "disagreed"))
        return over * 100 // asked if asked else None


def counts_of(roll: Roll) -> tuple[Counts, Counts]:
    """How far a roll's entries are, and why those not matched are not. One statement."""
    found = (
        select(RollEntry.state, RollEntry.verdict, RollEntry.match, func.count())
        .where(RollEntry.roll_id == roll.id)
        .group_by(RollEntry.state, RollEntry.verdict, RollEntry.match)
    )
    parts: Counts = defaultdict(int)
    unknown: Counts = dict.fromkeys((m for m in MATCHES if m not in ("", "one")), 0)
    for state, verdict, match, n in db.session.execute(found):
        parts[part_of(state, verdict)] += n
        if state == "unmatched" and match in unknown:
            unknown[match] += n
    return dict(parts), unknown


def part_of(state: str, verdict: str) -> str:
    return next(p for p, (_label, its, said) in PARTS.items()
                if its == state and said in ("", verdict))  # fmt: skip


def by_place(actor: Actor, bureau_id: int | None, where: ColumnElement[bool]) -> list[Part]:
    """Progress of each bureau below, or of each school of one bureau, those without a school
    first. Two statements.
    """
    if bureau_id is None and not _has_schools_only(actor):
        return _grouped("bureau_id", RollEntry.bureau_id, Org, where)
    if bureau_id is not None:
        where &= RollEntry.bureau_id == bureau_id
    at_school = case((RollEntry.state == "unmatched", null()), else_=RollEntry.school_id)
    return _grouped("school_id", at_school, Org, where)


def _has_schools_only(actor: Actor) -> bool:
    here = select(Org.level).where(Org.id == actor.org_id)
    return db.session.scalar(here) == COUNTY


def by_difficulty(where: ColumnElement[bool]) -> list[Part]:
    """The same by kind of hardship, in the official order. One statement."""
    return _grouped("difficulty_id", RollEntry.difficulty_id, Difficulty, where)


def _grouped(by: str, key: Any, named: type[Any], where: ColumnElement[bool]) -> list[Part]:
    entries = (
        select(key.label("at"), RollEntry.state, RollEntry.verdict, func.count().label("n"))
        .where(where)
        .group_by(key, RollEntry.state, RollEntry.verdict)
        .subquery()
    )
    found = (
        select(entries.c.at, named.name, entries.c.state, entries.c.verdict, entries.c.n)
        .outerjoin(named, named.id == entries.c.at)
        .order_by(entries.c.at.is_not(None), entries.c.at)
    )
    parts: dict[int | None, Part] = {}
    for pk, name, state, verdict, n in db.session.execute(found):
        part = parts.setdefault(pk, Part(pk, by, name or _("尚未分到学校"), defaultdict(int)))
        part.counts[part_of(state, verdict)] += n
    return list(parts.values())


def steps_taken(entry_id: int) -> list[Deed]:
    """What was done to an entry; the caller has found it in scope."""
    return deeds(RollEntry.__tablename__, entry_id)


def steps_of_roll(roll_id: int) -> list[Deed]:
    """What was done to a roll; the caller has found it in scope."""
    return deeds(Roll.__tablename__, roll_id)


def id_no_of(entry_id: int) -> str:
    """The whole number of an entry the caller has found in scope, and traces."""
    found = select(RollEntry.id_no).where(RollEntry.id == entry_id)
    return db.session.scalar(found) or ""
