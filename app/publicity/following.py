"""What lists do when the registry below them changes."""

from __future__ import annotations

from sqlalchemy import select

from app.publicity.findings import check_lists
from app.publicity.models import AidList
from app.registry.intake import follows


@follows
def recheck_open(school_id: int) -> None:
    """The findings on the school's lists that are not published yet are those of the registry as
    it is now: who has left since a list was submitted keeps it from being published."""
    unpublished = AidList.state.in_(("draft", "submitted"))
    check_lists(select(AidList.id).where(AidList.school_id == school_id, unpublished))
