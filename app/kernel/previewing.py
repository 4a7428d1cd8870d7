"""What taking a file would do, as its page shows it: every row of the file in one of four fates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.sheets.reasons import CELLS, OPEN
from app.kernel.uploads import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Select

SHOWN = 20
"""How many rows of each kind stand on the page."""
FATES = {"changed": _l("有改动的行"), "new": _l("新增的行"), "same": _l("不变的行")}
"""What may become of a good row."""


FIRST_ONLY = 200
"""Of files sent in earlier times no more cells were kept, each by itself."""


class Reason(NamedTuple):
    """One thing that is wrong in a column, in the reader's language, and where: the first `cells`
    of so many."""

    column: str
    sentence: str
    cells: Sequence[str]
    times: int

    @property
    def is_open(self) -> bool:
        """The cells differ in what the sentence leaves open."""
        return OPEN in self.sentence


def by_reason(told: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """What an upload keeps of its problems or doubts, each said once, in the order of the file."""
    places: dict[tuple[str, str], tuple[list[str], list[int]]] = {}
    for each in told:
        cells, times = places.setdefault((each["column"], sentence_of(each)), ([], []))
        cells += each.get("cells") or [each["coordinate"] or str(each["row"])]
        times.append(each.get("times", 1))
    return [Reason(*key, cells[:CELLS], sum(times)) for key, (cells, times) in places.items()]


def is_cut(told: Sequence[Mapping[str, Any]]) -> bool:
    """There may be more of them than are kept."""
    return len(told) >= FIRST_ONLY and "times" not in told[-1]


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
    """One kind of row: how many there are, and the first of them; `told` heads what is said of
    each, where it is no change."""

    code: str
    label: Any
    total: int
    rows: Sequence[Shown]
    hint: Any = ""
    told: Any = ""


class Preview(NamedTuple):
    """`parts`: the good rows by fate. `beside`: those the file says nothing of. `doubts`: good
    rows, of any fate, that want a second look."""

    parts: Sequence[Part]
    beside: Part
    doubts: Sequence[Part] = ()

    def total(self, fate: str) -> int:
        return next(part.total for part in self.parts if part.code == fate)


class Ranked(NamedTuple):
    """The first rows of each fate, as a table to join: `seq`, `fate`, and `n` rows there are."""

    table: Any

    @classmethod
    def of(cls, fates: Select[Any]) -> Ranked:
        """`fates` gives seq and fate of every good row; each is worked out once."""
        found = fates.subquery()
        fate = found.c.fate
        turn = func.row_number().over(partition_by=fate, order_by=found.c.seq).label("turn")
        n = func.count().over(partition_by=fate).label("n")
        ranked = select(found.c.seq, fate, turn, n).subquery()
        return cls(select(ranked).where(ranked.c.turn <= SHOWN).subquery())

    def first(self, rows: Select[Any], told: Callable[[Any], Sequence[Change]]) -> list[Part]:
        """The rows as they are shown, one statement for all kinds of them.

        `rows` joins the table and gives seq, name, id_mask, class_name; `told` says what a
        changed one would change.
        """
        totals, kinds = dict.fromkeys(FATES, 0), {fate: list[Shown]() for fate in FATES}
        rows = rows.add_columns(self.table.c.fate, self.table.c.n).order_by(self.table.c.seq)
        for row in db.session.execute(rows):
            changes = told(row) if row.fate == "changed" else ()
            kinds[row.fate].append(Shown(row.seq, row.name, row.id_mask, row.class_name, changes))
            totals[row.fate] = row.n
        return [Part(fate, label, totals[fate], kinds[fate]) for fate, label in FATES.items()]


def beside(source: Select[Any], code: str, label: str, hint: str) -> Part:
    """Whom the file does not name: `source` gives name, id_mask, class_name of each."""
    rows = list(db.session.execute(source.add_columns(func.count().over()).limit(SHOWN)))
    shown = [Shown(None, *row[:3]) for row in rows]
    return Part(code, label, rows[0][3] if rows else 0, shown, hint)


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
