"""What a list page shows, worked out from what the framework hands to its list widget."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from jinja2 import pass_context
from markupsafe import escape

from app.kernel.widgets.links import address, here, is_main, may, per_row, same_rows, under
from app.kernel.widgets.marks import kind_of, shown

PAGE_SIZES = (25, 50, 100, 200)
LAST_PAGE = 2_000
NUMBERED = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    kind: str
    sorted: str
    sort_url: str | None


@dataclass(frozen=True)
class Cell:
    label: str
    kind: str
    html: Any

    @property
    def look(self) -> str:
        """Its kind as a class of the sheet's; short words are parted only at a blank or a comma,
        a month or a number never."""
        words = str(self.html)
        if self.kind != "text" or not _is_short(words):
            return f"is-{self.kind}"
        return "is-text is-short is-word" if NUMBERED.fullmatch(words) else "is-text is-short"


@dataclass(frozen=True)
class Button:
    """`why`: what stands in the way of pressing it now."""

    action: Any
    url: str | None
    why: str = ""


@dataclass(frozen=True)
class Row:
    pk: Any
    cells: list[Cell]
    show: str | None
    edit: str | None
    delete: str | None
    buttons: list[Button]

    @property
    def names(self) -> str:
        return " ".join(b.action.name for b in self.buttons)

    @property
    def lead(self) -> int:
        """Which cell names the row: the first one in words, else the first."""
        return next((n for n, cell in enumerate(self.cells) if cell.kind == "text"), 0)

    @property
    def title(self) -> str:
        return str(escape(self.cells[self.lead].html).striptags())

    @property
    def has_tools(self) -> bool:
        return bool(self.show or self.edit or self.delete or self.buttons)


@dataclass(frozen=True)
class Pager:
    page: int
    size: int
    count: int
    capped: bool
    shown: int
    previous: str | None
    next: str | None
    numbers: list[tuple[int, str]] = field(default_factory=list)
    sizes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.page * self.size + 1 if self.shown else 0

    @property
    def last(self) -> int:
        return self.page * self.size + self.shown

    @property
    def total(self) -> str:
        return f"{self.count:,}+" if self.capped else f"{self.count:,}"


@dataclass(frozen=True)
class Sheet:
    """Everything the list template needs, ready to be written out."""

    columns: list[Column]
    rows: list[Row]
    bulk: list[Any]
    matching: frozenset[str]
    post_url: str | None
    count_url: str | None
    export_url: str | None
    add_url: str | None
    choices: list[tuple[str, str, bool]]
    choose_url: str | None
    usual_url: str | None
    pager: Pager
    filtered: bool


@pass_context
def sheet(context: Any) -> Sheet:
    """The list at hand as columns, rows, buttons and pages."""
    args = {k: v for k, v in context.get_all().items() if v is not None}
    view, actions = args["modelview_name"], _actions(args)
    rows = _rows(args, view, actions)
    return Sheet(
        columns=_columns(args, view, rows),
        rows=rows,
        bulk=[a for a in actions.values() if a.multiple],
        matching=frozenset(args.get("matching_actions", ()) if is_main(view) else ()),
        post_url=same_rows(view, "action_post", args["filters"]),
        count_url=same_rows(view, "matching", args["filters"]),
        export_url=_export_url(args, view),
        add_url=_add_url(args, view),
        choices=[
            (name, str(args["label_columns"].get(name, name)), shown_now)
            for name, shown_now in (args.get("choosable") or {}).items()
        ],
        choose_url=_choose_url(args, view),
        usual_url=_choose_url(args, view, usual=1),
        pager=_pager(args, view, len(rows)),
        filtered=bool(args["filters"].get_filters_values()),
    )


def _actions(args: dict[str, Any]) -> dict[str, Any]:
    """The actions this person may take: as given by a Grid, else as the framework grants them."""
    actions = args.get("actions") or {}
    if "row_perms" in args:
        return dict(actions)
    return {k: a for k, a in actions.items() if may(a.name, args["modelview_name"])}


def _export_url(args: dict[str, Any], view: str) -> str | None:
    """The file of these rows, for those who may take it: what the list shows, in its order."""
    if not args.get("can_export"):
        return None
    url = same_rows(view, "export", args["filters"], format="xlsx")
    if url is None or is_main(view):
        return url
    order = {k: v for k in (f"_oc_{view}", f"_od_{view}") if (v := request.args.get(k))}
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'usual': 1} | order)}"


def _choose_url(args: dict[str, Any], view: str, **values: Any) -> str | None:
    """Where the columns are chosen, from the view's own list."""
    return same_rows(view, "choose_columns", args["filters"], **values) if is_main(view) else None


