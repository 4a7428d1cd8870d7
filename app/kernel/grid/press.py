"""A button pressed, on one row or on many: counted, done, summed up, written to the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_
from werkzeug.exceptions import NotFound

from app.kernel import audit, scope
from app.kernel.db import Scoped, db, many_rows
from app.kernel.errors import Refused
from app.kernel.filters import BIGGEST
from app.kernel.i18n import _, called

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kernel.actor import Actor
    from app.kernel.grid.declare import Action
    from app.kernel.workflow import Outcome

TICKED = 200
"""The most rows that can be ticked one by one: a page. More is "all that match"."""


def press(grid: Any, action: Action, where: ColumnElement[bool], actor: Actor, *,
          expected: int, note: str = "", filter_text: str = "", named: bool = False
          ) -> Outcome:  # fmt: skip
    """`action` is done on exactly the `expected` rows under `where`, or on none; committed.

    Raises Refused (nothing changed, the refusal on the trail), or NotFound when the rows were
    `named` one by one and none of them is in scope.
    """
    try:
        if not action.tells_all:
            _agree(grid.datamodel.exactly(where), expected, named)
        with many_rows(expected):
            outcome = _run(grid, action, where, actor, note, filter_text)
        if action.tells_all:
            _agree(outcome.moved + outcome.refused_total, expected, named)
        db.session.commit()
    except Refused as error:
        refused(grid, action.name, actor, error.sentence, filter_text)
        raise
    return outcome


def _agree(found: int, expected: int, named: bool) -> None:
    if named and not found:
        raise NotFound
    if found != expected:
        raise Refused(_(
            "您看到的是 %(seen)s 条，现在是 %(now)s 条，数据已经变化；一条也没有办理，请刷新后再试",
            seen=expected, now=found,
        ))  # fmt: skip


def _run(grid: Any, action: Action, where: Any, actor: Actor, note: str, words: str) -> Outcome:
    if action.note and not note.strip():
        raise Refused(_("「%(step)s」须填写理由", step=action.label))
    return action.run(grid, where, actor, note.strip(), words)


def run_method(grid: Any, name: str, method: Any, where: ColumnElement[bool], actor: Actor,
               note: str, filter_text: str) -> Outcome:  # fmt: skip
    """A button that is no step: the method works inside the scope, the trail gets its count."""
    here = and_(where, scope.within(grid.model)) if issubclass(grid.model, Scoped) else where
    outcome: Outcome = method(grid, here, actor, note)
    audit.record(name, actor=actor, subject=grid.model.__tablename__, count=outcome.moved,
                 note=note, filter_text=filter_text,
                 outcome=audit.OK if outcome.moved else audit.REFUSED)  # fmt: skip
    return outcome


def refused(grid: Any, verb: str, actor: Actor, sentence: str, filter_text: str = "",
            subject_id: int | None = None) -> None:  # fmt: skip
    """What was begun is undone; that it was tried and refused stands on the trail."""
    db.session.rollback()
    audit.record(verb, actor=actor, outcome=audit.REFUSED, subject=grid.model.__tablename__,
                 subject_id=subject_id, note=sentence, filter_text=filter_text)  # fmt: skip
    db.session.commit()


def ticked(raw: Sequence[str]) -> list[int]:
    """The keys of ticked rows; NotFound for what can be no key."""
    keys = sorted({key_of(r) for r in raw})
    if not keys:
        raise Refused(_("请先勾选要办理的行"))
    if len(keys) > TICKED:
        raise Refused(_("一次最多勾选 %(n)s 行；更多请用“选择全部符合条件的”", n=TICKED))
    return keys


def key_of(raw: object) -> int:
    text = str(raw)
    if not (text.isascii() and text.isdecimal() and int(text) <= BIGGEST):
        raise NotFound
    return int(text)


def summed_up(grid: Any, action: Action, outcome: Outcome) -> tuple[str, str]:
    """(tone, text): how many moved, how many not, and the first of those with their reasons."""
    label = action.label
    if not outcome.refused_total:
        return "success", _("「%(step)s」：%(n)s 条已办理", step=label, n=outcome.moved)
    head = _("「%(step)s」：%(n)s 条已办理，%(m)s 条未办理", step=label, n=outcome.moved,
             m=outcome.refused_total)  # fmt: skip
    names = labels_of(grid, list(outcome.refused))
    lines = [called(names.get(k, f"#{k}"), why) for k, why in outcome.refused.items()]
    if (rest := outcome.refused_total - len(lines)) > 0:
        lines.append(_("……另有 %(n)s 条", n=rest))
    return ("warning" if outcome.moved else "danger"), "\n".join([head, *lines])


def labels_of(grid: Any, keys: list[int]) -> dict[int, str]:
    """What the rows are called, in one statement."""
    rows = db.session.scalars(grid.datamodel.chosen(grid.model.id.in_(keys))).unique()
    return {row.id: grid.row_label(row) for row in rows}
