"""The framework's way to the tables, made safe and of fixed cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_appbuilder.exceptions import DatabaseException
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import JSON, ColumnElement, Select, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import defer, joinedload, selectinload

from app.kernel.errors import Refused
from app.kernel.filters import Converter, is_sealed
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNTED = 10_000
"""Beyond so many rows a list says "10,000+" instead of counting on."""


class Interface(SQLAInterface):
    """One table as a grid reads it: relations loaded with the page, sealed columns never.

    Nothing is searched unless a grid says so, and no error of the database reaches a person
    with its statement or its values.
    """

    filter_converter_class = Converter

    def __init__(self, obj: type[Any], session: Any = None, *, eager: Sequence[str] = ()) -> None:
        super().__init__(obj, session)
        self.eager = tuple(eager)

    def get_search_columns_list(self) -> list[str]:
        return []

    @property
    def key(self) -> Any:
        return self.obj.id

    def options(self) -> list[Any]:
        """How a page of rows is loaded: each named relation at once, nothing sealed opened."""
        return [*unopened(self.obj), *(with_relation(self.obj, path) for path in self.eager)]

    def chosen(self, where: ColumnElement[bool], *extra: Any) -> Select[Any]:
        """Whole rows under `where`, relations with them, `extra` SQL beside each."""
        return select(self.obj, *extra).where(where).options(*self.options())

    def page(self, where: ColumnElement[bool], order: Sequence[Any], size: int, offset: int,
             extra: Sequence[Any] = ()) -> list[Any]:  # fmt: skip
        """One page as (row, *extra): keys are picked first, rows joined after, so that what is
        skipped is skipped in the index."""
        keys = select(self.key).where(where).order_by(*order).limit(size).offset(offset).subquery()
        rows = select(self.obj, *extra).join(keys, keys.c.id == self.key).options(*self.options())
        return list(self.session.execute(rows.order_by(*order)).unique().all())

    def one(self, where: ColumnElement[bool], *extra: Any, lock: bool = False) -> Any:
        """(row, *extra), or None when there is none in scope."""
        found = self.chosen(where, *extra)
        if lock:
            found = found.with_for_update(of=self.obj).execution_options(populate_existing=True)
        return self.session.execute(found).unique().first()

    def counted(self, where: ColumnElement[bool], most: int | None = None) -> tuple[int, bool]:
        """How many rows there are, and whether there are more than `most` or anybody counts."""
        most = COUNTED if most is None else most
        some = select(self.key).where(where).limit(most + 1).subquery()
        n = int(self.session.scalar(select(func.count()).select_from(some)) or 0)
        return min(n, most), n > most

    def exactly(self, where: ColumnElement[bool]) -> int:
        return int(self.session.scalar(select(func.count(self.key)).where(where)) or 0)

    def stream(self, where: ColumnElement[bool], order: Sequence[Any]) -> Iterator[Any]:
        """The rows one after another, in one statement, never all in memory."""
        rows = self.chosen(where).order_by(*order)
        result = self.session.execute(rows.execution_options(yield_per=1000)).scalars()
        return iter(result)

    # What the framework's own views call, should one of them stand on this interface.

    def query_count(self, query: Any, filters: Any = None, select_columns: Any = None) -> int:
        inner = self._apply_inner_all(query, filters, select_columns=None, aliases_mapping={})
        some = inner.with_entities(self.get_pk()).limit(COUNTED + 1).subquery()
        n = self.session.execute(select(func.count()).select_from(some)).scalar_one()
        return min(int(n), COUNTED)

    def apply_all(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        done = super().apply_all(query, *args, **kwargs)
        return done if kwargs.get("select_columns") else done.options(*self.options())

    def add(self, item: Any, commit: bool = True) -> None:
        self._quietly(super().add, item, commit)

    def edit(self, item: Any, commit: bool = True) -> None:
        self._quietly(super().edit, item, commit)

    def delete(self, item: Any, commit: bool = True) -> None:
        self._quietly(super().delete, item, commit)

    def _quietly(self, do: Any, item: Any, commit: bool) -> None:
        """The database's complaint becomes a sentence without statement or values."""
        try:
            do(item, commit)
        except (SQLAlchemyError, DatabaseException) as error:
            self.session.rollback()
            raise Refused(said_plainly(error)) from None


def with_relation(model: type[Any], path: str) -> Any:
    """The option that loads the relations along a dotted path together with the rows."""
    first, _dot, rest = path.partition(".")
    attr = getattr(model, first)
    related = attr.property.mapper.class_
    load = selectinload(attr) if attr.property.uselist else joinedload(attr)
    further = [with_relation(related, rest)] if rest else []
    return load.options(*unopened(related), *unread(related), *further)


def unopened(model: type[Any]) -> list[Any]:
    """The sealed columns stay where they are: a page neither fetches nor opens them."""
    columns = model.__mapper__.columns
    return [defer(getattr(model, n)) for n in columns.keys() if is_sealed(columns[n])]  # noqa: SIM118


def unread(model: type[Any]) -> list[Any]:
    """What a row beside the listed ones holds as a document stays where it is: it came, and was
    taken apart, with every row that hangs on it."""
    columns = model.__mapper__.columns
    return [defer(getattr(model, n)) for n in columns.keys() if isinstance(columns[n].type, JSON)]  # noqa: SIM118


UNIQUE = {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
NEEDED = {"23503", "SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_TRIGGER"}
MISSING = {"23502", "SQLITE_CONSTRAINT_NOTNULL"}


def said_plainly(error: Exception) -> str:
    """What the database refused, for a person: never its statement, never a value."""
    cause = error if isinstance(error, SQLAlchemyError) else error.__cause__
    if not isinstance(cause, IntegrityError):
        return _("数据库没有接受这次修改，请检查内容后重试")
    kind = getattr(cause.orig, "sqlstate", None) or getattr(cause.orig, "sqlite_errorname", "")
    if kind in UNIQUE:
        return _("已经有同样的记录，不能重复登记")
    if kind in NEEDED:
        return _("还有其他记录用到它，或者它所引用的记录已不存在；请先处理那些记录")
    if kind in MISSING:
        return _("还有必填的内容没有填写")
    return _("内容不符合规定，请检查后重试")
