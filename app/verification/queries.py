"""How far a round has come and what came of it, counted from its cases and never typed."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, case, func, select

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.db import db
from app.kernel.types import within
from app.verification.models import Case, CaseUpload

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement


class Lap(NamedTuple):
    """A round as the cases in somebody's scope tell it."""

    round_id: int
    title: str
    due_on: dt.date
    cases: int


def laps() -> list[Lap]:
    """The rounds with cases in the scope in force, the latest first. One statement."""
    found = (
        select(Case.round_id, func.max(Case.round_title), func.max(Case.due_on), func.count())
        .group_by(Case.round_id)
        .order_by(Case.round_id.desc())
    )
    return [Lap(*row) for row in db.session.execute(found)]


class Place(NamedTuple):
    """An organisation as a progress table needs it."""

    id: int
    name: str
    path: str
    level: str


def below(org_id: int) -> list[Place]:
    """The organisations right below one, bureaus first."""
    found = select(Org.id, Org.name, Org.path, Org.level).where(Org.parent_id == org_id)
    return [Place(*row) for row in db.session.execute(found.order_by(Org.level, Org.code))]


class Progress(NamedTuple):
    """Cases of one place by state; `overdue` are those not closed by the day."""

    waiting: int
    answered: int
    stray: int
    closed: int
    overdue: int

    @property
    def cases(self) -> int:
        return self.waiting + self.answered + self.stray + self.closed

    @property
    def percent(self) -> int:
        """Rounded down: a hundred is said of nothing but the whole."""
        return self.closed * 100 // self.cases if self.cases else 100


STATES = ("waiting", "answered", "stray", "closed")


def overdue() -> ColumnElement[bool]:
    return and_(Case.due_on < clock.today(), Case.state != "closed")


def progress(round_id: int, path: str, places: Iterable[Place]) -> dict[int, Progress]:
    """Place's number -> how far it has come; 0 is everything below `path`. One GROUP BY."""
    late = func.sum(case((overdue(), 1), else_=0))
    found = (
        select(Case.org_path, Case.state, func.count(), late)
        .where(Case.round_id == round_id, within(Case.org_path, path))
        .group_by(Case.org_path, Case.state)
    )
    owner = {place.path: place.id for place in places}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for at, state, n, late_ones in db.session.execute(found):
        for key in {0, _owner_of(at, owner)} - {-1}:
            counts[key] += Counter({state: int(n), "overdue": int(late_ones)})
    return {key: _progress(counts[key]) for key in (0, *owner.values())}


def _owner_of(path: str, owner: Mapping[str, int]) -> int:
    """Which of the places a school at `path` lies at or below; -1 for none."""
    parts = path.strip("/").split("/")
    heads = ("/" + "/".join(parts[:n]) + "/" for n in range(len(parts), 0, -1))
    return next((owner[head] for head in heads if head in owner), -1)


def _progress(counts: Counter[str]) -> Progress:
    return Progress(*(counts[name] for name in (*STATES, "overdue")))


class Sum(NamedTuple):
    """How many answers of one finding and action, and how much money is back with a voucher."""

    finding: str
    action: str
    cases: int
    claimed: int
    back: int


def summary(round_id: int, path: str) -> list[Sum]:
    """What the cases below `path` came to, answered or closed. One GROUP BY."""
    back = func.sum(case((Case.repaid_on.is_not(None), Case.back_fen), else_=0))
    found = (
        select(Case.finding, Case.action, func.count(), func.sum(Case.back_fen), back)
        .where(Case.round_id == round_id, within(Case.org_path, path), Case.state != "waiting",
               Case.finding.is_not(None))
        .group_by(Case.finding, Case.action)
        .order_by(Case.finding, Case.action)
    )  # fmt: skip
    return [Sum(f, a, int(n), int(claimed or 0), int(got or 0))
            for f, a, n, claimed, got in db.session.execute(found)]  # fmt: skip


class Books(NamedTuple):
    """Every row of a round's files has a fate, and every case came out of a row."""

    files: int
    rows: int
    refused: int
    added: int
    merged: int
    cases: int

    @property
    def holds(self) -> bool:
        return self.rows == self.refused + self.added + self.merged and self.added == self.cases


def books(round_id: int) -> Books:
    """Rows of the files taken, and the cases there are. Two statements."""
    u = CaseUpload
    merged = func.sum(u.changed + u.unchanged)
    found = select(func.count(), func.sum(u.row_count), func.sum(u.rejected), func.sum(u.added),
                   merged).where(u.round_id == round_id, u.state == "taken")  # fmt: skip
    figures = [int(n or 0) for n in db.session.execute(found).one()]
    cases = select(func.count()).select_from(Case).where(Case.round_id == round_id)
    return Books._make((*figures, int(db.session.scalar(cases) or 0)))


def open_by_state(round_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Round -> state -> how many cases are not closed. One statement."""
    found = (
        select(Case.round_id, Case.state, func.count())
        .where(Case.round_id.in_(round_ids), Case.state != "closed")
        .group_by(Case.round_id, Case.state)
    )
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for pk, state, n in db.session.execute(found):
        counts[pk][state] = int(n)
    return counts
