"""Form controls: a type-ahead picker over an endpoint, native date and month inputs."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.fieldwidgets import (
    BS3PasswordFieldWidget,
    BS3TextAreaFieldWidget,
    BS3TextFieldWidget,
    DatePickerWidget,
    Select2ManyWidget,
    Select2Widget,
)
from markupsafe import Markup
from wtforms import widgets
from wtforms.widgets import PasswordInput, Select, TextArea, TextInput

from app.kernel.i18n import _
from app.kernel.widgets.marks import icon, options, tag


class PickerWidget:
    """A select that asks `endpoint` while one types; only what is chosen is written into the page.

    The endpoint answers `?q=` with a JSON list of {"value", "text", "hint"}.
    """

    def __init__(self, endpoint: str, multiple: bool = False, placeholder: str = "") -> None:
        self.endpoint, self.multiple, self.placeholder = endpoint, multiple, placeholder

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        attrs = {"id": field.id, "name": field.name, "class": "form-select", **kwargs}
        attrs |= {"data-endpoint": self.endpoint, "multiple": self.multiple}
        attrs["data-placeholder"] = str(self.placeholder or _("输入名称或代码查找"))
        blank = [] if self.multiple else [("", "")]
        lines = options([*blank, *self.picked(field)], chosen=bool)
        return tag("select", attrs, lines)

    def picked(self, field: Any) -> list[tuple[str, str]]:
        """What the field holds now, as (value, label)."""
        if hasattr(field, "picked"):
            return [(str(value), str(label)) for value, label in field.picked()]
        held = field.data if isinstance(field.data, list | tuple) else [field.data]
        return [(str(getattr(row, "id", row)), str(row)) for row in held if row]


class DateInput(widgets.DateInput):
    """The browser's own date control."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("class", "form-control")
        made: Markup = super().__call__(field, **kwargs)
        return made


class MonthInput(widgets.MonthInput):
    """The browser's own month control; 2026-09."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs.setdefault("class", "form-control")
        made: Markup = super().__call__(field, **kwargs)
        return made


# The framework's widgets write Bootstrap 3 markup and repeat the label inside the field.
OURS = {
    BS3TextFieldWidget: TextInput(),
    BS3TextAreaFieldWidget: TextArea(),
    BS3PasswordFieldWidget: PasswordInput(),
    DatePickerWidget: DateInput(),
    Select2Widget: Select(),
    Select2ManyWidget: Select(multiple=True),
}
SELECTS = (Select, PickerWidget)


def control(field: Any, **kwargs: Any) -> Markup:
    """The field as a control of our own look, tied to its hint and its first error."""
    widget = OURS.get(type(field.widget), field.widget)
    attrs = {"class": _class(widget), **_told(field), **kwargs}
    if isinstance(widget, widgets.FileInput):
        return _file(widget, field, attrs)
    if getattr(widget, "input_type", "") in {"checkbox", "radio", "hidden"}:
        attrs.pop("class")
    made: Markup = widget(field, **attrs)
    return made


def _file(widget: Any, field: Any, attrs: dict[str, Any]) -> Markup:
    """A file is chosen with a button in the reader's language, not the browser's."""
    chosen = widget(field, **{**attrs, "class": "file-input"})
    return Markup(
        '<span class="file-pick" data-file-pick>{}<span class="btn btn-plain" aria-hidden="true">'
        '{}{}</span><span class="file-name" data-none="{}">{}</span></span>'
    ).format(
        chosen, icon("file-spreadsheet"), _("选择文件"), _("还没有选择文件"), _("还没有选择文件")
    )


def _class(widget: Any) -> str:
    if not isinstance(widget, SELECTS):
        return "form-control"
    return "form-select my_select2" if getattr(widget, "multiple", False) else "form-select"


def _told(field: Any) -> dict[str, str]:
    """What a reader aloud hears with the field: its hint, and why it was refused."""
    told = [f"{field.id}-hint"] if field.description else []
    if not field.errors:
        return {"aria-describedby": told[0]} if told else {}
    return {"aria-describedby": " ".join([*told, f"{field.id}-wrong-1"]), "aria-invalid": "true"}
