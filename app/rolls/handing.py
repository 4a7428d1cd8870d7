"""What the steps of an entry do beside moving it: to the school, into the registry's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, insert, literal, select, update

from app.accounts.models import Org
from app.kernel import clock
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.scope import everyone
from app.registry.models import Enrolment, Entitlement
from app.rolls.models import RollEntry

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.workflow import Moved

N, T, D, E = (m.__table__ for m in (RollEntry, Event, Entitlement, Enrolment))
SOURCE = "roll_entry:"


def to_school(moved: Moved, _actor: Actor) -> None:
    """The entries lie with the schools the registry knows them at, and their bureaus decide."""
    o = Org.__table__
    with everyone("条目分到比对出的学校，该校在名册所在机构管辖之内"):
        here = update(N).where(N.c.id.in_(moved), o.c.id == N.c.school_id)
        db.session.execute(here.values(org_path=o.c.path, bureau_id=o.c.parent_id))


def keep_words(moved: Moved, _actor: Actor) -> None:
    """The entry shows the reason its latest step gave."""
    latest = (
        select(T.c.note)
        .where(T.c.subject == N.name, T.c.subject_id == N.c.id)
        .order_by(T.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    with everyone("只写刚办理的条目"):
        said = func.substr(latest, 1, 200)
        db.session.execute(update(N).where(N.c.id.in_(moved)).values(note=said))


def entitle(moved: Moved, _actor: Actor) -> None:
    """Those found in need are to be aided in the roll's months without applying."""
    names = ("person_id", "difficulty_id", "first_month", "last_month", "source", "struck", "since")
    cells: list[Any] = [E.c.person_id, N.c.difficulty_id, N.c.first_month, N.c.last_month,
                        source_of(), literal(False), literal(clock.now())]  # fmt: skip
    found = select(*cells).join_from(N, E, E.c.id == N.c.enrolment_id)
    with everyone("只写刚定稿的条目"):
        db.session.execute(
            insert(D).from_select(names, found.where(N.c.id.in_(moved), N.c.verdict == "yes"))
        )


def disentitle(moved: Moved, _actor: Actor) -> None:
    """What was granted by these entries counts no more."""
    by = select(source_of()).where(N.c.id.in_(moved))
    with everyone("只写刚剔除的条目"):
        db.session.execute(update(D).where(D.c.source.in_(by)).values(struck=True))


def source_of() -> ColumnElement[str]:
    """How an entitlement names the entry it comes from."""
    return literal(SOURCE) + cast(N.c.id, String)
