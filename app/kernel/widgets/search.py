"""The search form as a bar that is always in sight: label, operator, value, and what is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_appbuilder.fieldwidgets import DatePickerWidget, DateTimePickerWidget, Select2Widget
from flask_appbuilder.widgets import FormWidget
from jinja2 import pass_context
from werkzeug.datastructures import MultiDict
from wtforms.fields import BooleanField
from wtforms.widgets import Input

from app.kernel.i18n import _
from app.kernel.widgets.controls import PickerWidget
from app.kernel.widgets.links import without
from app.kernel.widgets.marks import options, tag

if TYPE_CHECKING:
    from markupsafe import Markup


class FilterBar(FormWidget):
    """The search widget of a Grid."""

    template = "appbuilder/general/widgets/search.html"


@dataclass(frozen=True)
class Condition:
    """One declared search column: its operators, the one chosen, and the control for the value."""

    column: str
    label: str
    operators: list[str]
    chosen: int
    control: Markup
    active: bool


@dataclass(frozen=True)
class Chip:
    """One active filter in words, and the address of the page without it."""

    label: str
    operator: str
    value: str
    remove: str


@pass_context
def conditions(context: Any) -> list[Condition]:
    """The search columns in their declared order."""
    args = context.get_all()
    hidden = args.get("exclude_cols") or ()
    offered = args["filters"].get_search_filters()
    return [_condition(args, c) for c in args["include_cols"] if c in offered and c not in hidden]


@pass_context
def chips(context: Any) -> list[Chip]:
    """The filters that are narrowing the list now."""
    args = context.get_all()
    return [
        _chip(args, *found, value)
        for flt, values in _typed(args)
        if (found := _place(args, flt))
        for value in (values if isinstance(values, list) else [values])
    ]


def _typed(args: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(f, v) for f, v in args["filters"].get_filters_values() if not f.is_related_view]


def _place(args: dict[str, Any], flt: Any) -> tuple[str, int] | None:
    """The column and operator number of an active filter, when it is a declared one."""
    offered = args["filters"].get_search_filters().get(flt.column_name, [])
    same = [i for i, other in enumerate(offered) if type(other) is type(flt)]
    return (flt.column_name, same[0]) if same and flt.column_name in args["include_cols"] else None


def _chip(args: dict[str, Any], column: str, index: int, value: Any) -> Chip:
    operator = args["filters"].get_search_filters()[column][index]
    field = args["form"][column]
    return Chip(
        label=str(field.label.text),
        operator=str(operator.name),
        value=_in_words(field, str(value)),
        remove=without(f"_flt_{index}_{column}", str(value)),
    )


def _in_words(field: Any, value: str) -> str:
    return next((label for code, label in choices_of(field) if code == value), value)


def _condition(args: dict[str, Any], column: str) -> Condition:
    field = args["form"][column]
    active = next((p for f, v in _typed(args) if (p := _place(args, f)) and p[0] == column), None)
    value = next((_first(v) for f, v in _typed(args) if f.column_name == column), "")
    chosen = active[1] if active else 0
    return Condition(
        column=column,
        label=str(field.label.text),
        operators=[str(f.name) for f in args["filters"].get_search_filters()[column]],
        chosen=chosen,
        control=_control(field, f"_flt_{chosen}_{column}", value),
        active=active is not None,
    )


def _first(values: Any) -> str:
    return str(values[0] if isinstance(values, list) and values else values)


def _control(field: Any, name: str, value: str) -> Markup:
    """The field as a control of the bar, under the name the framework reads."""
    attrs: dict[str, Any] = {"name": name, "id": f"flt-{field.short_name}", "data-value": True}
    if isinstance(field.widget, PickerWidget):
        if value and not field.data:
            field.process(MultiDict({field.name: value}))
        return field.widget(field, **attrs)
    if isinstance(field, BooleanField):
        return _select(attrs, [("1", _("是")), ("0", _("否"))], value)
    if isinstance(field.widget, Select2Widget) or hasattr(field, "iter_choices"):
        return _select(attrs, choices_of(field), value)
    if isinstance(field.widget, DatePickerWidget | DateTimePickerWidget):
        return _input("date", attrs, value)
    return _input(_input_type(field), attrs, value)


def _input_type(field: Any) -> str:
    kind = field.widget.input_type if isinstance(field.widget, Input) else "text"
    return kind if kind in {"date", "month", "number"} else "search"


def _input(kind: str, attrs: dict[str, Any], value: str) -> Markup:
    return tag("input", {"type": kind, "value": value, "class": "form-control", **attrs})


def _select(attrs: dict[str, Any], choices: list[tuple[str, str]], value: str) -> Markup:
    lines = options([("", _("不限")), *choices], chosen=lambda code: code == value)
    return tag("select", {"class": "form-select", **attrs}, lines)


def choices_of(field: Any) -> list[tuple[str, str]]:
    """The choices of a select field, or what a picker has picked, as (value, label)."""
    if isinstance(field.widget, PickerWidget):
        return field.widget.picked(field)
    if not hasattr(field, "iter_choices"):
        return []
    rows = [tuple(choice)[:2] for choice in field.iter_choices()]
    return [(str(c), str(label)) for c, label in rows if str(c) not in {"", "__None"}]


__all__ = ["Chip", "Condition", "FilterBar", "chips", "conditions"]
