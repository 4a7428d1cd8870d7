"""Suspicious records as another room's page tells them of a person."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel.db import db
from app.registry.matters import ASKED, Matter
from app.registry.models import Person
from app.verification.models import FINDINGS, KINDS, Case
from app.verification.workflow import CASES

MOST = 50
TONES = {"waiting": "warn", "answered": "info", "stray": "bad", "closed": "good"}


def suspicions(person_id: int) -> list[Matter]:
    """The suspicious records of this person in the scope, oldest first."""
    h = Person.__table__
    number = select(h.c.id_index).where(h.c.id == person_id).scalar_subquery()
    found = select(Case).where(Case.id_index == number).order_by(Case.id).limit(MOST)
    return [_matter(case) for case in db.session.scalars(found)]


def _matter(case: Case) -> Matter:
    found = FINDINGS.get(case.finding or "", "")
    words = " · ".join(str(w) for w in (case.round_title, case.clue, found) if w)
    return Matter(str(KINDS[case.kind]), words, str(CASES.states[case.state]), TONES[case.state],
                  "CaseGrid", case.id)  # fmt: skip


ASKED.append(suspicions)
