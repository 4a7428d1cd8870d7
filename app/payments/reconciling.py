"""资金对账: the equations of the books on a page, and the lines they start from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import abort, g, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import func, literal, select, union_all

from app.accounts.models import SCHOOL, SCHOOLS, STAFF, Org
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.grid import EXPORT, READ
from app.kernel.grid.asked import unreadable, whole
from app.kernel.i18n import _l
from app.kernel.types import Month, YearMonth
from app.payments import conserving, posting, telling, tracing, whereto
from app.payments.behind import PARTS, Behind, InPart
from app.payments.sums import IN_THE_BOOKS, Chosen
from app.payments.views import PAYMENTS_MENU
from app.payments.waiting import why_unpaid
from app.publicity.models import AidLine, AidList
from app.publicity.views import TONES
from app.registry.models import Programme
from app.registry.workflow import CARD_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask.typing import ResponseReturnValue

    from app.payments.conserving import Equation, Sheet
    from app.payments.sums import Sums

COLUMNS = {
    ("payable",): _l("确认应发"), ("payments",): _l("已列支付"), ("paid",): _l("已到账"),
    ("sent", "waiting"): _l("等待银行结果"), ("unknown",): _l("待查明"),
    ("failed", "returned"): _l("失败或退汇"), ("unpaid",): _l("待支付"),
    ("held", "elsewhere", "gone"): _l("停发、另付或离校"),
}  # fmt: skip
"""The figures of a month, a bureau or a school; some are counted together under one name."""
PLACES = {"month": _l("月份"), "bureau": _l("主管部门"), "school": _l("学校"),
          "programme": _l("项目")}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One figure of a part, and the list behind it."""

    label: Any
    count: int
    fen: int
    url: str | None


@dataclass(frozen=True)
class Part:
    """One row of the table: what it is called, its own books, its figures, what does not hold."""

    name: str
    url: str | None
    cells: list[Cell]
    broken: tuple[Equation, ...]


class DueGrid(Behind):
    """The lines of lists that are or were on notice, and what the books take each for."""

    model, menu, icon = AidLine, (PAYMENTS_MENU, _l("应发明细")), "file-invoice"
    reads = whereto.Books
    doors = {"reconcile": (_l("资金对账"), "scale")}
    access = {STAFF: READ | EXPORT | {"can_reconcile"}}
    api = ""
    title = _l("应发明细")
    tones = TONES
    labels = {
        "aid_list": _l("名单"), "aid_list.school": _l("学校"), "aid_list.month": _l("名单月份"),
        "name": _l("姓名"), "id_mask": _l("证件号"), "first_month": _l("起始月份"),
        "last_month": _l("截止月份"), "amount_fen": _l("金额（元）"), "seq": _l("行号"),
        "state": _l("状态"), "grade": _l("年级"), "class_name": _l("班级"),
        "card_mask": _l("银行卡"), "whereto": _l("去向"), "run": _l("批次"),
    }  # fmt: skip
    list_columns = ["name", "id_mask", "aid_list.month", "aid_list.school", "first_month",
                    "last_month", "amount_fen", "whereto", "run"]  # fmt: skip
    formatters = {"whereto": whereto.ended, "run": whereto.run_named}
    show_columns = ["aid_list", "seq", "name", "id_mask", "grade", "class_name", "first_month",
                    "last_month", "amount_fen", "card_mask"]  # fmt: skip
    standing_by = {"part": (InPart, _l("去向"), PARTS)}
    search_columns = ["part", "month", "school", "bureau", "programme", "name"]
    order_columns = ["seq", "name", "amount_fen"]
    eager = ("aid_list.school",)
    show_template = "attempt_detail.html"

    def beside(self, row: AidLine) -> dict[str, Any]:
        found = tracing.trace(AidLine.id == row.id)
        part = "" if found.payment else why_unpaid(row.id)
        told = PARTS.labels[part] if part else ""
        return {"trace": found, "why_unpaid": told, "whys_aside": posting.WHYS,
                "card_changes": CARD_CHANGES.states, "advice": tracing.advice(found)}  # fmt: skip

    @expose("/reconcile")
    @has_access
    def reconcile(self) -> ResponseReturnValue:
        """The equations of a month, a bureau, a school or a programme, and the parts they are
        made of."""
        chosen, place = _chosen()
        by = _by(chosen, place)
        sheet = conserving.books(chosen, by)
        programmes, names = _names(by, sheet.rows)
        told = conserving.named(sheet.total, chosen)
        if chosen.month and (place or g.actor.role in SCHOOLS):
            told.append(conserving.sealed(chosen))
        return self.render_template(
            "reconcile.html", title=_l("资金对账"), chosen=chosen, place=place, equations=told,
            parts=_parts(sheet, chosen, by, names), by=PLACES[by], url_of=_url_of(chosen),
            programmes=programmes, ways=_ways(chosen, place, by),
            name_of=telling.offender_in_words, crumbs=_crumbs(chosen, place),
            columns=COLUMNS.values(),
            seals_told=told[-1].name == "seals",
        )  # fmt: skip


def _chosen() -> tuple[Chosen, Org | None]:
    """What the address asks for: `month`, `programme`, and `org`, a bureau or a school of the
    person's own."""
    key = whole(request.args.get("org"), 0, 2**31 - 1)
    programme = whole(request.args.get("programme") or None, 0, 2**31 - 1)
    chosen = Chosen(_month(), programme_id=programme or None)
    if not key:
        return chosen, None
    place = db.session.scalar(select(Org).where(Org.id == key)) or abort(404)
    return _among(chosen, "school" if place.level == SCHOOL else "bureau", key), place


