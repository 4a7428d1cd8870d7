"""What a show page shows: sections of label and value, and the buttons this row allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import pass_context

from app.kernel.widgets.links import address, may
from app.kernel.widgets.lists import Button
from app.kernel.widgets.marks import kind_of, shown


@dataclass(frozen=True)
class Fact:
    label: str
    value: Any
    kind: str


@dataclass(frozen=True)
class Section:
    title: str
    facts: list[Fact]


@dataclass(frozen=True)
class Detail:
    sections: list[Section]
    buttons: list[Button]
    edit: str | None
    delete: str | None


@pass_context
def detail(context: Any) -> Detail:
    """The row at hand in sections, with its buttons."""
    args = {k: v for k, v in context.get_all().items() if v is not None}
    view, pk = args["modelview_name"], args["pk"]
    perms = args.get("row_perms", {}).get(pk, {})
    return Detail(
        sections=_sections(args),
        buttons=[_button(args, a) for a in _presses(args)],
        edit=_route(view, "edit", pk, perms),
        delete=_route(view, "delete", pk, perms),
    )


def _button(args: dict[str, Any], action: Any) -> Button:
    url = address(f"{args['modelview_name']}.action", name=action.name, pk=args["pk"])
    return Button(action, url, args.get("hindered", {}).get(action.name, ""))


def _route(view: str, name: str, pk: Any, perms: dict[str, Any]) -> str | None:
    open_ = perms.get(name, True) and may(f"can_{name}", view)
    return address(f"{view}.{name}", pk=pk) if open_ else None


def _presses(args: dict[str, Any]) -> list[Any]:
    view = args["modelview_name"]
    actions = (args.get("actions") or {}).values()
    return [a for a in actions if a.single and ("row_perms" in args or may(a.name, view))]


def _sections(args: dict[str, Any]) -> list[Section]:
    fieldsets = args.get("fieldsets") or [("", {"fields": args["include_columns"]})]
    return [
        Section(str(title or ""), [_fact(args, name) for name in part["fields"]])
        for title, part in fieldsets
    ]


def _fact(args: dict[str, Any], name: str) -> Fact:
    value = args["value_columns"][list(args["include_columns"]).index(name)]
    formatter = args.get("formatters_columns", {}).get(name)
    html = shown(formatter(value) if formatter else value)
    return Fact(str(args["label_columns"].get(name, name)), html, kind_of(html))
