"""Knocking at every door of the staff face with rows that belong to somebody else.

`Victims` are all rows at or below a place that an account has no business with: their keys go
into every address, their words must come back in no answer, and they must stand unchanged.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import LargeBinary, select

from app.accounts.models import Org
from app.kernel import scope
from app.kernel.db import Scoped, db
from app.kernel.filters import storage
from app.kernel.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.routing import Rule

TELLING = {"name", "id_mask", "card_mask", "ref", "reg_no", "digest", "sha256", "file_name",
           "username", "bank_ref"}  # fmt: skip
"""Columns whose values would tell something about a row to somebody who reads them."""
NO_ROW = 999_999
MOST = 40
"""So many values of a column are looked for: a leak is never of one row alone."""
OWN_TRACES = {"event", "old_password"}
"""Tables that grow whenever anybody tries anything."""


class Knock(NamedTuple):
    """One request: how it is sent, and where."""

    method: str
    url: str
    data: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.data or ''}".strip()


@dataclass
class Victims:
    """The rows below `path` that do not also lie below `but`; asked for as the system."""

    app: Flask
    path: str
    but: str = "!"
    _ids: dict[str, int] = field(default_factory=dict)

    def rows(self, model: type[Any]) -> list[Any]:
        place = model.path if model is Org else model.org_path
        found = select(model).where(place.startswith(self.path), ~place.startswith(self.but))
        with self.app.app_context(), scope.everyone("a test looks at what must not be seen"):
            return list(db.session.scalars(found.order_by(model.id.desc())).unique())

    def one(self, model: type[Any]) -> int:
        """A key of theirs; of a table without places, any key, for nobody may change it."""
        name = model.__tablename__
        if name not in self._ids:
            self._ids[name] = self._key(model)
        return self._ids[name]

    def _key(self, model: type[Any]) -> int:
        if model is Org or issubclass(model, Scoped):
            rows = self.rows(model)
            return int(rows[0].id) if rows else NO_ROW
        with self.app.app_context():
            return db.session.scalar(select(model.id).limit(1)) or NO_ROW

    def rows_of(self, model: type[Any]) -> bool:
        """Whether there is any row of theirs to ask for."""
        return self.one(model) != NO_ROW

    def words(self, most: int = MOST) -> set[str]:
        """What is telling in their rows: of each column the latest values, at most `most`."""
        found: set[str] = set()
        for model in placed_models():
            rows = self.rows(model)
            for name in TELLING & set(model.__mapper__.columns.keys()):
                values = dict.fromkeys(str(getattr(row, name) or "") for row in rows)
                found |= set(list(values)[:most])
        return {w for w in found if len(w) > 1}

    def as_they_stand(self) -> dict[str, list[Any]]:
        """Every value of every row of theirs, sealed ones included, as the database has them."""
        found = {}
        with self.app.app_context():
            for model in placed_models():
                table = model.__table__
                if table.name in OWN_TRACES:
                    continue
                place = table.c.path if model is Org else table.c.org_path
                rows = select(*(c for c in table.c if not isinstance(storage(c), LargeBinary)))
                rows = rows.where(place.startswith(self.path), ~place.startswith(self.but))
                found[table.name] = sorted(map(repr, db.session.connection().execute(rows)))
            db.session.rollback()
        return found


def placed_models() -> list[type[Any]]:
    """Every table whose rows lie somewhere in the tree, but the trail of each."""
    every = [m.class_ for m in db.Model.registry.mappers if m.class_.__module__.startswith("app.")]
    return [m for m in every if (m is Org or issubclass(m, Scoped)) and m.__table__.name != "event"]


@dataclass
class Doors:
    """Every rule of the staff face, filled in with rows of the victims."""

    app: Flask
    victims: Victims

    @cached_property
    def grids(self) -> dict[str, Any]:
        return {type(v).__name__: v for v in self.app.appbuilder.baseviews if isinstance(v, Grid)}

    def all(self) -> Iterator[Knock]:
        for rule in self.app.url_map.iter_rules():
            if rule.endpoint.rpartition(".")[2] == "static" or rule.endpoint == "AuthDBView.logout":
                continue
            for method in sorted({"GET", "POST"} & set(rule.methods or ())):
                yield from self.at(rule, method)

    def at(self, rule: Rule, method: str) -> Iterator[Knock]:
        for values in self._filled(rule):
            with self.app.test_request_context():
                url = self.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
            for args, data in self._said(rule, values) if method == "POST" else [("", {})]:
                yield Knock(method, url + args, data)

    def _filled(self, rule: Rule) -> Iterator[dict[str, Any]]:
        view, _dot, _verb = rule.endpoint.partition(".")
        if view == "api":
            yield from self._api(rule)
            return
        grid = self.grids.get(view)
        keys = {"locale": "zh_CN"} if grid is None else {"pk": self._pk(grid, rule)}
        if "file_id" in rule.arguments:
            keys["file_id"] = self.victims.one(_model("pay_file"))
        if "name" in rule.arguments:
            yield from (keys | {"name": n} for n in [*grid.buttons, "nothing"])
        elif "column" in rule.arguments:
            yield from (keys | {"column": c} for c in [*grid.lookups, "nothing"])
        else:
            yield {k: v for k, v in keys.items() if k in rule.arguments}

    def _pk(self, grid: Any, rule: Rule) -> int:
        if "/uploads/" not in rule.rule:
            return self.victims.one(grid.model)
        return self.victims.one(grid.receives.model)

    def _api(self, rule: Rule) -> Iterator[dict[str, Any]]:
        if "table" not in rule.arguments:
            yield {}
            return
        for grid in self.grids.values():
            table = grid.model.__tablename__ if grid.api is None else grid.api
            if not table:
                continue
            keys = {"table": table, "key": self.victims.one(grid.model)}
            steps = [*grid.buttons, "nothing"] if "step" in rule.arguments else [""]
            for step in steps:
                yield {k: v for k, v in (keys | {"step": step}).items() if k in rule.arguments}

    def _said(self, rule: Rule, values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is posted: each button over ticked rows and over a filter, a month, a file."""
        view, _dot, verb = rule.endpoint.partition(".")
        grid = self.grids.get(view)
        if verb == "action_post" and grid is not None:
            key = self.victims.one(grid.model)
            for name in [*grid.buttons, "nothing"]:
                yield "", {"action": name, "rowid": str(key), "note": "试"}
                yield "", {"action": name, "all_matching": "1", "expected": "1", "note": "试"}
            return
        yield "", {
            "note": "试", "month": "2026-11", "profile": "icbc_batch_xlsx", "how": "good",
            "org_id": str(self.victims.one(Org)), "parent_id": str(self.victims.one(Org)),
            "school_id": str(self.victims.one(Org)), "expected": 1, "duty": "reviewer",
            "file": (io.BytesIO(b"ref,amount\n1,2\n"), "results.csv"),
        }  # fmt: skip

    def filters(self) -> Iterator[tuple[Any, str, int]]:
        """(grid, the address's condition, key) for every link to another table that can be asked
        for, with a row of the victims behind it."""
        for grid in self.grids.values():
            for name in {*grid.links, *grid.lookups}:
                related = grid.datamodel.get_related_model(name) if name in grid.links else Org
                if related is Org or issubclass(related, Scoped):
                    yield grid, name, self.victims.one(related)


def _model(table: str) -> Any:
    return next(m.class_ for m in db.Model.registry.mappers if m.class_.__tablename__ == table)


def text_of(response: Any) -> str:
    """What an answer says, the cells of a spreadsheet included."""
    data = response.data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(n) for n in book.namelist())
    location = response.headers.get("Location", "")
    return data.decode("utf-8", "replace") + location
