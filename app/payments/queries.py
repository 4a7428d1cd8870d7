"""What may be read of payments: one person's whole history, and the figures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from app.accounts.models import Org
from app.accounts.queries import Deed, deeds
from app.kernel.db import db
from app.kernel.scope import everyone, placed
from app.kernel.types import IdNumber, aloud
from app.payments.banks import WRONG_CARD
from app.payments.models import (
    AGAIN,
    NOT_CARRIED,
    Attempt,
    PayFile,
    Payment,
    PayRun,
    Recovery,
    ResultFile,
    ResultLine,
)
from app.publicity.models import AidLine, AidList
from app.registry.models import Card, Enrolment, Person, Programme

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth


class HistoryRow(NamedTuple):
    """One line of a student's aid: what, for which months, how much, and how far it has come.

    `state`: the list's state (draft lists are never shown) or, once paid out, the attempt's.
    """

    programme: str
    school: str
    first_month: YearMonth
    last_month: YearMonth
    fen: int
    list_state: str
    line_state: str
    closes_on: dt.date | None
    pay_state: str | None
    reason: str | None
    arrived_on: dt.date | None
    returned_on: dt.date | None
    card_mask: str
    recovered_fen: int = 0
    recovering_fen: int = 0


L, A, P, T, G, H, E = (
    m.__table__ for m in (AidLine, AidList, Payment, Attempt, Programme, Person, Enrolment)
)
S, B, C = Org.__table__, Recovery.__table__, Card.__table__


def history(name: str, id_no: str, school_code: str) -> list[HistoryRow]:
    """Every line of this person, newest first; empty unless name, number and school all agree.

    The school is one the person is or was enrolled at or listed by; one statement in all cases,
    so that wrong and unknown take the same road.
    """
    index = IdNumber.index(id_no)
    listed = L.alias("own")
    own_list = A.alias("own_list")
    school = select(S.c.id).where(S.c.code == school_code, S.c.level == "school").scalar_subquery()
    known = exists().where(
        E.c.person_id == H.c.id, E.c.name == name, E.c.school_id == school
    ) | exists().where(listed.c.person_id == H.c.id, listed.c.name == name,
                       own_list.c.id == listed.c.list_id,
                       own_list.c.school_id == school)  # fmt: skip
    attempt = and_(T.c.payment_id == P.c.id, T.c.no == P.c.attempt_no)
    source = (
        select(G.c.name, S.c.name, L.c.first_month, L.c.last_month, L.c.amount_fen, A.c.state,
               L.c.state, A.c.closes_on, T.c.state, T.c.reason, T.c.arrived_on, T.c.returned_on,
               func.coalesce(T.c.card_mask, L.c.card_mask),
               _taken_back("repaid"), _taken_back("agreed"))
        .join_from(H, L, L.c.person_id == H.c.id)
        .join(A, A.c.id == L.c.list_id)
        .join(G, G.c.id == A.c.programme_id)
        .join(S, S.c.id == A.c.school_id)
        .outerjoin(P, P.c.line_id == L.c.id)
        .outerjoin(T, attempt)
        .where(H.c.id_index == index, known, A.c.state.in_(("published", "confirmed")))
        .order_by(L.c.last_month.desc(), L.c.id.desc())
    )  # fmt: skip
    with everyone("本人凭姓名、证件号、学校查询自己的记录"):
        return [HistoryRow._make(row) for row in db.session.execute(source)]


def _taken_back(state: str) -> Any:
    """How much of the payment is taken back, and stands so far."""
    found = select(func.coalesce(func.sum(B.c.fen), 0)).where(
        B.c.payment_id == P.c.id, B.c.state == state
    )  # fmt: skip
    return found.correlate(P).scalar_subquery()


class ToRepeat(NamedTuple):
    """How many payments of a run may be paid again, their sum, and how many of them would go to a
    card that the bank has called wrong."""

    payments: int
    fen: int
    wrong_card: int


def to_pay_again(run_id: int) -> ToRepeat:
    """The payments whose latest attempt stands in this run and came to nothing."""
    unchanged = exists().where(C.c.id == Attempt.card_id, C.c.state == "active")
    wrong = func.count().filter(Attempt.reason.in_(WRONG_CARD), unchanged)
    found = select(func.count(), func.coalesce(func.sum(Attempt.fen), 0), wrong).join(
        Payment, and_(Payment.id == Attempt.payment_id, Payment.attempt_no == Attempt.no)
    ).join(AidLine, AidLine.id == Payment.line_id).where(
        Attempt.run_id == run_id, Attempt.state.in_(AGAIN), AidLine.state == "normal"
    )  # fmt: skip
    count, fen, wrong_card = db.session.execute(found).one()
    return ToRepeat(int(count), int(fen), int(wrong_card))


def usual_profile(bureau_id: int) -> str | None:
    """The bank layout the bureau used last."""
    found = select(PayRun.profile).where(PayRun.bureau_id == bureau_id, PayRun.profile != "")
    return db.session.scalar(found.order_by(PayRun.id.desc()).limit(1))


def run_figures(run_id: int) -> dict[str, tuple[int, int]]:
    """Outcome -> (how many, fen) of a run's attempts."""
    found = select(Attempt.state, func.count(), func.sum(Attempt.fen)).where(
        Attempt.run_id == run_id
    ).group_by(Attempt.state)  # fmt: skip
    return {state: (int(n), int(fen)) for state, n, fen in db.session.execute(found)}


