"""What a request asks of a list: which rows, in which order, which page. Nothing is guessed.

An unknown column, operator or number is refused: a condition dropped in silence would widen the
set that "all matching rows" means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, true
from werkzeug.exceptions import BadRequest

from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, joined, listed
from app.kernel.types import Personal, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.datastructures import MultiDict

    from app.kernel.filters import Condition

PAGE, SIZES, DEEPEST = 25, (10, 25, 50, 100, 200), 100_000
_FILTER = re.compile(r"_flt_(\d)_(\w+)")
_UNREADABLE = _l("请求中的页码、排序或查找条件无法识别，请从列表页重新进入。")


def unreadable() -> BadRequest:
    return BadRequest(_UNREADABLE)


@dataclass(frozen=True)
class Term:
    """One condition as it was typed."""

    condition: Condition
    values: tuple[str, ...]

    def where(self, label: object) -> ColumnElement[bool]:
        try:
            return self.condition.where(self.values)
        except Refused as error:
            raise Refused(
                _("查找条件「%(col)s」：%(why)s", col=label, why=error.sentence)
            ) from None


@dataclass(frozen=True)
class Asked:
    """One reading of a query string. `page` counts from 0; `order` is empty for the default."""

    terms: tuple[Term, ...] = ()
    order: str = ""
    down: bool = False
    page: int = 0
    size: int = PAGE

    @property
    def offset(self) -> int:
        if self.page * self.size > DEEPEST:
            raise Refused(_("只能翻到前 %(n)s 行，请用查找条件缩小范围后再看", n=f"{DEEPEST:,}"))
        return self.page * self.size

    def where(self, labels: dict[str, Any]) -> ColumnElement[bool]:
        """The conditions joined; Refused names the one that cannot be read."""
        return and_(true(), *(t.where(labels[t.condition.column_name]) for t in self.terms))

    def words(self, labels: dict[str, Any]) -> str:
        """The conditions for the trail; what touches persons is masked."""
        return joined(
            f"{labels[t.condition.column_name]} {t.condition.name} {listed(list(_spoken(t)))}"
            for t in self.terms
        )


def _spoken(term: Term) -> Iterator[str]:
    column = term.condition.column.property.columns[0]
    kind = column.type
    hidden = isinstance(kind, Rule) and kind.personal > Personal.NONE
    for value in term.values:
        yield value[:1] + "*" if hidden else value


def asked_of(view: Any, args: MultiDict[str, str], filtered: bool = True) -> Asked:
    """The query string of `view`'s list; BadRequest for what no page of ours would send.

    `filtered=False`: the conditions in the address belong to another list of the page.
    """
    name = type(view).__name__
    order, down = args.get(f"_oc_{name}", ""), args.get(f"_od_{name}", "asc")
    if (order and order not in view.order_columns) or down not in {"asc", "desc"}:
        raise unreadable()
    return Asked(
        terms=tuple(_terms(view.links | view.offered, args)) if filtered else (),
        order=order,
        down=down == "desc",
        page=whole(args.get(f"page_{name}"), 0, DEEPEST),
        size=whole(args.get(f"psize_{name}"), view.page_size, SIZES[-1]) or view.page_size,
    )


def whole(raw: str | None, default: int, most: int) -> int:
    """A small whole number, or BadRequest."""
    if not raw:
        return default
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10 and int(raw) <= most):
        raise unreadable()
    return int(raw)


def _terms(offered: dict[str, list[Condition]], args: MultiDict[str, str]) -> Iterator[Term]:
    for arg in args:
        if not arg.startswith("_flt_"):
            continue
        found = _FILTER.fullmatch(arg)
        conditions = offered.get(found[2], []) if found else []
        if not found or int(found[1]) >= len(conditions):
            raise unreadable()
        values = tuple(v for v in args.getlist(arg) if v.strip())
        if values:
            yield Term(conditions[int(found[1])], values)


def carried(view: Any, args: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The arguments of the list page, to come back to the same page of it."""
    name = type(view).__name__
    own = {f"page_{name}", f"psize_{name}", f"_oc_{name}", f"_od_{name}"}
    return [(k, v) for k, v in args.items(multi=True) if k in own or k.startswith("_flt_")]
