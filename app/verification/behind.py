"""Conditions on where a case lies: anywhere below an organisation, or right below a bureau.

They are search columns like any other, so that every number of the progress page leads to the
list of its cases, and a person can ask for the same by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, or_, select

from app.accounts.models import Org
from app.kernel.db import db
from app.kernel.filters import Is
from app.kernel.types import within
from app.verification.models import Case

if TYPE_CHECKING:
    from collections.abc import Sequence


class OfOrg(Is):
    """A condition whose value is the key of an organisation."""

    @property
    def column(self) -> Any:
        return Org.id


class Below(OfOrg):
    """At the organisation or anywhere below it."""

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return or_(Case.id.is_(None), *(within(Case.org_path, path) for path in _paths(values)))


class RightBelow(OfOrg):
    """At a school whose own bureau it is."""

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return Case.school_id.in_(select(Org.id).where(Org.parent_id.in_(values)))


def _paths(keys: list[Any]) -> Sequence[str]:
    return db.session.scalars(select(Org.path).where(Org.id.in_(keys))).all()
