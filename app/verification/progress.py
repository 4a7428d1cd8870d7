"""核查进度与汇总: how far a round has come, place by place, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import abort, g, request, url_for
from sqlalchemy import select

from app.accounts.models import SCHOOL, Org
from app.kernel import clock
from app.kernel.db import db
from app.kernel.grid.asked import whole
from app.kernel.i18n import _l
from app.kernel.scope import ancestors
from app.verification import queries
from app.verification.models import ACTIONS, FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.verification.queries import Lap, Place, Progress, Sum

COLUMNS = {
    "cases": _l("应核查"), "waiting": _l("待学校核实"), "stray": _l("待重新分派"),
    "answered": _l("已反馈"), "closed": _l("已审结"),
}  # fmt: skip


class Line(NamedTuple):
    """One place of the table: its own page, its figures, the list behind each."""

    name: str
    url: str | None
    figures: Progress
    urls: dict[str, str]


def page() -> dict[str, Any]:
    """What the page shows for the round and the organisation in the address."""
    laps, place = queries.laps(), _place()
    lap = _chosen(laps)
    found: dict[str, Any] = {"laps": laps, "lap": lap, "place": place, "columns": COLUMNS,
                             "crumbs": _crumbs(place, lap), "today": clock.today()}  # fmt: skip
    if lap is None:
        return found
    places = queries.below(place.id)
    figures = queries.progress(lap.round_id, place.path, places)
    lines = [_line(p, figures[p.id], lap) for p in places if figures[p.id].cases]
    sums = [_sum(s, lap, place) for s in queries.summary(lap.round_id, place.path)]
    return found | {"lines": lines, "total": _line(place, figures[0], lap), "sums": sums}


def _place() -> Org:
    """The organisation asked for, the person's own when nothing is said; none further up."""
    key = whole(request.args.get("org"), g.actor.org_id, 2**31 - 1)
    found = db.session.scalar(select(Org).where(Org.id == key))
    if found is None or not found.path.startswith(g.actor.org_path):
        abort(404)
    return found


def _chosen(laps: list[Lap]) -> Lap | None:
    """The round asked for, else the latest."""
    key = whole(request.args.get("round"), 0, 2**31 - 1)
    if not key:
        return next(iter(laps), None)
    return next((lap for lap in laps if lap.round_id == key), None) or abort(404)


def _line(place: Place | Org, figures: Progress, lap: Lap) -> Line:
    asked: dict[str, Any] = {"_flt_0_round": lap.round_id, "_flt_0_place": place.id}
    urls = {"cases": url_for(".list", **asked)}
    urls |= {s: url_for(".list", _flt_0_state=s, **asked) for s in queries.STATES}
    before: dict[str, Any] = {
        "_flt_2_due_on": clock.today() - clock.ONE_DAY,
        "_flt_1_state": "closed",
    }
    urls["overdue"] = url_for(".list", **asked, **before)
    deeper = None if place.level == SCHOOL else url_for(".progress", round=lap.round_id,
                                                        org=place.id)  # fmt: skip
    return Line(place.name, deeper, figures, urls)


def _sum(row: Sum, lap: Lap, place: Org) -> dict[str, Any]:
    """One finding with one action, in words, and the list behind it."""
    url = url_for(".list", _flt_0_round=lap.round_id, _flt_0_place=place.id, _flt_1_state="waiting",
                  _flt_0_finding=row.finding, _flt_0_action=row.action)  # fmt: skip
    return {"finding": FINDINGS[row.finding], "action": ACTIONS[row.action], "row": row, "url": url}


def _crumbs(place: Org, lap: Lap | None) -> list[tuple[str, str]]:
    """The way back up to the person's own place, the widest first."""
    own = [p for p in ancestors(place.path)[:-1] if p.startswith(g.actor.org_path)]
    if not own or lap is None:
        return []
    above: Iterable[Any] = db.session.execute(
        select(Org.id, Org.name).where(Org.path.in_(own)).order_by(Org.path)
    )
    return [(o.name, url_for(".progress", round=lap.round_id, org=o.id)) for o in above]
