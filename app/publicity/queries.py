"""What may be read of the lists: the public's columns, and the figures of pages. Set-based."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from app.accounts.models import Org
from app.accounts.queries import Deed, deeds
from app.kernel import clock
from app.kernel.db import db
from app.kernel.scope import everyone
from app.publicity.models import AidLine, AidList, Finding
from app.registry.models import GRADES, Programme

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth


class Notice(NamedTuple):
    """One list on the board: which school, which programme and month, how many, until when."""

    id: int
    school: str
    bureau: str
    phone: str
    programme: str
    month: YearMonth
    people: int
    published_on: dt.date
    closes_on: dt.date
    is_open: bool


class ShownLine(NamedTuple):
    """All that the public may see of a student (教财厅函〔2017〕28号): no number of any kind."""

    name: str
    school: str
    grade: str
    major: str
    class_name: str


S, B = Org.__table__.alias("school"), Org.__table__.alias("bureau")
A, L, P = AidList.__table__, AidLine.__table__, Programme.__table__
_NOTICE = (
    select(A.c.id, S.c.name, B.c.name, B.c.phone, P.c.name, A.c.month, A.c.line_count,
           A.c.published_at, A.c.closes_on)
    .join_from(A, S, S.c.id == A.c.school_id)
    .join(B, B.c.id == A.c.bureau_id)
    .join(P, P.c.id == A.c.programme_id)
)  # fmt: skip
_SHOWN = (A.c.state.in_(("published", "confirmed")), A.c.closes_on.is_not(None), A.c.line_count > 0)


def on_notice(words: str = "", limit: int = 500) -> list[Notice]:
    """The notices open today, the newest first; `words` narrows by school or bureau name."""
    source = _NOTICE.where(*_SHOWN, A.c.state == "published", A.c.closes_on >= clock.today())
    if words:
        source = source.where(S.c.name.contains(words, autoescape=True)
                              | B.c.name.contains(words, autoescape=True))  # fmt: skip
    source = source.order_by(A.c.published_at.desc(), A.c.id.desc()).limit(limit)
    with everyone("公示栏对公众开放"):
        return [_notice(row) for row in db.session.execute(source)]


def notice(list_id: int) -> Notice | None:
    """The notice of a list that is or was shown; None for any other number."""
    with everyone("公示栏对公众开放"):
        row = db.session.execute(_NOTICE.where(*_SHOWN, A.c.id == list_id)).one_or_none()
    return _notice(row) if row else None


def shown_lines(list_id: int) -> list[ShownLine]:
    """The lines of one open notice, in the legally allowed columns only; removed ones left out."""
    source = (
        select(L.c.name, S.c.name, L.c.grade, L.c.major, L.c.class_name)
        .join_from(L, A, A.c.id == L.c.list_id)
        .join(S, S.c.id == A.c.school_id)
        .where(A.c.id == list_id, A.c.state == "published", A.c.closes_on >= clock.today(),
               L.c.state != "removed")
        .order_by(L.c.seq)
    )  # fmt: skip
    with everyone("公示栏对公众开放"):
        return [ShownLine(r[0], r[1], str(GRADES[r[2]]), r[3], r[4])
                for r in db.session.execute(source)]  # fmt: skip


def totals_shown() -> dict[str, int]:
    """How many lists and students were ever shown: counts stay when lists are gone."""
    source = select(func.count(), func.coalesce(func.sum(A.c.line_count), 0)).where(*_SHOWN)
    with everyone("只给出总数"):
        lists, people = db.session.execute(source).one()
    return {"lists": int(lists), "people": int(people)}


def _notice(row: Any) -> Notice:
    *rest, people, published_at, closes_on = row
    published = clock.moment_of(published_at).date()
    return Notice._make((*rest, people, published, closes_on, closes_on >= clock.today()))


def findings_by_code(list_id: int) -> list[tuple[str, str, str, int]]:
    """(code, severity, state, how many live lines) of a list's findings."""
    found = (
        select(Finding.code, Finding.severity, Finding.state, func.count())
        .join(Finding.line)
        .where(Finding.list_id == list_id, AidLine.state != "removed")
        .group_by(Finding.code, Finding.severity, Finding.state)
        .order_by(Finding.severity, Finding.code)
    )
    return [(c, s, st, int(n)) for c, s, st, n in db.session.execute(found)]


def steps_taken(list_id: int, limit: int = 50) -> list[Deed]:
    """The trail of one list, oldest first."""
    return deeds(AidList.__tablename__, list_id, limit)


def open_blocks(list_id: int, limit: int = 50) -> list[tuple[int, str, str]]:
    """(row number, name, code) of the blocking findings still open on live lines."""
    found = (
        select(AidLine.seq, AidLine.name, Finding.code)
        .join(Finding.line)
        .where(Finding.list_id == list_id, Finding.state == "open", Finding.severity == "block",
               AidLine.state != "removed")
        .order_by(AidLine.seq)
        .limit(limit)
    )  # fmt: skip
    return [(int(seq), name, code) for seq, name, code in db.session.execute(found)]
