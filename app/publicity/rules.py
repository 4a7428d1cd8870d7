"""What is questionable about a line, each rule one SQL predicate over the lines of a list.

A rule never writes. The condition is true for the lines it objects to; `checked` says what they
stand beside: the list, the card, and the student's enrolment there, if any. Rules that look beyond
the list's own school run as system work and tell the school only that something stands elsewhere,
never where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    and_,
    case,
    column,
    exists,
    func,
    or_,
    select,
    table,
)

from app.kernel import clock
from app.kernel.i18n import _l
from app.publicity.models import FOUND, AidLine, AidList
from app.registry.absences import was_away
from app.registry.cards import asked_about
from app.registry.models import (
    STUDYING,
    Card,
    CoveredMonth,
    DueMonth,
    Enrolment,
    Hold,
)
from app.registry.persons import is_temporary

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import FromClause, ScalarSelect, Select

BLOCK, WARN = "block", "warn"
L = AidLine.__table__
A = table(
    "checked_list", column("id", BigInteger), column("school_id", Integer),
    column("programme_id", Integer), column("spans", Boolean),
)  # fmt: skip
"""The lists whose lines are looked at, as `these` takes them out; `spans`: a line is of several
months."""
E = Enrolment.__table__.alias("enrolled")
OWN = Card.__table__.alias("own")
D = DueMonth.__table__
TOP = (
    select(D.c.programme_id, D.c.month, func.max(D.c.fen).label("fen"))
    .group_by(D.c.programme_id, D.c.month).subquery("top")
)  # fmt: skip
"""What the best off grade is due for a month, the first of a line; for most it is the only one."""


@dataclass(frozen=True)
class Rule:
    """One thing that may be found: what it is called, how grave, what to do, and when it holds."""

    code: str
    severity: str
    advice: Any
    holds: Callable[[], ColumnElement[bool]]

    @property
    def label(self) -> Any:
        return FOUND[self.code]


def these(lists: Select[Any]) -> Select[Any]:
    """The lists of these ids with what the rules want to know of them."""
    its, line = AidList.__table__, L.alias()
    spans = exists().where(line.c.list_id == its.c.id, line.c.first_month != line.c.last_month)
    return select(its.c.id, its.c.school_id, its.c.programme_id,
                  spans.label("spans")).where(its.c.id.in_(lists))  # fmt: skip


def checked() -> FromClause:
    """Each line beside its list and card and, if there are any, its student's enrolment there and
    the standards of its first month."""
    there = and_(E.c.school_id == A.c.school_id, E.c.person_id == L.c.person_id)
    then = and_(TOP.c.programme_id == A.c.programme_id, TOP.c.month == L.c.first_month)
    beside = L.join(A, A.c.id == L.c.list_id).join(OWN, OWN.c.id == L.c.card_id)
    return beside.outerjoin(E, there).outerjoin(TOP, then)


def _not_in_registry() -> ColumnElement[bool]:
    return E.c.id.is_(None)


def _not_at_school() -> ColumnElement[bool]:
    """Away in a month that is claimed; who left later may still be owed the months before."""
    gone = and_(E.c.state.not_in(STUDYING), E.c.left_in.is_(None))
    return or_(gone, E.c.left_in <= L.c.last_month)


def _was_away() -> ColumnElement[bool]:
    """Away in a month that is claimed, and back since: the registry says when."""
    whose = A.alias("whose")
    return was_away(E.c.id, L.c.first_month, L.c.last_month, select(whose.c.school_id))


def _not_yet_here() -> ColumnElement[bool]:
    """A month that is claimed lies before he came: if anybody's, it was another school's. Who came
    from there may be registered here with the month in which he first began; then the months there
    tell. Nobody can have left a school after the present month."""
    there = E.alias("there")
    was_there = exists().where(
        there.c.person_id == L.c.person_id, there.c.school_id != A.c.school_id,
        there.c.state.not_in(STUDYING), there.c.left_in > L.c.first_month,
        there.c.enrolled_in <= L.c.last_month,
    )  # fmt: skip
    past = L.c.first_month < int(clock.this_month())
    return or_(E.c.enrolled_in > L.c.first_month, and_(past, was_there))


def _name_differs() -> ColumnElement[bool]:
    return E.c.name != L.c.name


def _due(what: ColumnElement[int], *more: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(what)
        .where(D.c.programme_id == A.c.programme_id,
               D.c.month.between(L.c.first_month, L.c.last_month), *more)
        .correlate(L, A)
        .scalar_subquery()
    )  # fmt: skip


_IN_ONE = L.c.first_month == L.c.last_month


def _one_month(rule_for_one: ColumnElement[bool], rule_for_more: ColumnElement[bool]
               ) -> ColumnElement[bool]:  # fmt: skip
    """Nearly every line is of one month: counting and adding up are kept for the others."""
    return case((_IN_ONE, rule_for_one), else_=rule_for_more)


def _grade_outside() -> ColumnElement[bool]:
    its_grade = D.c.grade == L.c.grade
    granted_then = exists().where(
        D.c.programme_id == A.c.programme_id, D.c.month == L.c.first_month, its_grade
    ).correlate(L, A)  # fmt: skip
    paid = _due(func.count(func.distinct(D.c.month)))
    granted = _due(func.count(), its_grade)
    return _one_month(and_(~granted_then, TOP.c.fen.is_not(None)), granted < paid)


def _standard_exceeded() -> ColumnElement[bool]:
    """More than any grade would get: whether the grade fits is a rule of its own."""
    highest = (
        select(func.sum(D.c.fen))
        .where(D.c.programme_id == A.c.programme_id,
               D.c.month.between(L.c.first_month, L.c.last_month))
        .group_by(D.c.grade)
        .order_by(func.sum(D.c.fen).desc())
        .limit(1)
        .correlate(L, A)
        .scalar_subquery()
    )  # fmt: skip
    return func.coalesce(case((_IN_ONE, TOP.c.fen), else_=highest), 0) < L.c.amount_fen


def _paid_elsewhere() -> ColumnElement[bool]:
    c = CoveredMonth.__table__
    return exists().where(
        c.c.person_id == L.c.person_id, c.c.programme_id == A.c.programme_id,
        c.c.month.between(L.c.first_month, L.c.last_month),
    )  # fmt: skip


def _listed_elsewhere() -> ColumnElement[bool]:
    other, its = L.alias(), AidList.__table__.alias()
    return exists().where(
        other.c.person_id == L.c.person_id, other.c.list_id != L.c.list_id,
        other.c.state != "removed", other.c.first_month <= L.c.last_month,
        other.c.last_month >= L.c.first_month, its.c.id == other.c.list_id,
        its.c.programme_id == A.c.programme_id, its.c.state != "void",
    )  # fmt: skip


def _twice_on_list() -> ColumnElement[bool]:
    """No person has two lines from the same month on: overlapping takes one of several months."""
    other = L.alias()
    overlaps = exists().where(
        other.c.list_id == L.c.list_id, other.c.person_id == L.c.person_id, other.c.id != L.c.id,
        other.c.state != "removed", other.c.first_month <= L.c.last_month,
        other.c.last_month >= L.c.first_month,
    )  # fmt: skip
    return and_(A.c.spans, overlaps)


def _two_numbers() -> ColumnElement[bool]:
    """Somebody of the same name at the school, listed for one of these months by another number:
    one of the two numbers is temporary, and a student may have been given the other one since."""
    twin, line, its = Enrolment.__table__.alias("twin"), L.alias(), AidList.__table__.alias()
    listed = exists().where(
        line.c.person_id == twin.c.person_id, line.c.state != "removed",
        line.c.first_month <= L.c.last_month, line.c.last_month >= L.c.first_month,
        its.c.id == line.c.list_id, its.c.programme_id == A.c.programme_id,
        its.c.state != "void",
    ).correlate(twin, L, A)  # fmt: skip
    either = or_(is_temporary(L.c.id_mask), is_temporary(twin.c.id_mask))
    # Looked for by the name: by the school, every line would read all who are registered there.
    here = twin.c.school_id + 0 == A.c.school_id
    found = exists().where(twin.c.name == L.c.name, here, twin.c.person_id != L.c.person_id,
                           either, listed)  # fmt: skip
    # Few have a temporary number: whose name is none of theirs is not looked for at all.
    return and_(or_(is_temporary(L.c.id_mask), L.c.name.in_(_temporary_names())), found)


def _temporary_names() -> Select[Any]:
    """The names of all who are registered with a temporary number at a school of these lists."""
    theirs, its = A.alias("theirs"), Enrolment.__table__.alias("temporary")
    here = its.c.school_id.in_(select(theirs.c.school_id))
    return select(its.c.name).where(here, is_temporary(its.c.id_mask))


def _card_of_other() -> ColumnElement[bool]:
    """Somebody else uses this number, or another live line puts somebody else's name to it."""
    card, line, its = Card.__table__.alias(), L.alias(), AidList.__table__.alias()
    live = exists().where(
        line.c.person_id == card.c.person_id, line.c.card_id == card.c.id,
        line.c.state != "removed", its.c.id == line.c.list_id, its.c.state != "void",
    )  # fmt: skip
    return exists().where(
        card.c.card_index == OWN.c.card_index, card.c.person_id != L.c.person_id,
        or_(card.c.state == "active", and_(card.c.state == "claimed", live)),
    )  # fmt: skip


