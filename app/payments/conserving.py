"""Conservation of money: every sum of the books stands twice, counted from different rows.

An equation holds when both sides agree in number and in fen and no single row offends: two errors
that cancel out in the sum are still two errors. The rows of each figure are named by the grid and
the conditions that list them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.kernel.db import db
from app.kernel.i18n import _l
from app.kernel.scope import everyone
from app.payments.offending import FIRST, OF_RUNS, Offender, first, wrong
from app.payments.sums import (
    IN_THE_BOOKS,
    KEYS,
    NO_MONEY,
    ONE,
    PARTS,
    A,
    Chosen,
    Sums,
    counted,
    rows_of,
)
from app.publicity.seal import differing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STANDS = {"waiting": _l("待发送"), "sent": _l("已提交银行"), "paid": _l("已到账"),
          "failed": _l("失败"), "unknown": _l("待查明"), "returned": _l("已退汇")}  # fmt: skip
FIGURES: Mapping[str, Any] = {
    "listed": _l("公示和确认的名单"), "removed": _l("已剔除"), "objected": _l("异议冻结"),
    "noticed": _l("公示中"), "payable": _l("确认应发"), "payments": _l("已列支付"),
    "unpaid": _l("待支付"), "held": _l("停发"), "elsewhere": _l("月份已另行支付"),
    "gone": _l("公示后离校"), **STANDS,
    "months_due": _l("支付所含的月份"), "months_locked": _l("锁定的月份"),
    "months_stray": _l("没有支付的锁定月份"), "paid_orders": _l("到账的指令"),
    "paid_once": _l("有到账的支付"), "runs": _l("批次登记"), "orders": _l("批次内的指令"),
    "repaid": _l("已收回的追缴"), "repaid_told": _l("办理记录中的收回"),
    "files": _l("银行文件"), "carried": _l("写入文件的指令"),
}  # fmt: skip
LINES, ORDERS, RUNS = "DueGrid.list", "AttemptGrid.list", "RunGrid.list"
NOW, CARRIED = {"_flt_0_standing": "now"}, {"_flt_0_standing": "carried"}
ROWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "listed": ("ListGrid.list", {"_flt_0_state": IN_THE_BOOKS}),
    "payments": (ORDERS, NOW), "months_due": (ORDERS, NOW), "months_locked": (ORDERS, NOW),
    "paid_orders": (ORDERS, {"_flt_0_state": "paid"}),
    "paid_once": (ORDERS, {"_flt_0_state": "paid"}),
    "runs": (RUNS, {"_flt_1_state": "void"}), "orders": (ORDERS, {}),
    "repaid": ("RecoveryGrid.list", {"_flt_0_state": "repaid"}),
    "files": (ORDERS, CARRIED), "carried": (ORDERS, CARRIED),
    **{part: (LINES, {"_flt_0_part": part}) for part in PARTS},
    **{state: (ORDERS, NOW | {"_flt_0_state": state}) for state in STANDS},
}  # fmt: skip
"""Figure -> the list behind it: an endpoint and its conditions."""


@dataclass(frozen=True)
class Term:
    """One figure of an equation; `rows` is the list of the rows counted, where there is one."""

    figure: str
    count: int
    fen: int
    minus: bool = False
    rows: tuple[str, Mapping[str, Any]] | None = None

    @property
    def label(self) -> Any:
        return FIGURES[self.figure]


@dataclass(frozen=True)
class Equation:
    """`left` and `right` are the same money seen from two sides. `money` is False where only a
    number of months is compared; `off`: how many rows contradict it one by one."""

    name: str
    title: Any
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    off: int = 0
    money: bool = True
    offenders: tuple[Offender, ...] = ()

    @property
    def sides(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(how many, fen) of the left and of the right."""
        return _sum(self.left), _sum(self.right)

    @property
    def holds(self) -> bool:
        return self.sides[0] == self.sides[1] and not self.off


@dataclass(frozen=True)
class Shape:
    """An equation before it is filled in; a figure with a minus sign is taken away."""

    title: Any
    left: tuple[str, ...]
    right: tuple[str, ...]
    money: bool = True


