"""操作日志: the trail, for the auditor of each part of the tree. Nobody else, and only to read.

Staff see what became of their own work on their own pages; a list of who did what is a list
about colleagues and is not theirs to search.
"""

from __future__ import annotations

from typing import Any

from app.accounts import trail
from app.accounts.models import AUDITOR
from app.accounts.views.menu import SYSTEM
from app.kernel.audit import Event
from app.kernel.fields import field_of
from app.kernel.filters import Is, IsNot
from app.kernel.grid import EXPORT, READ, Grid
from app.kernel.i18n import _l


class EventGrid(Grid):
    """Who did what, when, from where, and what came of it."""

    model, menu, icon = Event, (SYSTEM, _l("操作日志")), "history"
    access = {AUDITOR: READ | EXPORT}
    title = _l("操作日志")
    labels = {
        "at": _l("时间"), "actor": _l("账号"), "role": _l("岗位"), "verb": _l("操作"),
        "subject": _l("对象"), "subject_id": _l("对象编号"), "old": _l("原状态"),
        "new": _l("新状态"), "outcome": _l("结果"), "count": _l("条数"), "fen": _l("金额（元）"),
        "digest": _l("摘要"), "note": _l("说明"), "filter_text": _l("查找条件"),
        "ip": _l("来源"), "bulk": _l("批号"),
    }  # fmt: skip
    list_columns = ["at", "actor", "role", "verb", "subject", "outcome", "count", "ip"]
    show_columns = ["at", "actor", "role", "ip", "verb", "subject", "subject_id", "old", "new",
                    "outcome", "count", "fen", "note", "filter_text", "digest", "bulk"]  # fmt: skip
    search_columns = ["at", "actor", "verb", "outcome", "subject", "subject_id", "role", "ip",
                      "bulk"]  # fmt: skip
    order_columns = ["at", "actor"]
    formatters = {
        "role": trail.role, "verb": trail.verb, "subject": trail.subject, "note": trail.note,
        "outcome": trail.outcome, "old": trail.state, "new": trail.state,
    }  # fmt: skip

    def _init_properties(self) -> None:
        super()._init_properties()
        for name in trail.named():
            self.offered[name] = [Is(name, self.datamodel), IsNot(name, self.datamodel)]

    def _field(self, name: str, search: bool) -> Any:
        """What is written as a code is searched by its word."""
        words = trail.named().get(name)
        if words is None:
            return super()._field(name, search)
        column = self.datamodel.list_columns[name]
        return field_of(column, self.label_columns[name], search=True, choices=words)