def _holder_differs() -> ColumnElement[bool]:
    return OWN.c.holder_name != L.c.name


def _card_changed() -> ColumnElement[bool]:
    """Nobody has two cards in use: beside one that is, no other needs to be sought."""
    card = Card.__table__.alias()
    another = exists().where(card.c.person_id == L.c.person_id, card.c.state == "active",
                             card.c.card_index != OWN.c.card_index)  # fmt: skip
    return and_(OWN.c.state != "active", another)


def _card_asked() -> ColumnElement[bool]:
    """Another card than the one in use is named while a request about it waits."""
    return and_(OWN.c.state != "active", asked_about(OWN))


def _on_hold() -> ColumnElement[bool]:
    h = Hold.__table__
    return exists().where(
        h.c.person_id == L.c.person_id, h.c.programme_id == A.c.programme_id, h.c.state == "on",
        h.c.first_month <= L.c.last_month,
        or_(h.c.last_month.is_(None), h.c.last_month >= L.c.first_month),
    )  # fmt: skip


def _unbankable() -> ColumnElement[bool]:
    return L.c.unbankable.is_(True)


RULES = [
    Rule("NOT_IN_REGISTRY", BLOCK,
         _l("核对身份证号；确系本校学生的先补录学籍，否则剔除"), _not_in_registry),
    Rule("NOT_AT_SCHOOL", BLOCK,
         _l("休学、退学、毕业等从异动当月起停发，请剔除或更正学籍"), _not_at_school),
    Rule("WAS_AWAY", BLOCK,
         _l("从异动当月起停发，从复学当月起恢复：请从起止年月中去掉离校的月份，或更正学籍的复学年月"),
         _was_away),
    Rule("NOT_YET_HERE", BLOCK,
         _l("入学或转入本校以前的月份不由本校发放：请更正起始年月；学籍中入学年月有误的，先更正学籍"),
         _not_yet_here),
    Rule("NAME_DIFFERS", WARN, _l("按身份证更正名单或学籍"), _name_differs),
    Rule("GRADE_OUTSIDE", BLOCK,
         _l("2025年春季起一至三年级，此前为一、二年级；请核对年级与发放月份"), _grade_outside),
    Rule("PAID_ELSEWHERE", BLOCK,
         _l("该生这些月份已在其他批次发放，请剔除或更正月份"), _paid_elsewhere),
    Rule("LISTED_ELSEWHERE", BLOCK,
         _l("同一学生同月只能列入一份名单，请与主管部门核实后剔除"), _listed_elsewhere),
    Rule("TWICE_ON_LIST", BLOCK, _l("同一学生的月份有重叠，只保留一行"),
         _twice_on_list),
    Rule("TWO_NUMBERS", BLOCK,
         _l("本校同名学生已用另一个号码列入这些月份，其中一个是临时号：是同一人的只留一行；"
            "确是两个人的，请主管部门写明理由放行"), _two_numbers),
    Rule("CARD_OF_OTHER", BLOCK,
         _l("一人一卡：该卡号已登记在另一名学生名下，请核对卡号"), _card_of_other),
    Rule("HOLDER_DIFFERS", BLOCK,
         _l("资助卡须为学生本人的卡，请核对户名"), _holder_differs),
    Rule("CARD_CHANGED", WARN,
         _l("换卡的，核对新卡号；名单确认后新卡启用，并记入换卡记录。"
            "经换卡申请停用的旧卡不会再启用：名单上仍写旧卡的，发到在用的卡"), _card_changed),
    Rule("CARD_ASKED", WARN,
         _l("名单上的新卡不启用：先由复核人办结换卡申请，在此之前发到原卡"), _card_asked),
    Rule("ON_HOLD", BLOCK, _l("主管部门已登记停发，解除前不能列入"), _on_hold),
    Rule("STANDARD_EXCEEDED", BLOCK,
         _l("金额不能超过所含月份的资助标准，请更正"), _standard_exceeded),
    Rule("UNBANKABLE", WARN,
         _l("银行文件用GBK编码，含生僻字的姓名须与开户行核对户名写法"), _unbankable),
]  # fmt: skip
BY_CODE = {rule.code: rule for rule in RULES}
