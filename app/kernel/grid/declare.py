"""What a grid is declared with: rights, menu places, buttons, pickers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.kernel import clock
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome, Step
    from app.kernel.yearmonth import YearMonth

READ = frozenset({"can_list", "can_show"})
WRITE = READ | {"can_add", "can_edit", "can_delete"}
EXPORT = frozenset({"can_export"})

Access = dict[Any, Any]
"""Role, or a frozenset of roles -> the rights they have on the grid."""

F = TypeVar("F", bound="Callable[..., Outcome]")


@dataclass(frozen=True)
class Category:
    """A heading of the menu. `name` is its stable name in grants, `label` what people read."""

    name: str
    label: Any = ""
    icon: str = ""

    @classmethod
    def of(cls, given: Category | object) -> Category:
        """From a bare heading; its own words are then its name."""
        return given if isinstance(given, Category) else cls(msgid(given), given)


@dataclass(frozen=True)
class Lookup:
    """Where a picker finds its rows: the table, the words shown, a second line, a condition.

    `where` narrows what may be picked for this actor; the row scope always narrows it too.
    """

    model: type[Any]
    label: str
    hint: str = ""
    where: Callable[[Actor], ColumnElement[bool]] | None = None

    @classmethod
    def of(cls, given: Lookup | tuple[Any, ...]) -> Lookup:
        return given if isinstance(given, Lookup) else cls(*given)


class Runs(Protocol):
    """What a button does to the rows under `where`."""

    def __call__(self, grid: Any, where: ColumnElement[bool], actor: Actor, note: str,
                 filter_text: str) -> Outcome: ...  # fmt: skip


@dataclass(frozen=True)
class MonthAsked:
    """A month that is asked for before the press, this one unless another is chosen; `of`: the
    first and the last that may be."""

    label: Any
    of: Callable[[], tuple[YearMonth, YearMonth]]

    @property
    def told(self) -> str:
        """The month that is chosen already, the first and the last, as the page knows them."""
        return " ".join(map(str, (clock.this_month(), *self.of())))


@dataclass(frozen=True)
class Action:
    """One button: on a row, over ticked rows, or over all rows that match the filter.

    `source`: the states a row must be in to show it (empty: any). `tells_all`: its outcome
    accounts for every row it was pressed on, as moved or as refused.
    """

    name: str
    label: Any
    by: frozenset[str]
    run: Runs = field(repr=False)
    icon: str = "arrow-right"
    tone: str = "primary"
    note: bool = False
    confirm: Any = ""
    source: frozenset[str] = frozenset()
    multiple: bool = True
    single: bool = True
    tells_all: bool = False
    month: MonthAsked | None = None

    @classmethod
    def of_step(cls, step: Step) -> Action:
        def run(grid: Any, where: Any, actor: Actor, note: str, filter_text: str) -> Outcome:
            outcome: Outcome = grid.workflow.take(step.name, where, actor, note, filter_text)
            return outcome

        return cls(step.name, step.label, step.by, run, step.icon, step.tone, step.note,
                   step.confirm, frozenset(step.source), tells_all=True)  # fmt: skip

    @property
    def text(self) -> Any:
        """The label, under the framework's name for it."""
        return self.label

    @property
    def confirmation(self) -> str:
        """The question asked before the press, likewise."""
        return str(self.confirm) or _("确定「%(what)s」？", what=self.label)

    def fits(self, state: object) -> bool:
        """A row in this state may show the button."""
        return not self.source or state in self.source


def bulk(name: str, label: Any, *, by: Iterable[str], note: bool = False, icon: str = "click",
         tone: str = "primary", confirm: Any = "", source: Iterable[str] = (),
         multiple: bool = True, single: bool = True, month: MonthAsked | None = None
         ) -> Callable[[F], F]:  # fmt: skip
    """A method `(self, where, actor, note) -> Outcome` becomes a button beside the steps.

    `where` already holds the scope. The grid counts, commits, writes the trail and sums up.
    """

    def mark(method: F) -> F:
        def run(grid: Any, where: Any, actor: Actor, note: str, filter_text: str) -> Outcome:
            return grid.run_bulk(name, method, where, actor, note, filter_text)

        made = Action(name, label, frozenset(by), run, icon, tone, note, confirm,
                      frozenset(source), multiple, single, month=month)  # fmt: skip
        method.grid_action = made  # type: ignore[attr-defined]
        return method

    return mark


def by_role(access: Mapping[Any, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Rights per single role; a role named alone and in a set has both."""
    found: dict[str, frozenset[str]] = {}
    for roles, rights in access.items():
        for role in [roles] if isinstance(roles, str) else roles:
            found[role] = found.get(role, frozenset()) | frozenset(rights)
    return found


def named(row: Any) -> str:
    """What the row calls itself, if it calls itself anything."""
    silent: Any = object.__str__
    return "" if type(row).__str__ is silent else str(row)


def msgid(words: object) -> str:
    """The sentence itself, whatever language is spoken just now."""
    given = getattr(words, "_args", None) if not isinstance(words, str) else None
    return str(given[0]) if given else str(words)
