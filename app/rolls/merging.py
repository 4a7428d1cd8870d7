"""From staged rows to the entries of one roll, set against set; no statement a row.

What a row leaves blank stays as it is known; nobody is deleted because a file lacks him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, case, exists, func, insert, literal, or_, select, update

from app.kernel.db import db, how_many
from app.rolls.matching import KNOWN, known
from app.rolls.models import STATED, Roll, RollEntry, StagedEntry

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from app.rolls.models import RollUpload

S, N = StagedEntry.__table__, RollEntry.__table__
SETTLED = ("verified", "final", "struck")
"""What somebody has decided on is not changed by a file."""


class Changes(NamedTuple):
    """What taking a file does to the roll; `settled` of the changed ones must not be changed."""

    new: int
    changed: int
    same: int
    settled: int


def differs() -> ColumnElement[bool]:
    """The staged row says something else than the entry it meets."""
    return or_(N.c.name != S.c.name,
               *(and_(S.c[k] != "", S.c[k] != N.c[k]) for k in STATED))  # fmt: skip


def met(upload: RollUpload, *columns: Any) -> Select[Any]:
    """The upload's staged rows beside the entries of the roll that they meet, if any."""
    here = and_(N.c.roll_id == upload.roll_id, N.c.id_index == S.c.id_index)
    return select(*columns).select_from(S.outerjoin(N, here)).where(mine(upload))


def mine(upload: RollUpload) -> ColumnElement[bool]:
    return S.c.upload_id == upload.id


def count_changes(upload: RollUpload) -> Changes:
    """What taking the upload would do. One statement."""
    old, other = N.c.id.is_not(None), and_(N.c.id.is_not(None), differs())
    held = and_(other, N.c.state.in_(SETTLED))
    found = met(upload, func.count(), how_many(old), how_many(other), how_many(held))
    n, known, changed, settled = (int(x or 0) for x in db.session.execute(found).one())
    return Changes(n - known, changed, known - changed, settled)


def absent_from(upload: RollUpload) -> ColumnElement[bool]:
    """Entries of the roll of which the file says nothing."""
    told = exists().where(mine(upload), S.c.id_index == N.c.id_index)
    return and_(N.c.roll_id == upload.roll_id, N.c.state != "struck", ~told)


def merge(upload: RollUpload, roll: Roll) -> None:
    """The roll's entries say what the upload says. Two statements."""
    meet = and_(N.c.roll_id == roll.id, N.c.id_index == S.c.id_index, mine(upload))
    kept = {k: case((S.c[k] == "", N.c[k]), else_=S.c[k]) for k in STATED}
    new = kept | {"name": S.c.name}
    db.session.execute(update(N).where(meet, differs()).values(new))
    _add_new(upload, roll)


def _add_new(upload: RollUpload, roll: Roll) -> None:
    """New entries come in as the registry knows them: writing that afterwards would write them all
    twice."""
    own = ("seq", "id_index", "id_no", "id_mask", "name", *STATED)
    given = {
        "roll_id": roll.id, "org_path": roll.org_path, "bureau_id": roll.bureau_id,
        "title": roll.title, "difficulty_id": roll.difficulty_id,
        "first_month": roll.first_month, "last_month": roll.last_month,
        "state": "unmatched", "verdict": "", "note": "", "verified_by": "",
    }  # fmt: skip
    cells = [literal(value, N.c[key].type) for key, value in given.items()]
    said = known(S, literal(roll.org_path), mine(upload))
    here = and_(N.c.roll_id == roll.id, N.c.id_index == S.c.id_index)
    source = (
        select(*(S.c[k] for k in own), *cells, *(said.c[k] for k in KNOWN))
        .select_from(S.join(said, said.c.id == S.c.id).outerjoin(N, here))
        .where(mine(upload), N.c.id.is_(None))
        .order_by(S.c.seq)
    )
    db.session.execute(insert(N).from_select([*own, *given, *KNOWN], source))