SHAPES: Mapping[str, Shape] = {
    "payable": Shape(_l("公示的名单，减去剔除、异议和公示中的，就是确认应发"),
                     ("listed", "-removed", "-objected", "-noticed"), ("payable",)),
    "due": Shape(_l("确认应发的每一笔，要么已列支付，要么说得出为什么没有"),
                 ("payable",), ("payments", "unpaid", "held", "elsewhere", "gone")),
    "standing": Shape(_l("每笔支付有且只有一个当前结果"), ("payments",), tuple(STANDS)),
    "months": Shape(_l("每笔支付锁定了它的每一个月份"),
                    ("months_due",), ("months_locked",), money=False),
    "stray": Shape(_l("没有一个锁定的月份不属于支付"), ("months_stray",), (), money=False),
    "once": Shape(_l("每笔支付至多到账一次"), ("paid_orders",), ("paid_once",)),
    "recovered": Shape(_l("收回的追缴与办理记录一致，一笔支付的追缴不超过到账金额"),
                       ("repaid",), ("repaid_told",)),
    "runs": Shape(_l("批次登记的合计等于批次内的指令"), ("runs",), ("orders",)),
    "files": Shape(_l("银行文件的合计等于写入文件的指令"), ("files",), ("carried",)),
}  # fmt: skip
SEALS = _l("每份名单的封存与逐行重算一致")
OFF = "!"
"""A figure of this sign counts the rows that contradict the equation of its name."""
NOTHING = (0, 0)


@dataclass(frozen=True)
class Sheet:
    """The books of one part: the whole, and one row for each month, bureau, school or programme."""

    total: tuple[Equation, ...]
    rows: dict[int, tuple[Equation, ...]]
    figures: dict[int, Sums]

    @property
    def holds(self) -> bool:
        return all(e.holds for e in self.total)


def books(chosen: Chosen, by: str = "month") -> Sheet:
    """Every equation of the part, and of each month, bureau, school or programme in it; one
    statement."""
    runs = by != "school" and not chosen.school_id
    off = [rows_of(OFF + name, KEYS[by](found.table), ONE, NO_MONEY, found.source, found.where)
           for name, found in wrong(chosen, runs)]  # fmt: skip
    figures = {at: _completed(sums) for at, sums in counted(chosen, by, runs, off).items()}
    shapes = {name: shape for name, shape in SHAPES.items() if runs or name not in OF_RUNS}
    whole = _equations(_added(figures.values()), shapes)
    return Sheet(whole, {at: _equations(sums, shapes) for at, sums in figures.items()}, figures)


def verify(chosen: Chosen, runs: bool = True) -> tuple[Equation, ...]:
    """Every equation of the part and the seals of its lists; the broken ones name the first of
    the rows that contradict."""
    by = "month" if runs else "school"
    return (*named(books(chosen, by).total, chosen), sealed(chosen))


def at_one_moment() -> None:
    """All statements of this transaction, just begun, see the books as they are now."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def named(equations: Sequence[Equation], chosen: Chosen) -> list[Equation]:
    """The equations, with the first of the rows that contradict each; at most one statement."""
    off = {e.name for e in equations if e.off}
    found = first(chosen, off, runs=any(name in off for name in OF_RUNS))
    return [replace(e, offenders=tuple(found.get(e.name, ()))) for e in equations]


def sealed(chosen: Chosen) -> Equation:
    """The seal of every shown list of the part, computed anew from its lines."""
    lists = select(A.c.id).where(chosen.lists(), A.c.state.in_(IN_THE_BOOKS))
    with everyone("只核对本人管辖内的名单"):
        differ = differing(lists)
    told = tuple(Offender(list_id=pk) for pk in sorted(differ)[:FIRST])
    return Equation("seals", SEALS, off=len(differ), money=False, offenders=told)


def _completed(sums: Sums) -> Sums:
    """What was listed: what lists say of themselves, and what was removed from them."""
    n, fen = sums.get("lists", NOTHING)
    apart, removed = sums.get("set_apart", NOTHING), sums.get("removed", NOTHING)
    return sums | {"listed": (n + apart[0], fen + removed[1])}


def _added(parts: Iterable[Sums]) -> Sums:
    whole: Sums = {}
    for sums in parts:
        for figure, (n, fen) in sums.items():
            known = whole.get(figure, NOTHING)
            whole[figure] = (known[0] + n, known[1] + fen)
    return whole


def _equations(sums: Sums, shapes: Mapping[str, Shape]) -> tuple[Equation, ...]:
    return tuple(
        Equation(name, shape.title, _terms(shape.left, sums), _terms(shape.right, sums),
                 sums.get(OFF + name, NOTHING)[0], shape.money)
        for name, shape in shapes.items()
    )  # fmt: skip


def _terms(figures: Iterable[str], sums: Sums) -> tuple[Term, ...]:
    found = ((f.lstrip("-"), f.startswith("-")) for f in figures)
    return tuple(Term(f, *sums.get(f, NOTHING), minus, ROWS.get(f)) for f, minus in found)


def _sum(terms: Iterable[Term]) -> tuple[int, int]:
    signed = [(-1 if t.minus else 1, t) for t in terms]
    return sum(sign * t.count for sign, t in signed), sum(sign * t.fen for sign, t in signed)
