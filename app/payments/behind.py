"""Conditions on what a row stands on: the list's month, school and bureau; its part in the books.

They are search columns like any other, so that the figures of the books lead to a list that says
what it shows, and a person can ask for the same by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement, and_, false, or_, select

from app.accounts.models import SCHOOL, Org
from app.kernel.errors import Refused
from app.kernel.fields import field_of
from app.kernel.filters import Is
from app.kernel.grid import Grid, Lookup
from app.kernel.i18n import _, _l
from app.kernel.types import Choice
from app.payments.models import OUTCOMES, Attempt, Payment, PayRun, ResultLine
from app.payments.sums import (
    ATTEMPTS,
    CARRIED,
    GIVEN_UP,
    IN_THE_BOOKS,
    LEFT_OUT,
    PAYABLE,
    STANDING,
    UNPAID,
    L,
    T,
    part_of_line,
    part_of_unpaid,
)
from app.publicity.models import AidLine, AidList
from app.registry.models import Programme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Select

PARTS = Choice({
    "payable": _l("确认应发"), "unpaid": _l("待支付"), "held": _l("停发"),
    "elsewhere": _l("月份已另行支付"), "gone": _l("公示后离校"), "noticed": _l("公示中"),
    "objected": _l("异议冻结"), "removed": _l("已剔除"), **OUTCOMES,
})  # fmt: skip
STANDINGS = Choice({"now": _l("当前结果"), "carried": _l("已写入银行文件")})


OF_LIST = {"month": "month", "school": "school_id", "bureau": "bureau_id",
           "programme": "programme_id"}  # fmt: skip
"""The conditions, and the columns of the list they are about."""


class OfList(Is):
    """A column of the list a row stands on; the row finds its list by its line."""

    @property
    def column(self) -> Any:
        return getattr(AidList, OF_LIST[self.column_name])

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        lists = select(AidList.id).where(super().compare(column, values))
        lines = select(AidLine.id).where(AidLine.list_id.in_(lists))
        if self.model is AidLine:
            return AidLine.list_id.in_(lists)
        mine: ColumnElement[bool] = self.model.payment_id.in_(_paying(lines))
        return mine


class OfRun(Is):
    """The bureau of the run that a row of an answer was brought in for."""

    @property
    def column(self) -> Any:
        return PayRun.bureau_id

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return ResultLine.run_id.in_(select(PayRun.id).where(super().compare(column, values)))


class InPart(Is):
    """What the books take the line for."""

    @property
    def column(self) -> Any:
        return AidLine.state

    def read(self, raw: str) -> str:
        return _chosen(PARTS, raw)

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return or_(false(), *(AidLine.id.in_(_in_part(part)) for part in values))


class Standing(Is):
    """The order says how its payment stands now; or: it was written into a file for the bank."""

    @property
    def column(self) -> Any:
        return Attempt.state

    def read(self, raw: str) -> str:
        return _chosen(STANDINGS, raw)

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        now = select(Payment.id).join(AidLine, AidLine.id == Payment.line_id).where(
            Payment.id == Attempt.payment_id, Payment.attempt_no == Attempt.no, ~GIVEN_UP
        ).exists()  # fmt: skip
        told = {"now": now, "carried": CARRIED}
        return and_(*(told[value] for value in values))


def _chosen(choice: Choice, raw: str) -> str:
    if raw not in choice.labels:
        raise Refused(_("没有这个选项"))
    return raw


def _paying(lines: Select[Any]) -> Select[Any]:
    return select(Payment.id).where(Payment.line_id.in_(lines))


def _in_part(part: str) -> Select[Any]:
    rows = select(AidLine.id).join(AidLine.aid_list)
    if part in LEFT_OUT:
        return rows.where(UNPAID, part_of_unpaid() == part)
    if part in OUTCOMES:
        return select(L.c.id).select_from(ATTEMPTS).where(STANDING, T.c.state == part)
    if part == "payable":
        return rows.where(PAYABLE)
    return rows.where(AidList.state.in_(IN_THE_BOOKS), part_of_line() == part)


class Behind(Grid):
    """A grid whose rows can be asked for by the list they stand on, and by `standing_by`."""

    standing_by: ClassVar[Mapping[str, tuple[type[Is], Any, Choice]]] = {}
    """Further conditions: name -> the condition, its label, its choices."""
    lookups: ClassVar[Mapping[str, Any]] = {
        "school": Lookup(Org, "name", where=lambda _actor: Org.level == SCHOOL),
        "bureau": Lookup(Org, "name", where=lambda _actor: Org.level != SCHOOL),
        "programme": Lookup(Programme, "name"),
    }
    of_list: ClassVar[Mapping[str, Any]] = {
        "month": _l("名单月份"), "school": _l("学校"), "bureau": _l("主管部门"),
        "programme": _l("项目"),
    }  # fmt: skip

    of_what: ClassVar[type[Is]] = OfList
    """How the conditions in `of_list` are compared."""

    def _init_properties(self) -> None:
        super()._init_properties()
        made: dict[str, tuple[type[Is], Any]] = {
            n: (self.of_what, w) for n, w in self.of_list.items()
        }
        made |= {name: (kind, words) for name, (kind, words, _c) in self.standing_by.items()}
        for name, (kind, words) in made.items():
            self.offered[name] = [kind(name, self.datamodel)]
            self.label_columns[name] = words

    def _field(self, name: str, search: bool) -> Any:
        label = self.label_columns[name]
        if name in self.standing_by:
            column = self.standing_by[name][0](name, self.datamodel).column.property.columns[0]
            return field_of(column, label, search=True, choices=self.standing_by[name][2].labels)
        if name in self.of_list and name not in self.lookups:
            column = getattr(AidList, OF_LIST[name]).property.columns[0]
            return field_of(column, label, search=search)
        return super()._field(name, search)