def _add_url(args: dict[str, Any], view: str) -> str | None:
    path = address(f"{view}.add") if may("can_add", view) else None
    return under(path, args["filters"]) if path else None


def _columns(args: dict[str, Any], view: str, rows: list[Row]) -> list[Column]:
    sortable = args.get("order_columns", ())
    kinds = [c.kind for c in rows[0].cells] if rows else []
    return [
        _column(args, view, name, kinds[i] if kinds else "text", name in sortable)
        for i, name in enumerate(args["include_columns"])
    ]


def _column(args: dict[str, Any], view: str, name: str, kind: str, sortable: bool) -> Column:
    label = str(args["label_columns"].get(name, name))
    if not sortable:
        return Column(name, label, kind, "", None)
    now = request.args.get(f"_od_{view}", "") if request.args.get(f"_oc_{view}") == name else ""
    turned = "desc" if now == "asc" else "asc"
    url = here(**{f"_oc_{view}": name, f"_od_{view}": turned, f"page_{view}": None})
    return Column(name, label, kind, now, url)


def _rows(args: dict[str, Any], view: str, actions: dict[str, Any]) -> list[Row]:
    urls = {name: per_row(f"{view}.{name}") for name in ("show", "edit", "delete")}
    allowed = {name: may(f"can_{name}", view) for name in urls}
    presses = {
        name: (a, per_row(f"{view}.action", name=name)) for name, a in actions.items() if a.single
    }
    perms = args.get("row_perms", {})
    return [
        _row(args, pk, item, perms.get(pk), urls, allowed, presses)
        for pk, item in zip(args["pks"], args["value_columns"], strict=False)
    ]


def _row(
    args: dict[str, Any],
    pk: Any,
    item: dict[str, Any],
    perms: dict[str, Any] | None,
    urls: dict[str, Any],
    allowed: dict[str, bool],
    presses: dict[str, Any],
) -> Row:
    may_do = {"edit": True, "delete": True, "actions": presses, **(perms or {})}
    return Row(
        pk=pk,
        cells=[_cell(args, name, item) for name in args["include_columns"]],
        show=urls["show"](pk) if allowed["show"] else None,
        edit=urls["edit"](pk) if allowed["edit"] and may_do["edit"] else None,
        delete=urls["delete"](pk) if allowed["delete"] and may_do["delete"] else None,
        buttons=[Button(a, u(pk)) for n, (a, u) in presses.items() if n in may_do["actions"]],
    )


def _cell(args: dict[str, Any], name: str, item: dict[str, Any]) -> Cell:
    formatter = args.get("formatters_columns", {}).get(name)
    value = formatter(item[name]) if formatter else item[name]
    kind = kind_of(value)
    html = shown(value)
    return Cell(
        str(args["label_columns"].get(name, name)), kind_of(html) if kind == "text" else kind, html
    )


def _is_short(words: object) -> bool:
    """No wider than ten Chinese characters."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in str(words)) <= 20


def _pager(args: dict[str, Any], view: str, shown_rows: int) -> Pager:
    page, size = int(args.get("page") or 0), int(args.get("page_size") or 25)
    count, capped = int(args.get("count") or 0), bool(args.get("count_capped"))
    pages = min(-(-count // size), LAST_PAGE)
    more = page + 1 < pages or (capped and shown_rows == size and page + 1 < LAST_PAGE)
    url = f"page_{view}"
    return Pager(
        page, size, count, capped, shown_rows,
        previous=args.get("prev_url") or (here(**{url: page - 1}) if page else None),
        next=args.get("next_url") or (here(**{url: page + 1}) if more else None),
        numbers=_numbers(args, url, page, pages),
        sizes=[(n, here(**{f"psize_{view}": n, url: None})) for n in PAGE_SIZES],
    )  # fmt: skip


def _numbers(args: dict[str, Any], key: str, page: int, pages: int) -> list[tuple[int, str]]:
    """Up to five page numbers round the present one; none when the pages are walked by key."""
    if args.get("next_url") or args.get("prev_url") or pages < 2:
        return []
    start = max(0, min(page - 2, pages - 5))
    return [(n, here(**{key: n})) for n in range(start, min(start + 5, pages))]
