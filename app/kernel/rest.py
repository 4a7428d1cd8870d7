"""The grids for programs: the same rows, columns, rights, steps and refusals, as JSON.

    GET  /api/v1/<table>/?state=draft&month__ge=2026-09&order=-month&page=0&size=50
    GET  /api/v1/<table>/<id>
    POST /api/v1/<table>/<id>/<step>            {"note": "..."}
    POST /api/v1/<table>/take/<step>?<filter>   {"expected": 12, "note": "..."}

Whoever has a session may call it; a POST carries the CSRF token in the header X-CSRFToken.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, g, jsonify, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException, NotFound, Unauthorized

from app.kernel.db import db
from app.kernel.error_pages import SENTENCES, trail
from app.kernel.errors import Refused
from app.kernel.grid.asked import DEEPEST, PAGE, SIZES, Asked, Term, unreadable, whole
from app.kernel.grid.cells import kind_of, value_at
from app.kernel.grid.declared import Declared
from app.kernel.grid.press import press
from app.kernel.openapi import described
from app.kernel.types import Choice, Fen, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flask import Flask
    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from werkzeug.datastructures import MultiDict

PAGING = {"page", "size", "order"}
VERSION = "v1"


class Api:
    """The tables of these grids (default: of all) under /api/v1/."""

    def __init__(self, grids: Iterable[type[Declared]] | None = None) -> None:
        self.kinds = tuple(Declared.all if grids is None else grids)
        self.grids: dict[str, Any] = {}

    def install(self, app: Flask) -> None:
        """After the grids were registered: their instances know who may do what."""
        for view in app.appbuilder.baseviews:  # type: ignore[attr-defined]
            if type(view) in self.kinds and (name := name_of(type(view))):
                if name in self.grids:
                    raise TypeError(f"two grids answer for {name}: say api = '' in one of them")
                self.grids[name] = view
        app.register_blueprint(self._blueprint())

    def _blueprint(self) -> Blueprint:
        part = Blueprint("api", __name__, url_prefix=f"/api/{VERSION}")
        part.before_request(_known)
        part.register_error_handler(HTTPException, _failed)
        part.register_error_handler(Refused, _refused)
        part.add_url_rule("/", "index", self.index)
        part.add_url_rule("/openapi.json", "openapi", self.openapi)
        part.add_url_rule("/<table>/", "rows", self.rows)
        part.add_url_rule("/<table>/<int:key>", "row", self.row)
        part.add_url_rule("/<table>/<int:key>/<step>", "act", self.act, methods=["POST"])
        part.add_url_rule("/<table>/take/<step>", "take", self.take, methods=["POST"])
        return part

    def grid(self, table: str, right: str) -> Any:
        """The grid of this table, if whoever is asking has the right on it."""
        grid = self.grids.get(table)
        if grid is None:
            raise NotFound
        if not grid.may(right):
            raise Forbidden
        return grid

    def index(self) -> str:
        appbuilder = current_app.appbuilder  # type: ignore[attr-defined]
        return render_template(
            "kernel/api.html", base_template=appbuilder.base_template, appbuilder=appbuilder,
            paths=self._described()["paths"],
        )  # fmt: skip

    def openapi(self) -> ResponseReturnValue:
        return jsonify(self._described())

    def _described(self) -> dict[str, Any]:
        return described({n: v for n, v in self.grids.items() if v.may("can_list")})

    def rows(self, table: str) -> ResponseReturnValue:
        grid = self.grid(table, "can_list")
        asked = asked_of_api(grid, request.args)
        where = asked.where(grid.label_columns)
        found = grid.datamodel.page(where, grid.ordering(asked), asked.size, asked.offset)
        count, capped = grid.datamodel.counted(where)
        return jsonify(
            count=count, more=capped, page=asked.page, size=asked.size,
            rows=[as_json(grid, row, grid.list_columns) for (row,) in found],
        )  # fmt: skip

    def row(self, table: str, key: int) -> ResponseReturnValue:
        grid = self.grid(table, "can_show")
        found = grid.datamodel.one(grid.model.id == key)
        if found is None:
            raise NotFound
        return jsonify(as_json(grid, found[0], grid.show_columns))

    def act(self, table: str, key: int, step: str) -> ResponseReturnValue:
        grid = self.grid(table, step)
        return self._press(grid, step, grid.model.id == key, 1)

    def take(self, table: str, step: str) -> ResponseReturnValue:
        grid = self.grid(table, step)
        asked = asked_of_api(grid, request.args)
        expected = _told().get("expected")
        if type(expected) is not int or expected < 0:
            raise unreadable()
        where, words = asked.where(grid.label_columns), asked.words(grid.label_columns)
        return self._press(grid, step, where, expected, words)

    def _press(self, grid: Any, step: str, where: ColumnElement[bool], expected: int,
               words: str | None = None) -> ResponseReturnValue:  # fmt: skip
        note = str(_told().get("note") or "")
        outcome = press(grid, grid.buttons[step], where, g.actor, expected=expected, note=note,
                        filter_text=words or "", named=words is None)  # fmt: skip
        reasons = {str(key): str(why) for key, why in outcome.refused.items()}
        said: dict[str, Any] = {"moved": outcome.moved, "refused": reasons,
                                "refused_total": outcome.refused_total}  # fmt: skip
        if outcome.refused and not outcome.moved:
            said["error"] = next(iter(reasons.values()))
            return jsonify(said), 409
        return jsonify(said)


def name_of(grid: type[Declared]) -> str:
    return str(grid.model.__tablename__) if grid.api is None else grid.api


def asked_of_api(grid: Any, args: MultiDict[str, str]) -> Asked:
    """`col=value`, `col__ge=value`, `order=-col`, `page`, `size`; anything else is refused."""
    order = args.get("order", "")
    if order.lstrip("-") not in {"", *grid.order_columns}:
        raise unreadable()
    return Asked(
        terms=tuple(_terms(grid.offered, args)),
        order=order.lstrip("-"),
        down=order.startswith("-"),
        page=whole(args.get("page"), 0, DEEPEST),
        size=whole(args.get("size"), PAGE, SIZES[-1]) or PAGE,
    )


def _terms(offered: Mapping[str, list[Any]], args: MultiDict[str, str]) -> Iterator[Term]:
    for arg in args:
        if arg in PAGING:
            continue
        column, _dunder, operator = arg.partition("__")
        wanted = [c for c in offered.get(column, []) if c.arg_name == (operator or "eq")]
        if not wanted:
            raise unreadable()
        yield Term(wanted[0], tuple(args.getlist(arg)))


def as_json(grid: Any, row: Any, columns: Iterable[str]) -> dict[str, Any]:
    """The row as the grid shows it: codes, whole fen, relations by key and name."""
    return {"id": row.id} | {c: _value(kind_of(grid.model, c), value_at(row, c)) for c in columns}


def _value(kind: Any, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(kind, Rule) and not isinstance(kind, Choice | Fen):
        return kind.show(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "__mapper__"):
        return {"id": value.id, "label": str(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(None, v) for v in value]
    return value if isinstance(value, int | float | str) else str(value)


def _told() -> Mapping[str, Any]:
    """The body of a POST: a JSON object, or nothing."""
    told = request.get_json(silent=True) if request.data else {}
    if not isinstance(told, dict):
        raise unreadable()
    return told


def _known() -> None:
    if g.get("actor") is None:
        raise Unauthorized


def _failed(error: HTTPException) -> ResponseReturnValue:
    db.session.rollback()
    code = error.code or 500
    said = error.description if error.description and code == 400 else SENTENCES.get(code)
    return jsonify(error=str(said or SENTENCES[400])), code


def _refused(error: Refused) -> ResponseReturnValue:
    db.session.rollback()
    trail(error.sentence)
    return jsonify(error=error.sentence), 400 if request.method == "GET" else 409
