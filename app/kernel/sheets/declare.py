"""What a file of one kind looks like: its columns, their other names, what a row must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.kernel.types import Rule

    RowCheck = Callable[[dict[str, Any]], Iterable[tuple[str, str]]]

REASONS = "错误原因"
RESULT_TAB = "处理结果"
GUIDE_TAB = "填写说明"
WORDS_TAB = "选项"
OWN_TABS = frozenset({RESULT_TAB, GUIDE_TAB, WORDS_TAB})
"""What we add to people's files ourselves, and skip without a word when it comes back."""


@dataclass(frozen=True)
class Column:
    """One column: `header` as the template prints it, `rule` a type of app.kernel.types.

    Without a rule the column can be written, value as it is, and not read. `total` adds the
    column up at the foot of a report; money always is.
    """

    key: str
    header: Any
    rule: Rule[Any] | None = None
    required: bool = False
    synonyms: tuple[str, ...] = ()
    example: Any = None
    note: Any = ""
    total: bool = False

    @property
    def code(self) -> str:
        return self.rule.code if self.rule else ""

    @property
    def is_text(self) -> bool:
        """The cells must be formatted as text, or a spreadsheet spoils what is typed."""
        return self.rule is not None and self.rule.sheet_format == "@"

    @property
    def words(self) -> list[str]:
        """The only words allowed, where the rule is a choice."""
        labels: Mapping[str, object] = getattr(self.rule, "labels", {})
        return [str(label) for label in labels.values()]


@dataclass(frozen=True)
class Sheet:
    """A kind of file. `check(values)` names (column key, sentence) for rules across cells.

    `noun` is what one row is called; `notes` are further lines of the template's guide.
    """

    kind: str
    title: Any
    columns: Sequence[Column]
    check: RowCheck | None = None
    noun: Any = field(default_factory=lambda: _l("记录"))
    notes: Sequence[Any] = ()

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    def headers(self) -> list[str]:
        return [str(column.header) for column in self.columns]


@dataclass(frozen=True)
class Limit:
    """What a file may cost us; beyond any of these it is refused in a sentence.

    `inflated` and `file` are bytes. A sheet of more than `held` inflated bytes is never held in
    memory: it is streamed.
    """

    rows: int = 500_000
    columns: int = 256
    file: int = 100 << 20
    inflated: int = 1 << 30
    held: int = 128 << 20


class Problem(NamedTuple):
    """Why a cell (or, with an empty key, a row) was refused.

    `column` is the heading in the person's own file, `coordinate` the cell as Excel names it.
    """

    column: str
    coordinate: str
    sentence: str
    key: str = ""


@dataclass
class Counts:
    """The fate of every row below the heading: the parts add up to `rows`.

    `other` rows are headings repeated for print and the foot that our own reports carry.
    """

    taken: int = 0
    unchanged: int = 0
    refused: int = 0
    blank: int = 0
    other: int = 0

    @property
    def rows(self) -> int:
        return self.taken + self.unchanged + self.refused + self.blank + self.other
