"""What changed since the school's previous list: the reviewer's first table. Two statements.

Persons are compared, not rows: of somebody with several rows on one list the latest months count.
Of other schools no more is told than that something stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    select,
    union_all,
)

from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.scope import everyone
from app.kernel.types import YearMonth, yuan
from app.publicity.models import AidLine, AidList
from app.registry.models import GRADES, Card, CoveredMonth

if TYPE_CHECKING:
    from collections.abc import Iterable

A = AidList.__table__
L, B = AidLine.__table__.alias("now"), AidLine.__table__.alias("before")
SHOWN = 20
"""How many rows of each kind stand on the page."""
KINDS = {
    "new": _l("新增"), "gone": _l("减少"), "card": _l("换卡"), "amount": _l("金额变化"),
    "class": _l("年级班级变化"), "moved": _l("来自其他学校"), "paid": _l("所含月份已发放过"),
}  # fmt: skip
UNPAID = ("draft", "submitted", "published")
"""As long as a list itself cannot have been paid, a paid month is somebody else's doing."""


class Student(NamedTuple):
    """One student that changed; `seq` is the row on the list he stands on."""

    seq: int
    name: str
    id_mask: str
    class_name: str
    old: str
    new: str


class Difference(NamedTuple):
    """One kind of change: how many students, and the first of them."""

    code: str
    label: Any
    total: int
    rows: list[Student]


class Compared(NamedTuple):
    """The list beside the previous one, whose month it is; `figures` are that one's lines, fen."""

    month: YearMonth
    kinds: list[Difference]
    figures: tuple[int, int]


def compare(target: AidList) -> Compared | None:
    """None when there is no previous list, or the list is a supplement: it follows no other."""
    with everyone("名单已按管辖范围找到；其他学校只说有无"):
        before = previous(target)
        if before is None:
            return None
        sources = _sources(target, before.id)
        rows = list(db.session.execute(_first(sources)))
    kinds = [_told(code, rows) for code in sources]
    return Compared(before.month, kinds, (before.line_count, before.total_fen))


def previous(target: AidList) -> Any:
    """The school's latest earlier list of the same programme and kind; None of a supplement."""
    found = select(A.c.id, A.c.month, A.c.line_count, A.c.total_fen).where(
        A.c.school_id == target.school_id, A.c.programme_id == target.programme_id,
        A.c.kind == target.kind, A.c.kind != "SUPPLEMENT", A.c.month < target.month,
        A.c.state != "void",
    )  # fmt: skip
    return db.session.execute(found.order_by(A.c.month.desc()).limit(1)).one_or_none()


def _sources(target: AidList, before: int) -> dict[str, Select[Any]]:
    """By kind of change the students it touches."""
    here, there = _live(L, target.id), _live(B, before)
    was_there = exists().where(there, B.c.person_id == L.c.person_id)
    is_here = exists().where(here, L.c.person_id == B.c.person_id)
    both = select(*_who(L)).join_from(L, B, B.c.person_id == L.c.person_id)
    both = both.where(here, there, _latest(L), _latest(B))
    new = select(*_who(L)).where(here, _latest(L), ~was_there)
    gone = select(*_who(B)).where(there, _latest(B), ~is_here)
    found = {
        "new": _with(new),
        "gone": _with(gone),
        "card": _with(both.where(_index(L) != _index(B)), B.c.card_mask, L.c.card_mask),
        "amount": _with(both.where(L.c.amount_fen != B.c.amount_fen),
                        cast(B.c.amount_fen, String), cast(L.c.amount_fen, String)),
        "class": _with(both.where(_seat(L) != _seat(B)), _seat(B), _seat(L)),
        "moved": _with(new.where(_known_elsewhere(target))),
    }  # fmt: skip
    if target.state in UNPAID:
        paid = select(*_who(L)).where(here, _latest(L), _paid(target))
        found["paid"] = _with(paid)
    return found


def _live(line: Any, list_id: int) -> ColumnElement[bool]:
    return and_(line.c.list_id == list_id, line.c.state != "removed")


def _latest(line: Any) -> ColumnElement[bool]:
    later = AidLine.__table__.alias()
    return ~exists().where(later.c.list_id == line.c.list_id, later.c.state != "removed",
                           later.c.person_id == line.c.person_id,
                           later.c.first_month > line.c.first_month)  # fmt: skip


def _who(line: Any) -> list[Any]:
    return [line.c.seq, line.c.name, line.c.id_mask, line.c.class_name]


def _with(source: Select[Any], old: Any = "", new: Any = "") -> Select[Any]:
    """Every source has the same columns, so that one statement can read them all."""
    return source.add_columns(_text(old).label("old"), _text(new).label("new"))


def _text(value: Any) -> Any:
    return literal(value, String) if isinstance(value, str) else cast(value, String)


def _index(line: Any) -> Any:
    card = Card.__table__.alias()
    found = select(card.c.card_index).where(card.c.id == line.c.card_id)
    return found.correlate(line).scalar_subquery()


def _seat(line: Any) -> ColumnElement[str]:
    grade: ColumnElement[str] = cast(line.c.grade, String)
    seat: ColumnElement[str] = grade + " " + line.c.class_name
    return seat


def _known_elsewhere(target: AidList) -> ColumnElement[bool]:
    """Another school had him on a list of the programme in the twelve months before."""
    line, its = AidLine.__table__.alias(), AidList.__table__.alias()
    return exists().where(
        line.c.person_id == L.c.person_id, line.c.state != "removed", its.c.id == line.c.list_id,
        its.c.school_id != target.school_id, its.c.programme_id == target.programme_id,
        its.c.state != "void", its.c.month < target.month, its.c.month >= target.month - 12,
    )  # fmt: skip


def _paid(target: AidList) -> ColumnElement[bool]:
    c = CoveredMonth.__table__
    return exists().where(c.c.person_id == L.c.person_id,
                          c.c.programme_id == target.programme_id,
                          c.c.month.between(L.c.first_month, L.c.last_month))  # fmt: skip


def _first(sources: dict[str, Select[Any]]) -> Any:
    """The first rows of each kind in the order of the file, each with how many there are."""
    total = func.count().over().label("total")
    cut = {code: source.add_columns(total).order_by("seq").limit(SHOWN).subquery()
           for code, source in sources.items()}  # fmt: skip
    return union_all(*(select(literal(code).label("code"), part) for code, part in cut.items()))


def _told(code: str, rows: Iterable[Any]) -> Difference:
    say = {"amount": lambda fen: yuan(int(fen)), "class": _seated}.get(code, str)
    mine = sorted((r for r in rows if r.code == code), key=lambda r: r.seq)
    students = [
        Student(r.seq, r.name, r.id_mask, r.class_name, say(r.old), say(r.new)) for r in mine
    ]
    return Difference(code, KINDS[code], int(mine[0].total) if mine else 0, students)


def _seated(said: str) -> str:
    grade, _space, class_name = said.partition(" ")
    return f"{GRADES[grade]} {class_name}"
