"""资金追缴: the grid of recoveries, and the page on which money that is back is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import select
from wtforms.validators import StopValidation

from app.accounts.models import BUREAU_POSTER, STAFF
from app.accounts.queries import deeds
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.grid import EXPORT, READ, Lookup
from app.kernel.i18n import _, _l
from app.payments import recovering, tracing
from app.payments.behind import Behind
from app.payments.forms import ReceiptForm
from app.payments.models import Attempt, Payment, PayRun, Recovery
from app.payments.recovering import RECOVERIES, WRITERS
from app.payments.views import PAYMENTS_MENU

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement

    from app.kernel.actor import Actor

TONES = {"draft": "mute", "submitted": "wait", "agreed": "warn", "repaid": "good", "void": "mute"}


def _arrived(actor: Actor) -> ColumnElement[bool]:
    """Orders of the bureau's own runs that arrived."""
    return (Attempt.state == "paid") & Attempt.run.has(PayRun.bureau_id == actor.org_id)


def _possible(row: Recovery) -> Callable[[Any, Any], None]:
    """The day on the receipt is one on which the money can have come back."""

    def check(_form: Any, field: Any) -> None:
        try:
            recovering.check_day(row, field.data)
        except Refused as error:
            raise StopValidation(error.sentence) from None

    return check


class RecoveryGrid(Behind):
    """Money asked back: how much, for which months, why, and whether it has come."""

    model, workflow, icon = Recovery, RECOVERIES, "receipt-refund"
    menu = (PAYMENTS_MENU, _l("资金追缴"))
    access = {
        STAFF: READ | EXPORT, WRITERS: {"can_add", "can_edit"}, BUREAU_POSTER: {"can_receive"},
    }  # fmt: skip
    title = _l("资金追缴")
    tones = TONES
    labels = {
        "attempt": _l("到账的发放"), "name": _l("姓名"), "bureau": _l("主管部门"),
        "fen": _l("追缴金额（元）"), "first_month": _l("起始月份"), "last_month": _l("截止月份"),
        "why": _l("追缴原因"), "reason": _l("情况说明"), "voucher_no": _l("缴款凭证号"),
        "repaid_on": _l("收回日期"), "state": _l("状态"), "by": _l("登记人"),
        "created_at": _l("登记时间"),
    }  # fmt: skip
    list_columns = ["name", "attempt", "fen", "first_month", "last_month", "why", "state",
                    "repaid_on"]  # fmt: skip
    show_columns = ["name", "bureau", "attempt", "fen", "first_month", "last_month", "why",
                    "reason", "voucher_no", "repaid_on", "by", "created_at", "state"]  # fmt: skip
    add_columns = ["attempt", "fen", "first_month", "last_month", "why", "reason"]
    edit_columns = add_columns[1:]
    search_columns = ["name", "state", "why", "month", "school", "bureau", "programme"]
    order_columns = ["fen", "repaid_on"]
    lookups = {**Behind.lookups, "attempt": Lookup(Attempt, "ref", "name", where=_arrived)}
    editable_when = recovering.own_draft
    show_template = "recovery_detail.html"
    add_row_message = _l("追缴已登记为草稿，核对后提交审核")

    def place(self, row: Recovery, actor: Actor) -> str:
        """At the school, where its order lies."""
        return row.attempt.org_path

    def pre_add(self, row: Recovery) -> None:
        recovering.fill_in(row, g.actor)

    pre_update = pre_add

    def update_redirect(self) -> None:
        """A form that was refused is no page to come back to."""
        if request.method == "GET":
            super().update_redirect()

    def beside(self, row: Recovery) -> dict[str, Any]:
        """The receipt of whoever may fill it in; what was typed and refused stays in it."""
        waits = row.state == "agreed" and row.bureau_id == g.actor.org_id
        form = (g.get("refused_form") or ReceiptForm()) if waits and self.may("can_receive") \
            else None  # fmt: skip
        return {"receipt": form, "row": row, "steps": deeds(Recovery.__tablename__, row.id)}

    @expose("/<int:pk>/receive", methods=["POST"])
    @has_access
    def receive(self, pk: int) -> ResponseReturnValue:
        """The money is back, with its voucher and day."""
        row = db.session.scalar(select(Recovery).where(Recovery.id == pk)) or abort(404)
        form = ReceiptForm()
        if form.validate(extra_validators={"repaid_on": [_possible(row)]}):
            told = form.voucher_no.data or "", form.repaid_on.data
            if self._attempt("repay", lambda: recovering.receive(row, *told, g.actor), pk):
                flash(_("已登记收回"), "success")
                return redirect(url_for(".show", pk=pk), 303)
        g.refused_form = form
        return self.show(str(pk)), 409

    def _preset(self, form: Any) -> None:
        """From an order: its months and its sum."""
        super()._preset(form)
        order = form.attempt.data
        if order is not None and "_flt_0_attempt" in request.args:
            line = tracing.trace(Payment.id == order.payment_id).line
            form.fen.data = order.fen
            form.first_month.data, form.last_month.data = line.first_month, line.last_month


del RecoveryGrid.buttons["repay"]  # pressed only together with a voucher: `receive`
