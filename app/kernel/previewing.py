"""What taking a file would do, as its page shows it: every row of the file in one of four fates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from app.kernel.db import db
from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Select

SHOWN = 20
"""How many rows of each kind stand on the page."""
FATES = {"changed": _l("有改动的行"), "new": _l("新增的行"), "same": _l("不变的行")}
"""What may become of a good row."""


class Change(NamedTuple):
    """One column of a row that would change. Two empty sides say only that it does."""

    label: Any
    old: str
    new: str


class Shown(NamedTuple):
    """One student on the page; `seq` is the row of the file, None for one the file lacks."""

    seq: int | None
    name: str
    id_mask: str
    class_name: str
    changes: Sequence[Change] = ()


class Part(NamedTuple):
    """One kind of row: how many there are, and the first of them."""

    code: str
    label: Any
    total: int
    rows: Sequence[Shown]
    hint: Any = ""


class Preview(NamedTuple):
    """Of the good rows how many are of which kind; `parts` also tell whom the file lacks."""

    new: int
    changed: int
    same: int
    parts: Sequence[Part]
    beside: Part
    """Those the file says nothing of."""


def first_of_each(rows: Select[Any], told: Callable[[Any], Sequence[Change]]
                  ) -> dict[str, list[Shown]]:  # fmt: skip
    """The first rows of each fate in the order of the file, in one statement.

    `rows` gives seq, name, id_mask, class_name and `fate` first; `told` says what a changed one
    would change.
    """
    found = rows.subquery()
    turn = func.row_number().over(partition_by=found.c.fate, order_by=found.c.seq)
    ranked = select(found, turn.label("turn")).subquery()
    first = select(ranked).where(ranked.c.turn <= SHOWN).order_by(ranked.c.seq)
    kinds: dict[str, list[Shown]] = {fate: [] for fate in FATES}
    for row in db.session.execute(first):
        changes = told(row) if row.fate == "changed" else ()
        kinds[row.fate].append(Shown(row.seq, row.name, row.id_mask, row.class_name, changes))
    return kinds


def changes_of(row: Any, columns: Iterable[str], labels: Mapping[str, Any], rules: Any
               ) -> list[Change]:  # fmt: skip
    """What is different in `old_x` and `new_x` of a row, in the words of the columns' types."""
    return [
        Change(labels[key], said(rules[key].type, old), said(rules[key].type, new))
        for key in columns
        if (old := getattr(row, f"old_{key}")) != (new := getattr(row, f"new_{key}"))
    ]


def said(rule: Any, value: Any) -> str:
    """A stored value for people; nothing for NULL."""
    return "" if value is None else str(getattr(rule, "show", str)(value))
