"""Form fields made from columns: the type checks the input, and pickers ask as one types."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import g
from flask_appbuilder.fieldwidgets import BS3TextAreaFieldWidget, BS3TextFieldWidget
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import (
    Boolean,
    Column,
    ColumnDefault,
    ColumnElement,
    Date,
    String,
    and_,
    or_,
    select,
    true,
)
from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.kernel import scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.filters import BIGGEST, read, storage
from app.kernel.i18n import _
from app.kernel.types import Choice, Day, Month, Rule
from app.kernel.types.words import Text
from app.kernel.widgets.controls import DateInput, MonthInput, PickerWidget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.kernel.grid.declare import Lookup

FOUND = 20
"""How many rows a picker offers at once."""


class RuledField(StringField):
    """A text control whose value is what the column makes of the words, or its complaint."""

    widget = BS3TextFieldWidget()

    def __init__(self, label: Any = None, validators: Any = None, *, column: Column[Any],
                 **kwargs: Any) -> None:  # fmt: skip
        self.column = column
        self.typed: str | None = None
        super().__init__(label, validators, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.typed, self.data = valuelist[0], None
        if not self.typed.strip():
            self.data = None if self.column.nullable else self._blank()
            return
        try:
            self.data = read(self.column, self.typed)
        except Refused as error:
            raise ValueError(error.sentence) from None

    def _blank(self) -> Any:
        """What an empty control means where the column must hold something."""
        return "" if isinstance(storage(self.column), String) else None

    def _value(self) -> str:
        if self.typed is not None:
            return str(self.typed)
        if self.data is None:
            return ""
        kind = self.column.type
        return kind.show(self.data) if isinstance(kind, Rule) else str(self.data)


class LinesField(RuledField):
    widget = BS3TextAreaFieldWidget()


class MonthField(RuledField):
    widget = MonthInput()


class DayField(RuledField):
    widget = DateInput()


class LookupField(Field):
    """A row of another table, picked as one types.

    The key that comes back is looked up inside the actor's scope: a stranger's key is no choice.
    `whole`: the field holds the row itself (for a relation), else its key.
    """

    def __init__(self, label: Any = None, validators: Any = None, *, lookup: Lookup,
                 endpoint: str, whole: bool = True, **kwargs: Any) -> None:  # fmt: skip
        self.lookup, self.whole = lookup, whole
        kwargs.setdefault("widget", PickerWidget(endpoint))
        super().__init__(label, validators, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        row = self._row(valuelist[0].strip())
        if row is None:
            raise ValueError(_("没有这个选项，或者它不在您的管辖范围内"))
        self.data = row if self.whole else row.id

    def _row(self, key: Any) -> Any:
        if not str(key).isdecimal() or int(key) > BIGGEST:
            return None
        found = pickable(self.lookup, self.lookup.model.id == int(key))
        return db.session.scalars(found.limit(1)).unique().first()

    def propose(self, key: str) -> None:
        """Start with this row, if it may be picked at all."""
        row = self._row(key)
        if row is not None:
            self.data = row if self.whole else row.id

    def picked(self) -> list[tuple[str, str]]:
        """What is held now, as (key, words)."""
        if self.data is None:
            return []
        row = self.data if hasattr(self.data, "id") else self._row(self.data)
        return [] if row is None else [(str(row.id), str(getattr(row, self.lookup.label)))]


def pickable(lookup: Lookup, where: ColumnElement[bool]) -> Any:
    """The rows this person may pick: of the tree only his own part, not the way up to it."""
    model, actor = lookup.model, g.get("actor")
    narrowed = [scope.within(model)] if scope.is_tree(model) else []
    if lookup.where is not None and actor is not None:
        narrowed.append(lookup.where(actor))
    return select(model).where(and_(true(), where, *narrowed))


def offers(lookup: Lookup, typed: str) -> list[dict[str, str]]:
    """Rows whose words or second line hold what was typed, best first, a handful at most."""
    names = [n for n in (lookup.label, lookup.hint) if n]
    columns = [getattr(lookup.model, n) for n in names]
    typed = typed.strip()[:60].replace("\0", "")
    where = or_(*(c.contains(typed, autoescape=True) for c in columns)) if typed else true()
    first = columns[0]
    found = pickable(lookup, where).order_by(
        first.startswith(typed, autoescape=True).desc(), first, lookup.model.id
    )
    return [
        {"value": str(row.id), "text": str(getattr(row, lookup.label)),
         "hint": str(getattr(row, lookup.hint) or "") if lookup.hint else ""}
        for row in db.session.scalars(found.limit(FOUND)).unique()
    ]  # fmt: skip


def form_of(columns: Iterable[str], makers: Mapping[str, Any], **extra: Any) -> type[Any]:
    """A form class with one field for each column, in order."""
    return type("GridForm", (DynamicForm,), {c: makers[c] for c in columns} | extra)


def field_of(column: Column[Any], label: Any, *, search: bool = False, hint: Any = "",
             choices: Mapping[str, Any] | None = None) -> Any:  # fmt: skip
    """The control for one plain column."""
    checks = [] if search else demands(column)
    kind = column.type
    words = {"label": label, "validators": checks, "description": hint or _hint(kind)}
    if choices is None and isinstance(kind, Choice):
        choices = kind.labels
    if choices is not None:
        options = partial(_choices, column, choices, search)
        return SelectField(choices=options, coerce=_code, **words)
    if isinstance(storage(column), Boolean):
        return BooleanField(label=label, description=words["description"])
    return _typed(column)(column=column, default=None if search else default_of(column), **words)


def _typed(column: Column[Any]) -> type[RuledField]:
    kind = column.type
    if isinstance(kind, Month):
        return MonthField
    if isinstance(kind, Day) or isinstance(storage(column), Date):
        return DayField
    return LinesField if isinstance(kind, Text) and kind.lines else RuledField


def _hint(kind: Any) -> Any:
    return kind.hint if isinstance(kind, Rule) else ""


def _code(raw: object) -> str | None:
    return str(raw) if raw not in {None, ""} else None


def _choices(column: Column[Any], choices: Mapping[str, Any], search: bool) -> list[Any]:
    blank = [("", "")] if search or column.nullable else []
    return blank + [(code, str(label)) for code, label in choices.items()]


def demands(column: Column[Any]) -> list[Any]:
    """Whether something must be given, and how long it may be."""
    optional = column.nullable or column.default is not None or column.server_default is not None
    checks: list[Any] = [Optional() if optional else InputRequired()]
    length = getattr(storage(column), "length", None)
    return [*checks, Length(max=length)] if length and not isinstance(column.type, Rule) else checks


def demands_of(datamodel: Any, name: str) -> list[Any]:
    """The same for a column or for the key behind a relation."""
    column = datamodel.list_columns.get(name)
    return demands(datamodel.get_relation_fk(name) if column is None else column)


def default_of(column: Column[Any]) -> Any:
    default = column.default
    return default.arg if isinstance(default, ColumnDefault) and default.is_scalar else None
