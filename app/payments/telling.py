"""The equations of the books in words and in figures, for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, _l, _n
from app.kernel.types import Fen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.payments.conserving import Equation, Term
    from app.payments.offending import Offender

KEYS = {"list_id": _l("名单"), "line_id": _l("名单行"), "payment_id": _l("支付"),
        "run_id": _l("批次")}  # fmt: skip


def in_words(equations: Iterable[Equation]) -> Iterator[str]:
    """Each equation with its figures; under a broken one the first rows that contradict it."""
    for equation in equations:
        yield f"{'✓' if equation.holds else '✗'} {equation.title}"
        if equation.left:
            left, right = (_side(t, equation.money) for t in (equation.left, equation.right))
            yield f"    {left} {'=' if equation.sides[0] == equation.sides[1] else '≠'} {right}"
        if equation.off:
            yield _("    逐行不符%(n)s处：", n=equation.off)
        yield from (f"    - {offender_in_words(o)}" for o in equation.offenders)


def offender_in_words(offender: Offender) -> str:
    return " ".join(f"{KEYS[name]} {key}" for name, key in offender.keys().items())


def in_figures(equations: Iterable[Equation]) -> list[dict[str, Any]]:
    """The same for a machine."""
    return [
        {"name": e.name, "holds": e.holds, "left": _figures(e.left, e.sides[0]),
         "right": _figures(e.right, e.sides[1]), "off": e.off,
         "offenders": [o.keys() for o in e.offenders]}
        for e in equations
    ]  # fmt: skip


def _side(terms: Iterable[Term], money: bool) -> str:
    said = [(" − " if t.minus else " + ") + _term(t, money) for t in terms]
    return "".join(said).removeprefix(" + ") or "0"


def _term(term: Term, money: bool) -> str:
    if not money:
        return f"{term.label} {term.count:,}"
    yuan = Fen.show(term.fen)
    return _n("%(what)s %(n)s笔 %(yuan)s元", term.count, what=term.label, yuan=yuan)


def _figures(terms: Iterable[Term], side: tuple[int, int]) -> dict[str, Any]:
    told = [{"figure": t.figure, "count": t.count, "fen": t.fen, "minus": t.minus} for t in terms]
    return {"count": side[0], "fen": side[1], "terms": told}
