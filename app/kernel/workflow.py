"""One declaration of a life cycle; buttons, permissions, SQL, refusals and audit all read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    not_,
    select,
    true,
    update,
)

from app.kernel import audit, scope
from app.kernel.audit import Event
from app.kernel.db import changed, db, many_rows
from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.kernel.actor import Actor

SHOWN = 20
"""How many refused rows are named one by one; the rest are counted."""

Moved = Select[tuple[int]]
"""A SELECT of the ids a step has just moved: what the effects of the step work on."""


@dataclass(frozen=True)
class Guard:
    """A precondition as SQL, with the sentence shown when it does not hold."""

    holds: Callable[[Actor], ColumnElement[bool]]
    otherwise: Any


@dataclass(frozen=True)
class Step:
    """One arrow of a life cycle.

    `by`: the roles that may take it. `unlike`: steps whose taker may never take this one on the
    same row (two pairs of eyes), in this round or any later one (docs/decisions/0045).
    `stamps`: the columns the step sets beside the state, values or SQL. `then`: set-based effects
    in the same transaction. `note`: a reason must be given. `evidence` of the workflow goes to
    the trail.
    """

    name: str
    label: Any
    source: tuple[str, ...]
    target: str
    by: frozenset[str]
    guards: tuple[Guard, ...] = ()
    stamps: Callable[[Actor], Mapping[str, Any]] = lambda _actor: {}
    unlike: tuple[str, ...] = ()
    then: tuple[Callable[[Moved, Actor], None], ...] = ()
    note: bool = False
    confirm: Any = ""
    icon: str = "arrow-right"
    tone: str = "primary"


@dataclass(frozen=True)
class Outcome:
    """What came of one press: how many moved, who did not and why (the first twenty)."""

    moved: int
    refused: dict[int, str]
    refused_total: int


def _another(step: Step) -> str:
    return _(
        "经办与复核须由不同的人办理：您经办过（退回、撤回之前的也算），"
        "不能再「%(step)s」，请由另一人办理",
        step=step.label,
    )


class Workflow:
    """States and steps of one model; `model.state` changes nowhere else.

    `evidence` maps event columns (count, fen, digest) to expressions on the model, so that the
    trail proves what was decided on.
    """

    all: list[Workflow] = []

    def __init__(self, model: type[Any], states: Mapping[str, Any], steps: Iterable[Step],
                 evidence: Mapping[str, Any] | None = None) -> None:  # fmt: skip
        self.model, self.states, self.evidence = model, dict(states), dict(evidence or {})
        self.steps = {s.name: s for s in steps}
        for s in self.steps.values():
            if unknown := {*s.source, s.target} - set(self.states):
                raise ValueError(f"{model.__name__}.{s.name}: unknown states {unknown}")
        Workflow.all.append(self)

    def check(self) -> CheckConstraint:
        """The states as a constraint of the table."""
        return CheckConstraint(self.model.state.in_(list(self.states)), name="state")

    def takeable(self, role: str) -> list[Step]:
        """The steps this role may take at all."""
        return [s for s in self.steps.values() if role in s.by]

    def ready(self, step: Step, actor: Actor) -> ColumnElement[bool]:
        """The rows on which this actor may take `step` now, as SQL."""
        return and_(
            self.model.state.in_(step.source),
            *(g.holds(actor) for g in step.guards),
            self._other_hands(step, actor),
        )

    def hindrance(self, step: Step, actor: Actor) -> ColumnElement[int]:
        """Which condition of the step a row in the right state does not meet, as SQL: its place in
        `hindered`, counted from 1; 0 when the step may be taken."""
        tests = [*(g.holds(actor) for g in step.guards), self._other_hands(step, actor)]
        unmet = ((not_(func.coalesce(test, False)), n) for n, test in enumerate(tests, 1))
        return case(*unmet, else_=0)

    def hindered(self, step: Step, place: int) -> str:
        """What stands in the way, in words; nothing for 0."""
        says = ["", *(g.otherwise for g in step.guards), _another(step)]
        return str(says[place])

    def _other_hands(self, step: Step, actor: Actor) -> ColumnElement[bool]:
        """Nobody of this account took one of `step.unlike` on the row, as SQL."""
        if not step.unlike:
            return true()
        return not_(audit.taken(self.model, self.model.id, step.unlike, actor))

    def take(self, name: str, where: ColumnElement[bool], actor: Actor, note: str = "",
             filter_text: str = "") -> Outcome:  # fmt: skip
        """Every ready row under `where` (and in scope) has moved; the others are named.

        A fixed number of statements for 1 row or 50,000. Raises Refused when the role may not
        take the step or a required reason is missing. The caller commits.
        """
        step = self._permitted(name, actor, note)
        here = and_(where, scope.within(self.model))
        with many_rows(self._lock(here)):
            refused, total = self._refusals(step, here, actor)
            bulk = audit.new_bulk()
            written = self._trail(step, here, actor, bulk, note, filter_text)
            if written:
                self._move(step, actor, bulk, written)
        if total:
            self._trail_refusals(step, actor, refused, total, note, filter_text)
        return Outcome(written, refused, total)

    def _permitted(self, name: str, actor: Actor, note: str) -> Step:
        step = self.steps.get(name)
        if step is None:
            known = "、".join(self.steps)
            raise Refused(_("没有「%(name)s」这一步，可用的有：%(known)s", name=name, known=known))
        if actor.role not in step.by:
            raise Refused(_("您的岗位不能「%(step)s」", step=step.label))
        if step.note and not note.strip():
            raise Refused(_("「%(step)s」须填写理由", step=step.label))
        return step

    def _lock(self, here: ColumnElement[bool]) -> int:
        """The rows are held against other writers until the end; how many there are."""
        ids = select(self.model.id).where(here).order_by(self.model.id).with_for_update()
        return db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0

    def _trail(self, step: Step, here: ColumnElement[bool], actor: Actor, bulk: str,
               note: str, filter_text: str) -> int:  # fmt: skip
        """The events of all ready rows are written; how many there are."""
        m = self.model
        row: dict[str, Any] = audit.who(actor) | {
            "bulk": bulk, "verb": step.name, "subject": m.__tablename__, "subject_id": m.id,
            "old": m.state, "new": step.target, "org_path": m.org_path,
            "note": note[:2000], "filter_text": filter_text[:2000],
        } | self.evidence  # fmt: skip
        return audit.record_each(row, here, self.ready(step, actor))

    def _move(self, step: Step, actor: Actor, bulk: str, written: int) -> None:
        """The rows that the events of `bulk` name stand in the step's target."""
        t = Event.__table__
        moved: Moved = select(t.c.subject_id).where(t.c.bulk == bulk)
        values = {"state": step.target, **step.stamps(actor)}
        if hasattr(self.model, "version"):  # a form opened before this step is out of date now
            values["version"] = self.model.version + 1
        go = update(self.model).where(self.model.id.in_(moved), self.model.state.in_(step.source))
        moved_now = changed(go.values(values).execution_options(synchronize_session=False))
        if moved_now != written:
            raise RuntimeError(f"{step.name}: {written} events but {moved_now} rows moved")
        for effect in step.then:
            effect(moved, actor)
        db.session.expire_all()

    def _refusals(self, step: Step, here: ColumnElement[bool], actor: Actor
                  ) -> tuple[dict[int, str], int]:  # fmt: skip
        m = self.model
        tests = [*(g.holds(actor) for g in step.guards), self._other_hands(step, actor)]
        says = [*(g.otherwise for g in step.guards), _another(step)]
        rows = db.session.execute(
            select(m.id, m.state, func.count().over(), *tests)
            .where(here, not_(func.coalesce(self.ready(step, actor), False)))
            .order_by(m.id)
            .limit(SHOWN)
        ).all()
        return {r[0]: self._why(step, r[1], r[3:], says) for r in rows}, rows[0][2] if rows else 0

    def _why(self, step: Step, state: str, holds: Iterable[Any], says: list[Any]) -> str:
        if state not in step.source:
            here = self.states[state]
            return _("当前状态为「%(state)s」，不能「%(step)s」", state=here, step=step.label)
        return str(next(s for s, ok in zip(says, holds, strict=True) if not ok))

    def _trail_refusals(self, step: Step, actor: Actor, refused: dict[int, str], total: int,
                        note: str, filter_text: str) -> None:  # fmt: skip
        first = next(iter(refused.items()))
        audit.record(step.name, actor=actor, outcome=audit.REFUSED, count=total,
                     subject=self.model.__tablename__, subject_id=first[0],
                     note=note or first[1], filter_text=filter_text)  # fmt: skip

    def mermaid(self) -> str:
        """The same declaration as a diagram; docs/workflows.md is made from it."""
        edges = [f"  {a} --> {s.target}: {s.label}" for s in self.steps.values() for a in s.source]
        names = [f"  {code}: {label}" for code, label in self.states.items()]
        return "\n".join(["stateDiagram-v2", *names, *edges])
