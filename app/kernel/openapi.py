"""The API described to programs, from the same declarations it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.grid.asked import SIZES
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
OUTCOME = {
    "type": "object",
    "properties": {
        "moved": {"type": "integer"},
        "refused": {"type": "object", "additionalProperties": {"type": "string"}},
        "refused_total": {"type": "integer"},
    },
}


def described(grids: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI document of these tables, as far as whoever is asking may use them."""
    paths: dict[str, Any] = {}
    for table, grid in sorted(grids.items()):
        paths[f"/{table}/"] = {"get": _list(grid)}
        if grid.may("can_show"):
            paths[f"/{table}/{{id}}"] = {"get": _one(grid)}
        for name, action in grid.takeable().items():
            paths[f"/{table}/{{id}}/{name}"] = {"post": _act(grid, action, [_key()], ["note"])}
            told = ["expected", "note"]
            paths[f"/{table}/take/{name}"] = {"post": _act(grid, action, _filters(grid), told)}
    return {
        "openapi": "3.1.0",
        "info": {"title": _("数据接口"), "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
    }


def _list(grid: Any) -> dict[str, Any]:
    paging = [_query("page", "integer"), _query("order", "string", grid.order_columns)]
    paging.append(_query("size", "integer") | {"description": f"<= {SIZES[-1]}"})
    return {"summary": str(grid.title), "parameters": [*_filters(grid), *paging],
            "responses": _answers({"type": "object"})}  # fmt: skip


def _one(grid: Any) -> dict[str, Any]:
    row = {"type": "object", "properties": {c: _column(grid, c) for c in grid.show_columns}}
    return {"summary": str(grid.title), "parameters": [_key()], "responses": _answers(row)}


def _act(grid: Any, action: Any, parameters: list[Any], told: list[str]) -> dict[str, Any]:
    kinds = {"expected": {"type": "integer"}, "note": {"type": "string"}}
    needed = [k for k in told if k == "expected" or action.note]
    body = {"type": "object", "properties": {k: kinds[k] for k in told}, "required": needed}
    return {
        "summary": f"{grid.title}:{action.label}",
        "parameters": [*parameters, {"name": "X-CSRFToken", "in": "header", "required": True,
                                     "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": _answers(OUTCOME),
    }  # fmt: skip


def _column(grid: Any, name: str) -> dict[str, Any]:
    return {"description": str(grid.label_columns[name])}


def _filters(grid: Any) -> list[dict[str, Any]]:
    return [
        _query(name if c.arg_name == "eq" else f"{name}__{c.arg_name}", "string")
        | {"description": f"{grid.label_columns[name]} {c.name}"}
        for name, conditions in grid.offered.items()
        for c in conditions
    ]


def _query(name: str, kind: str, choices: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind}
    if choices:
        schema["enum"] = [*choices, *(f"-{c}" for c in choices)]
    return {"name": name, "in": "query", "schema": schema}


def _key() -> dict[str, Any]:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _answers(good: dict[str, Any]) -> dict[str, Any]:
    def says(schema: dict[str, Any]) -> dict[str, Any]:
        return {"description": "", "content": {"application/json": {"schema": schema}}}

    return {"200": says(good), "4XX": says(ERROR)}
