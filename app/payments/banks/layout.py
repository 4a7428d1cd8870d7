"""How a bank's result file looks: where our reference, the status and the reason stand in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel.i18n import _, listed
from app.payments.banks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.payments.banks.fields import Fields

ENCODINGS = ("gbk", "gb18030", "utf-8", "utf-8-sig")
TABLES = ("txt", "fixed", "csv", "xlsx", "xls")
MESSAGES = ("pain.002", "camt.053", "camt.054", "mt940")
FIELDS = (
    *("ref", "seq", "card", "name", "amount", "status"),
    *("reason", "reason_code", "bank_ref", "arrived_on"),
)
COUNTS = ("count", "paid_count", "failed_count")
SUMS = ("sum", "paid_sum", "failed_sum")
DAY = "arrived_on"
"""The day on which the bank paid what the totals are of."""
TOTALS = (*COUNTS, *SUMS, DAY)
OUTCOMES = ("paid", "failed", "unknown", "returned")
Place = int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlLayout:
    """Where the bank's own totals stand: first row, last row, or the row that bears a mark.

    `fields` are positions (1 is the first cell); `widths` replace the rows' widths.
    """

    where: str
    fields: Mapping[str, int]
    marker: str = ""
    marker_at: int = 1
    amount_format: str = "yuan"
    widths: tuple[int, ...] = ()

    @classmethod
    def parse(cls, f: Fields) -> ControlLayout:
        layout = cls(
            where=f.text("where", choices=("first", "last", "marker")),
            fields=_positions(f),
            marker=f.text("marker", ""),
            marker_at=f.whole("marker_at", 1, 1, 200),
            amount_format=f.text("amount_format", "yuan", ("yuan", "fen")),
            widths=widths_of(f),
        )
        if layout.where == "marker" and not layout.marker:
            raise f.wrong("marker", _("必须填写，否则认不出合计行"))
        f.done()
        return layout


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """A table (text, fixed widths, csv, sheet) or one of the standard messages.

    `fields` says for each thing we read its column titles (any of them) or its position.
    `lists` = FAILED_ONLY: the bank names only what failed, silence is success once its totals
    agree. `statuses` maps the bank's words; a word it does not hold is never guessed.
    """

    container: str
    encoding: str = "gb18030"
    separator: str = ""
    widths: tuple[int, ...] = ()
    header_row: int = 0
    skip_rows: int = 0
    fields: Mapping[str, Place] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    amount_format: str = "yuan"
    date_format: str = "%Y%m%d"
    lists: str = "ALL"
    control: ControlLayout | None = None

    @classmethod
    def parse(cls, f: Fields) -> ResultLayout:
        control = f.child("control")
        layout = cls(
            container=f.text("container", choices=(*TABLES, *MESSAGES)),
            encoding=f.text("encoding", "gb18030", ENCODINGS),
            separator=f.text("separator", ""),
            widths=widths_of(f),
            header_row=f.whole("header_row", 0, 0, 50),
            skip_rows=f.whole("skip_rows", 0, 0, 50),
            fields=_places(f),
            statuses=f.pairs("statuses", OUTCOMES),
            reasons=f.pairs("reasons", [r.value for r in Reason]),
            amount_format=f.text("amount_format", "yuan", ("yuan", "fen")),
            date_format=f.text("date_format", "%Y%m%d"),
            lists=f.text("lists", "ALL", ("ALL", "FAILED_ONLY")),
            control=ControlLayout.parse(control) if control else None,
        )
        layout.check(f)
        return layout

    @property
    def is_table(self) -> bool:
        return self.container in TABLES

    @property
    def is_by_card(self) -> bool:
        """Its rows bear no number of ours: whole card number and amount say which order it is."""
        return self.is_table and not {"ref", "seq"} & set(self.fields)

    def check(self, f: Fields) -> None:
        """A layout by which lines cannot be told apart, or failures not be seen, is refused."""
        if self.is_table:
            self._check_table(f)
        if self.lists == "FAILED_ONLY" and self.container in TABLES and not self.control:
            raise f.wrong("control", _("必须填写：只列失败的回盘要有银行的合计才能认定其余成功"))
        f.done()

    def _check_table(self, f: Fields) -> None:
        if self.container == "txt" and not self.separator:
            raise f.wrong("separator", _("必须填写"))
        if self.container == "fixed" and not self.widths:
            raise f.wrong("widths", _("必须填写"))
        if "ref" not in self.fields and not {"card", "amount"} <= set(self.fields):
            raise f.wrong("fields", _("要有 ref，或者同时有 card 和 amount，否则对不上账"))
        if self.lists == "ALL" and not (self.statuses and "status" in self.fields):
            raise f.wrong("statuses", _("和 fields.status 必须填写"))
        if not self.header_row and any(not isinstance(p, int) for p in self.fields.values()):
            raise f.wrong("header_row", _("必须填写，因为 fields 里按列名取数"))


def widths_of(f: Fields) -> tuple[int, ...]:
    """Byte widths, all of them at least 1."""
    widths = f.items("widths")
    if any(type(w) is not int or w < 1 for w in widths):
        raise f.wrong("widths", _("应为正整数的列表"))
    return tuple(widths)


def _places(f: Fields) -> dict[str, Place]:
    inner = f.child("fields")
    if inner is None:
        return {}
    for name in set(inner.left) - set(FIELDS):
        raise inner.wrong(name, _("不认识，只能是：%(choices)s", choices=listed(FIELDS)))
    return {name: _place(inner, name) for name in list(inner.left)}


def _place(f: Fields, name: str) -> Place:
    """A position (1 is the first column), one title, or several titles of which any will do."""
    if isinstance(f.left[name], int):
        position: int = f.whole(name, low=1, high=200)
        return position
    if isinstance(f.left[name], str):
        return (f.text(name),)
    return f.texts(name)


def _positions(f: Fields) -> dict[str, int]:
    inner = f.child("fields")
    if inner is None:
        raise f.wrong("fields", _("必须填写"))
    positions = {name: inner.whole(name, None, 1, 200) for name in TOTALS}
    inner.done()
    return {name: position for name, position in positions.items() if position}
