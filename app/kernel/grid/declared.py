"""A grid as it is declared, and everything the framework wants to know worked out from that."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from flask import g, has_request_context
from flask_appbuilder import ModelView
from sqlalchemy import ColumnElement, true
from werkzeug.exceptions import NotFound
from wtforms import HiddenField

from app.kernel.column_choice import choices_of
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.fields import LookupField, demands_of, field_of, form_of
from app.kernel.filters import Converter, is_sealed
from app.kernel.grid.asked import PAGE, Asked, Term
from app.kernel.grid.cells import relations_in, renderer
from app.kernel.grid.declare import Access, Action, Category, Lookup, by_role, named
from app.kernel.i18n import _l
from app.kernel.interface import Interface
from app.kernel.widgets.search import FilterBar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.kernel.actor import Actor
    from app.kernel.workflow import Guard, Workflow


class Declared(ModelView):
    """What a grid may declare. Only `model`, `access` and `list_columns` are always needed."""

    model: ClassVar[type[Any]]
    workflow: ClassVar[Workflow | None] = None
    menu: ClassVar[tuple[Any, Any] | None] = None
    icon: ClassVar[str] = "table"
    doors: ClassVar[Mapping[str, tuple[Any, str]]] = {}
    """Further lines of the menu: a route of this grid -> its label and icon. They are shown to
    those who have the route's own right."""
    access: ClassVar[Access] = {}
    title: Any = ""
    labels: ClassVar[Mapping[str, Any]] = {}
    hints: ClassVar[Mapping[str, Any]] = {}
    tones: ClassVar[Mapping[str, str]] = {}
    formatters: ClassVar[Mapping[str, Any]] = {}
    lookups: ClassVar[Mapping[str, Any]] = {}
    reveals: ClassVar[frozenset[str]] = frozenset()
    """Masked columns whose whole value `revealed` can tell to whoever has `can_reveal`."""
    eager: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[type[Interface]] = Interface
    """The way to the table, where a grid reads more beside its rows."""
    editable_when: ClassVar[Guard | None] = None
    api: ClassVar[str | None] = None
    """The table's name in the API; empty keeps it out, None takes the model's table name."""

    all: ClassVar[list[type[Any]]] = []
    buttons: ClassVar[dict[str, Action]] = {}

    list_columns: Any = None
    show_columns: Any = None
    show_fieldsets: Any = None
    search_columns: Any = None
    order_columns: Any = None
    add_columns: Any = None
    add_fieldsets: Any = None
    add_form: Any = None
    edit_columns: Any = None
    edit_fieldsets: Any = None
    edit_form: Any = None
    related_views: Any = None

    page_size = PAGE
    search_widget = FilterBar
    exclude_route_methods = {"download"}
    add_row_message = _l("已新增")
    edit_row_message = _l("已保存")
    delete_row_message = _l("已删除")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "model"):
            return
        cls.buttons = {a.name: a for a in _actions(cls)}
        _check_sealed(cls)
        _check_state(cls)
        Declared.all.append(cls)

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = self.reads(self.model, db.session, eager=self._relations())
        super().__init__(**kwargs)
        self.actions = dict(self.buttons)
        self.base_permissions += [n for n in self.buttons if n not in self.base_permissions]
        self.cells = {c: renderer(self, c) for c in {*self.list_columns, *self.show_columns}}

    # What a room may say about its rows.

    def place(self, row: Any, actor: Actor) -> str:
        """Where in the tree a row that is being saved lies: with the lowest of the rows it was
        hung on, else where it was, else with the actor."""
        parents = [getattr(row, name, None) for name in self.lookups]
        paths = [getattr(p, "org_path", None) or getattr(p, "path", None) for p in parents]
        return str(max(filter(None, paths), key=len, default=row.org_path or actor.org_path))

    def row_label(self, row: Any) -> str:
        """What a row is called in a summary."""
        return named(row) or f"#{row.id}"

    def beside(self, row: Any) -> dict[str, Any]:
        """What a room's own `show_template` needs beyond the row; set-based, never per line."""
        return {}

    def beside_list(self) -> dict[str, Any]:
        """What a room's own `list_template` needs beyond the rows."""
        return {}

    def revealed(self, row: Any, column: str) -> str:
        """The whole value behind a masked column of a row in the person's scope."""
        raise NotFound

    # What the framework wants to know.

    def _init_properties(self) -> None:
        self.base_filters: list[Any] = []
        self._base_filters = self.datamodel.get_filters()
        self.list_columns = list(self.list_columns or ["id"])
        self.show_columns = _fields(self.show_fieldsets, self.show_columns) or self.list_columns
        self.add_columns = _fields(self.add_fieldsets, self.add_columns)
        self.edit_columns = _fields(self.edit_fieldsets, self.edit_columns)
        self.search_columns = list(self.search_columns or [])
        self._filters = self.datamodel.get_filters(self.search_columns)
        self.offered = self._filters_proto.get_search_filters()
        self.links = {name: Converter(self.datamodel).convert(name)
                      for name in self.datamodel.get_columns_list()
                      if self.datamodel.is_relation_many_to_one(name)}  # fmt: skip
        columns = self.datamodel.list_columns
        if self.order_columns is None:
            self.order_columns = [c for c in self.list_columns if c in columns]
        names = {*self.datamodel.get_columns_list(), *self.list_columns, *self.show_columns}
        self.label_columns = {name: self.labels.get(name, name) for name in names}
        self.related_views = self.related_views or []
        self._related_views: list[Any] = []
        self.description_columns = dict(self.hints)

    def _init_titles(self) -> None:
        self.title = self.title or (self.menu[1] if self.menu else type(self).__name__)
        self.list_title = self.show_title = self.title
        self.add_title = _l("新增%(what)s", what=self.title)
        self.edit_title = _l("修改%(what)s", what=self.title)

    def _init_forms(self) -> None:
        version = {"version": HiddenField()} if hasattr(self.model, "version") else {}
        self.search_form = form_of(self.search_columns, self._fields(self.search_columns, True))
        self.add_form = self.add_form or form_of(self.add_columns, self._fields(self.add_columns))
        self.edit_form = self.edit_form or form_of(
            self.edit_columns, self._fields(self.edit_columns), **version
        )

    def _fields(self, columns: Iterable[str], search: bool = False) -> dict[str, Any]:
        return {c: self._field(c, search) for c in columns}

    def _field(self, name: str, search: bool) -> Any:
        label = self.label_columns[name]
        if name in self.lookups:
            return self._lookup_field(name, label, search)
        column = self.datamodel.list_columns.get(name)
        if column is None or (column.foreign_keys and not search):
            raise TypeError(f"{type(self).__name__}.{name} points at another table: say "
                            f"lookups = {{{name!r}: (Model, label column)}}")  # fmt: skip
        states = self.workflow.states if self.workflow and name == "state" else None
        return field_of(column, label, search=search, hint=self.hints.get(name, ""), choices=states)

    def _lookup_field(self, name: str, label: Any, search: bool) -> LookupField:
        related = self.datamodel.is_relation(name)
        base = self.route_base or f"/{type(self).__name__.lower()}"
        return LookupField(
            label, [] if search else demands_of(self.datamodel, name),
            lookup=Lookup.of(self.lookups[name]), endpoint=f"{base}/lookup/{name}",
            whole=related or search, description=self.hints.get(name, ""),
        )  # fmt: skip

    def _relations(self) -> tuple[str, ...]:
        """Every relation a page's column goes through, so that none is loaded row by row."""
        shown = [*(self.list_columns or ()), *_fields(self.show_fieldsets, self.show_columns)]
        paths = [relations_in(self.model, p) for p in (*shown, *self.eager)]
        return tuple(dict.fromkeys(p for p in paths if p))

    # One object of the framework serves all threads: its filters must belong to the request.

    _filters_proto: Any = None

    @property
    def _filters(self) -> Any:
        if not has_request_context() or self._filters_proto is None:
            return self._filters_proto
        kept = g.setdefault("grid_filters", {})
        if id(self) not in kept:
            kept[id(self)] = copy.copy(self._filters_proto)
            kept[id(self)].clear_filters()
        return kept[id(self)]

    @_filters.setter
    def _filters(self, proto: Any) -> None:
        self._filters_proto = proto

    def active(self, terms: Iterable[Term]) -> Any:
        """The request's filters, as the search bar shows them."""
        filters = self._filters
        filters.clear_filters()
        for term in terms:
            filters._add_filter(term.condition, list(term.values))  # noqa: SLF001  (FAB's own door)
        return filters

    # What the pages ask.

    def may(self, permission: str) -> bool:
        return bool(self.appbuilder.sm.has_access(permission, self.class_permission_name))

    @property
    def choosable(self) -> list[str]:
        """The columns a list may show: its own, and those of a row's page."""
        return list(dict.fromkeys([*self.list_columns, *self.show_columns]))

    def columns(self) -> list[str]:
        """The columns of the list, as whoever is asking chose them, in the grid's order."""
        chosen = choices_of(g.actor).get(type(self).__name__, ())
        return [c for c in self.choosable if c in chosen] or list(self.list_columns)

    def takeable(self) -> dict[str, Action]:
        """The buttons of whoever is asking."""
        return {n: a for n, a in self.buttons.items() if self.may(n)}

    def ordering(self, asked: Asked) -> list[Any]:
        """The order asked for, else the declared one; the key settles ties."""
        name, way = self.base_order or ("id", "desc")
        if asked.order:
            name, way = asked.order, "desc" if asked.down else "asc"
        column, key = getattr(self.model, name), self.model.id
        parts = [column] if name == "id" else [column, key]
        return [c.desc() if way == "desc" else c.asc() for c in parts]

    def editable(self, actor: Actor) -> ColumnElement[bool]:
        return self.editable_when.holds(actor) if self.editable_when else true()

    def changeable(self, pk: int, actor: Actor, *, lock: bool = False) -> Any:
        """The row, on `lock` held against other writers; NotFound outside the scope, Refused when
        it may not be changed now."""
        found = self.datamodel.one(self.model.id == pk, self.editable(actor), lock=lock)
        if found is None:
            raise NotFound
        if not found[1]:
            raise Refused(self.editable_when.otherwise)  # type: ignore[union-attr]
        return found[0]