def rows_of_file_aside(file_id: int, limit: int = 50) -> list[ResultLine]:
    """The rows of one result file that were set aside."""
    found = select(ResultLine).where(ResultLine.file_id == file_id, ResultLine.fate == "aside")
    return list(db.session.scalars(found.order_by(ResultLine.row).limit(limit)))


def files_of(run_id: int) -> list[PayFile]:
    """The files of a run's package, in their order."""
    return list(db.session.scalars(select(PayFile).where(PayFile.run_id == run_id)
                                   .order_by(PayFile.id)))  # fmt: skip


class Answers(NamedTuple):
    """What the bank gave back for a run, oldest first, the first rows of it, as the files have
    them, that still wait for an explanation, and how many there are of these."""

    files: list[ResultFile]
    aside: list[ResultLine]
    waiting: int


def answers_of(run_id: int, limit: int = 200) -> Answers:
    """One statement."""
    waits = (ResultLine.run_id == run_id, ResultLine.fate == "aside")
    every = select(ResultLine, func.count().over().label("waiting")).where(*waits)
    place = (ResultLine.file_id, ResultLine.row, ResultLine.id)
    first = every.order_by(*place).limit(limit).subquery()
    aside = aliased(ResultLine, first)
    found = select(ResultFile, aside, first.c.waiting)
    found = found.outerjoin(aside, aside.file_id == ResultFile.id)
    found = found.where(ResultFile.run_id == run_id).order_by(ResultFile.id, aside.row, aside.id)
    rows = db.session.execute(found).all()
    files = list(dict.fromkeys(file for file, _row, _n in rows))
    shown = [row for _file, row, _n in rows if row is not None]
    return Answers(files, shown, next((n for _file, _row, n in rows if n), 0))


class Glance(NamedTuple):
    """A run in figures. `later`, `earlier`: runs that tried its payments once more, or before it,
    and how many of them; `unable`: why the first few lines were written into no file."""

    figures: dict[str, tuple[int, int]]
    later: list[tuple[int, int]]
    earlier: list[tuple[int, int]]
    unable: list[str]


def at_a_glance(run_id: int, few: int = 5) -> Glance:
    """One statement for a run found in the scope."""
    rows = union_all(_by_outcome(run_id), _kin(run_id), _unable(run_id, few))
    seen = Glance({}, [], [], [])
    for part, said, n, fen in db.session.execute(rows, execution_options=placed()):
        if part == "figures":
            seen.figures[said] = (int(n), int(fen))
        elif part == "unable":
            seen.unable.append(aloud(said))
        else:
            getattr(seen, part).append((int(said), int(n)))
    return seen


def _part(name: Any, said: Any, n: Any, fen: Any) -> Any:
    part = literal(name) if isinstance(name, str) else name
    return select(part, type_coerce(said, String), n, type_coerce(fen, BigInteger))


def _by_outcome(run_id: int) -> Any:
    rows = _part("figures", T.c.state, func.count(), func.sum(T.c.fen))
    return rows.where(T.c.run_id == run_id).group_by(T.c.state)


def _kin(run_id: int) -> Any:
    me, other = T.alias("me"), T.alias("other")
    side = case((other.c.no > me.c.no, "later"), else_="earlier")
    rows = _part(side, cast(other.c.run_id, String), func.count(), literal(0))
    rows = rows.join_from(me, other, other.c.payment_id == me.c.payment_id).where(
        me.c.run_id == run_id, other.c.run_id != run_id,
        or_(me.c.state.in_(AGAIN), me.c.no > 1),
    )  # fmt: skip
    return rows.group_by(other.c.run_id, side)


def _unable(run_id: int, few: int) -> Any:
    said = type_coerce(T.c.name, String) + ": " + type_coerce(T.c.reason_text, String)
    rows = _part("unable", said, T.c.seq, literal(0))
    carried = T.c.reason == NOT_CARRIED
    found = rows.where(T.c.run_id == run_id, carried).order_by(T.c.seq).limit(few).subquery()
    return select(*found.c)


def unable(run_id: int, limit: int = 50) -> list[str]:
    """Why lines of a run could not be written into the bank's layout."""
    found = select(Attempt.name, Attempt.reason_text).where(
        Attempt.run_id == run_id, Attempt.reason == NOT_CARRIED
    ).order_by(Attempt.seq).limit(limit)  # fmt: skip
    return [f"{name}: {why}" for name, why in db.session.execute(found)]


def about_row(row: ResultLine) -> tuple[ResultFile, PayRun, Attempt | None]:
    """The file and the run that a row of an answer came in for, and the order it names."""
    named = Attempt.id == row.attempt_id if row.attempt_id else Attempt.ref == row.ref
    found = select(ResultFile, PayRun, Attempt).join(PayRun, PayRun.id == ResultFile.run_id)
    found = found.outerjoin(Attempt, named).where(ResultFile.id == row.file_id)
    file, run, order = db.session.execute(found.options(joinedload(PayRun.bureau))).one()
    return file, run, order


def steps_taken(run_id: int, limit: int = 50) -> list[Deed]:
    """The trail of one run, oldest first."""
    return deeds(PayRun.__tablename__, run_id, limit)