def _month() -> YearMonth | None:
    """The month asked for; the latest one when nothing is said, None when it is said empty: all
    months at once are counted only for who asks for them, for they take their time."""
    raw = request.args.get("month")
    if raw is None:
        shown = select(func.max(AidList.month)).where(AidList.state.in_(IN_THE_BOOKS))
        return db.session.scalar(shown)
    try:
        return Month.clean(raw) if raw else None
    except Refused:
        raise unreadable() from None


def _among(chosen: Chosen, by: str, key: int) -> Chosen:
    """One part of the part."""
    if by == "programme":
        return replace(chosen, programme_id=key)
    if by == "month":
        return replace(chosen, month=YearMonth(key))
    if by == "bureau":
        return replace(chosen, bureau_id=key)
    return replace(chosen, school_id=key)


def _by(chosen: Chosen, place: Org | None) -> str:
    """By programme when that is asked for; else one step further down: months, then bureaus, then
    schools."""
    if request.args.get("by") == "programme":
        return "programme"
    return _usual(chosen, place)


def _usual(chosen: Chosen, place: Org | None) -> str:
    if chosen.month is None:
        return "month"
    return "school" if place or g.actor.role in SCHOOLS else "bureau"


def _ways(chosen: Chosen, place: Org | None, by: str) -> list[tuple[Any, str | None]]:
    """The two ways to look at the same part, and the address of the other one."""
    here: dict[str, Any] = {"month": chosen.month or "", "org": place and place.id,
            "programme": chosen.programme_id}  # fmt: skip
    usual = _usual(chosen, place)
    return [(PLACES[usual], url_for(".reconcile", **here) if by != usual else None),
            (PLACES["programme"], url_for(".reconcile", by="programme", **here)
             if by != "programme" else None)]  # fmt: skip


def _parts(sheet: Sheet, chosen: Chosen, by: str, names: dict[int, str]) -> list[Part]:
    return [
        Part(str(YearMonth(key)) if by == "month" else names.get(key, f"#{key}"),
             _page(chosen, by, key), _cells(sheet.figures[key], _among(chosen, by, key)),
             tuple(e for e in equations if not e.holds))
        for key, equations in sorted(sheet.rows.items(), reverse=by == "month")
    ]  # fmt: skip


def _names(by: str, keys: Iterable[int]) -> tuple[dict[int, str], dict[int, str]]:
    """What programmes are called, all of them, and what the parts are called; one statement."""
    every = select(literal("programme"), Programme.id, Programme.name)
    some = select(literal("org"), Org.id, Org.name).where(Org.id.in_(list(keys)))
    rows = db.session.execute(union_all(every, some) if by in ("bureau", "school") else every)
    told: dict[str, dict[int, str]] = {"programme": {}, "org": {}}
    for kind, key, name in sorted(rows):
        told[kind][key] = name
    return told["programme"], told["programme" if by == "programme" else "org"]


def _page(chosen: Chosen, by: str, key: int) -> str | None:
    """The books of one part; none where there is nothing further down."""
    org = chosen.school_id or chosen.bureau_id
    here: dict[str, Any] = {"org": org, "programme": chosen.programme_id}
    if by == "month":
        return url_for(".reconcile", month=YearMonth(key), **here)
    if by == "programme":
        return url_for(".reconcile", month=chosen.month or "", **here | {"programme": key})
    if chosen.school_id or g.actor.role in SCHOOLS:
        return None
    return url_for(".reconcile", month=chosen.month, **here | {"org": key})


def _cells(sums: Sums, part: Chosen) -> list[Cell]:
    url = _url_of(part)
    found = []
    for names, label in COLUMNS.items():
        every = [sums.get(n, conserving.NOTHING) for n in names]
        count, fen = (sum(figures) for figures in zip(*every, strict=True))
        found.append(Cell(label, count, fen, url(*names) if count else None))
    return found


def _crumbs(chosen: Chosen, place: Org | None) -> list[tuple[Any, str]]:
    """The way back up, the widest first."""
    if chosen.month is None:
        return []
    kept: dict[str, Any] = {"programme": chosen.programme_id}
    crumbs = [(_l("全部月份"), url_for(".reconcile", month="", **kept))]
    if place is not None:
        crumbs.append((str(chosen.month), url_for(".reconcile", month=chosen.month, **kept)))
    return crumbs


def _url_of(part: Chosen) -> Callable[..., str | None]:
    """The list behind figures, narrowed to this part of the books."""
    wanted = {"month": part.month, "bureau": part.bureau_id, "school": part.school_id,
              "programme": part.programme_id}  # fmt: skip
    narrow: dict[str, Any] = {
        f"_flt_0_{name}": value for name, value in wanted.items() if value is not None
    }

    def url(*figures: str) -> str | None:
        lists = [conserving.ROWS[f] for f in figures if f in conserving.ROWS]
        conditions: dict[str, Any] = {}
        for name, value in ((n, v) for _endpoint, own in lists for n, v in own.items()):
            values = value if isinstance(value, tuple) else (value,)
            known = conditions.setdefault(name, [])
            known += [v for v in values if v not in known]
        return url_for(lists[0][0], **conditions, **narrow) if lists else None

    return url