def _fields(fieldsets: Any, columns: Any) -> list[str]:
    """The columns of fieldsets, else the columns given."""
    if fieldsets:
        return [name for _title, part in fieldsets for name in part["fields"]]
    return list(columns or [])


def _actions(cls: type[Declared]) -> Iterable[Action]:
    """The steps of the life cycle in their order, then the grid's own buttons."""
    if cls.workflow:
        yield from map(Action.of_step, cls.workflow.steps.values())
    for name in dir(cls):
        made = getattr(getattr(cls, name, None), "grid_action", None)
        if isinstance(made, Action):
            yield made


def _check_sealed(cls: type[Declared]) -> None:
    """Ciphertext is never listed, shown, sorted by, searched or edited in a grid."""
    columns = cls.model.__mapper__.columns
    shown = [*_fields(cls.show_fieldsets, cls.show_columns), *(cls.list_columns or ()),
             *(cls.search_columns or ()), *(cls.order_columns or ()),
             *_fields(cls.edit_fieldsets, cls.edit_columns)]  # fmt: skip
    for name in shown:
        if name in columns and is_sealed(columns[name]):
            raise TypeError(f"{cls.__name__} shows {name}, which is sealed: use its stored mask")


def _check_state(cls: type[Declared]) -> None:
    """A state changes by a step and in no other way."""
    typed = {*_fields(cls.add_fieldsets, cls.add_columns),
             *_fields(cls.edit_fieldsets, cls.edit_columns)}  # fmt: skip
    if cls.workflow and "state" in typed:
        raise TypeError(f"{cls.__name__} lets people type a state: declare a step for it")


def category_of(grid: type[Declared]) -> Category | None:
    return Category.of(grid.menu[0]) if grid.menu else None


def rights_of(grid: type[Declared]) -> dict[str, frozenset[str]]:
    """Every right on the grid by role: what `access` says, and each button's name."""
    rights = by_role(grid.access)
    for action in grid.buttons.values():
        for role in action.by:
            rights[role] = rights.get(role, frozenset()) | {action.name}
    return rights
