"""Addresses of the page at hand with something changed, and of a view's routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from flask import current_app, request, url_for
from werkzeug.routing import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable

SLOT = "0SLOT0"


def here(**changes: object) -> str:
    """This page's address with these arguments set, or dropped where the value is None."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in changes]
    kept += [(k, str(v)) for k, v in changes.items() if v is not None]
    return request.path + (f"?{urlencode(kept)}" if kept else "")


def without(key: str, value: str) -> str:
    """This page's address with one of the values of one argument dropped."""
    pairs = list(request.args.items(multi=True))
    if (key, value) in pairs:
        pairs.remove((key, value))
    return request.path + (f"?{urlencode(pairs)}" if pairs else "")


def address(endpoint: str, **values: Any) -> str | None:
    """The address of an endpoint, or None where this face does not have it."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def per_row(endpoint: str, **values: Any) -> Callable[[object], str | None]:
    """Addresses that differ only in the row's key: built once, filled in for each row."""
    pattern = address(endpoint, pk=SLOT, **values)
    if pattern is None:
        return lambda _pk: None
    return lambda pk: pattern.replace(SLOT, quote(str(pk), safe=""))


def is_main(view: str) -> bool:
    """The page at hand is this view's own list, not a list that hangs on another row."""
    return bool(request.endpoint == f"{view}.list")


def same_rows(view: str, route: str, filters: Any, **values: Any) -> str | None:
    """Another route of a list's view, under the very filter being looked at."""
    path = address(f"{view}.{route}")
    if path is None:
        return None
    if not is_main(view):
        return under(path, filters)
    pairs = [*request.args.items(multi=True), *values.items()]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def under(path: str, filters: Any) -> str:
    """`path` with the parent row of a related list carried along."""
    return str(current_app.jinja_env.filters["set_link_filters"](path, filters))


def may(permission: str, view: str) -> bool:
    """Whether the framework grants this permission on this view to whoever is asking."""
    return bool(current_app.jinja_env.filters["is_item_visible"](permission, view))


def locale_url(lang: str) -> str | None:
    """Where the language is switched, on either face; None hides the switch."""
    return address("LocaleView.index", locale=lang) or address("portal.locale", lang=lang)


def asset(filename: str) -> str:
    """A static file's address that changes whenever the file does."""
    folder = current_app.static_folder or ""
    return url_for("static", filename=filename, v=_stamp(f"{folder}/{filename}"))


def _stamp(path: str) -> str:
    file = Path(path)
    return format(int(file.stat().st_mtime), "x") if file.exists() else "0"
