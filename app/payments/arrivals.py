"""资金到位: the grid of arrivals of funds, with what is left of them."""

from __future__ import annotations

from typing import Any

from flask import g

from app.accounts.models import BUREAUS
from app.accounts.queries import deeds
from app.kernel.grid import EXPORT, READ, Grid, Lookup
from app.kernel.i18n import _l
from app.payments import funds
from app.payments.funds import ARRIVALS, WRITERS
from app.payments.models import FundArrival
from app.payments.views import PAYMENTS_MENU
from app.registry.models import Programme


class FundGrid(Grid):
    """Sums from the treasuries: from whom, how much, by which document, since when."""

    model, workflow, icon = FundArrival, ARRIVALS, "coin"
    menu = (PAYMENTS_MENU, _l("资金到位"))
    access = {BUREAUS: READ | EXPORT, WRITERS: {"can_add", "can_edit"}}
    title = _l("资金到位")
    tones = {"recorded": "wait", "arrived": "good", "struck": "mute"}
    labels = {
        "bureau": _l("主管部门"), "programme": _l("项目"), "source": _l("资金来源"),
        "fen": _l("到位金额（元）"), "arrived_on": _l("到位日期"), "document_no": _l("拨款文号"),
        "note": _l("备注"), "state": _l("状态"), "by": _l("登记人"), "created_at": _l("登记时间"),
    }  # fmt: skip
    list_columns = ["arrived_on", "document_no", "bureau", "programme", "source", "fen", "state"]
    show_columns = [*list_columns[:-1], "note", "by", "created_at", "state"]
    add_columns = edit_columns = ["programme", "source", "fen", "arrived_on", "document_no", "note"]
    search_columns = ["document_no", "source", "state", "arrived_on"]
    order_columns = ["arrived_on", "fen"]
    lookups = {"programme": Lookup(Programme, "name")}
    editable_when = funds.own_record
    show_template = "fund_detail.html"
    add_row_message = _l("已登记，请由另一人核对")

    def pre_add(self, row: FundArrival) -> None:
        funds.record(row, g.actor)

    pre_update = pre_add

    def beside(self, row: FundArrival) -> dict[str, Any]:
        return {"funds": funds.at_hand(row.bureau_id, row.programme_id), "row": row,
                "steps": deeds(FundArrival.__tablename__, row.id)}  # fmt: skip
