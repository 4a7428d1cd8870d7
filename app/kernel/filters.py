"""The conditions a person may search with: typed, strict, and kind to indexes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    and_,
    not_,
    or_,
)
from sqlalchemy.types import TypeDecorator

from app.kernel.clock import SHANGHAI
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types import Choice, Month, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence


BIGGEST = 2**63 - 1
YES, NO = {"1", "y", "true", "是"}, {"0", "n", "false", "否"}


def storage(column: Column[Any]) -> Any:
    """The plain SQL type under a rule."""
    kind = column.type
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def is_sealed(column: Column[Any]) -> bool:
    """Its cells hold ciphertext or a fingerprint: nothing a page could show or search."""
    return isinstance(storage(column), LargeBinary)


def read(column: Column[Any], raw: str) -> Any:
    """What a person typed as a value of this column; Refused when it cannot be one."""
    if "\0" in raw:
        raise Refused(_("内容中有不可见的字符"))
    if isinstance(column.type, Rule):
        return column.type.clean(raw)
    kind = storage(column)
    for plain, reader in READERS:
        if isinstance(kind, plain):
            return reader(raw.strip())
    return raw.strip()


def _whole(raw: str) -> int:
    try:
        n = int(raw)
    except ValueError:
        raise Refused(_("应为整数")) from None
    if abs(n) > BIGGEST:
        raise Refused(_("数字太大"))
    return n


def _number(raw: str) -> float:
    try:
        return float(raw)
    except ValueError:
        raise Refused(_("应为数字")) from None


def _yes_no(raw: str) -> bool:
    if raw.lower() not in YES | NO:
        raise Refused(_("应为“是”或“否”"))
    return raw.lower() in YES


def _day(raw: str) -> dt.date:
    try:
        return dt.date.fromisoformat(raw)
    except ValueError:
        raise Refused(_("日期应写成 2026-09-01 的样子")) from None


def _midnight(raw: str) -> dt.datetime:
    return dt.datetime.combine(_day(raw[:10]), dt.time(), SHANGHAI)


READERS: tuple[tuple[Any, Any], ...] = (
    (Boolean, _yes_no), (Integer, _whole), (Numeric, _number),
    (DateTime, _midnight), (Date, _day),
)  # fmt: skip


class Condition(BaseFilter):
    """One operator on one column. `arg_name` is its name in the API."""

    several = False
    """True when more than one value may be given at once."""

    @property
    def column(self) -> Any:
        """The column compared; for a relation the key behind it."""
        attr = getattr(self.model, self.column_name)
        if not self.datamodel.is_relation(self.column_name):
            return attr
        key = next(iter(attr.property.local_columns))
        return getattr(self.model, self.model.__mapper__.get_property_by_column(key).key)

    def read(self, raw: str) -> Any:
        return read(self.column.property.columns[0], raw)

    def where(self, values: Sequence[str]) -> ColumnElement[bool]:
        """The condition over the values as they were typed."""
        if len(values) > 1 and not self.several:
            raise Refused(_("「%(op)s」只能填写一个值", op=self.name))
        return self.compare(self.column, [self.read(v) for v in values])

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        raise NotImplementedError

    def apply(self, query: Any, value: Any) -> Any:
        return query.where(self.where(value if isinstance(value, list) else [str(value)]))


class Is(Condition):
    name, arg_name, several = _l("等于"), "eq", True

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
        return found


class IsNot(Condition):
    name, arg_name, several = _l("不等于"), "ne", True

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return or_(column.is_(None), column.not_in(values))


class AtLeast(Condition):
    name, arg_name = _l("不小于"), "ge"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column >= values[0]
        return found


class AtMost(Condition):
    name, arg_name = _l("不大于"), "le"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column <= values[0]
        return found


class NotBefore(AtLeast):
    name = _l("不早于")


class NotAfter(AtMost):
    name = _l("不晚于")


class OnDay(Condition):
    name, arg_name = _l("在这一天"), "eq"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return and_(column >= values[0], column < values[0] + dt.timedelta(days=1))


class UpToDay(NotAfter):
    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column < values[0] + dt.timedelta(days=1)
        return found


class Words(Condition):
    """Operators on text take the words as typed: half a name is not yet a name."""

    def read(self, raw: str) -> str:
        if "\0" in raw:
            raise Refused(_("内容中有不可见的字符"))
        return raw.strip()


class Starts(Words):
    name, arg_name = _l("开头是"), "starts"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.startswith(values[0], autoescape=True)
        return found


class Has(Words):
    name, arg_name = _l("包含"), "has"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.contains(values[0], autoescape=True)
        return found


class HasNot(Words):
    name, arg_name = _l("不包含"), "hasnot"

    def compare(self, column: Any, values: list[Any]) -> ColumnElement[bool]:
        return or_(column.is_(None), not_(column.contains(values[0], autoescape=True)))


TEXT = (Starts, Is, Has, HasNot)
CHOICE = (Is, IsNot)
NUMBER = (Is, AtLeast, AtMost)
DAY = (Is, NotBefore, NotAfter)
MOMENT = (OnDay, NotBefore, UpToDay)


def operators(column: Column[Any], chosen: bool = False) -> tuple[type[Condition], ...]:
    """What may be asked of a column; `chosen`: its values come from a list."""
    kind = storage(column)
    if chosen or column.foreign_keys or isinstance(column.type, Choice):
        return CHOICE
    if isinstance(column.type, Month) or isinstance(kind, Date):
        return DAY
    if isinstance(kind, DateTime):
        return MOMENT
    if isinstance(kind, Boolean):
        return CHOICE
    return NUMBER if isinstance(kind, Integer | Numeric) else TEXT


class Converter(BaseFilterConverter):
    """Gives each search column its operators; the framework numbers them in this order."""

    def convert(self, col_name: str) -> list[Condition] | None:
        model = self.datamodel
        if model.is_relation(col_name):
            if not model.is_relation_many_to_one(col_name):
                return None
            return [op(col_name, model) for op in CHOICE]
        column = model.list_columns.get(col_name)
        if column is None or is_sealed(column):
            return None
        return [op(col_name, model) for op in operators(column, col_name == "state")]
