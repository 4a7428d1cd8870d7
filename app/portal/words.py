"""How far a student's money has come, in words a parent understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _
from app.kernel.types import Fen
from app.payments.banks import MEANINGS, Reason

if TYPE_CHECKING:
    from app.payments.queries import HistoryRow


def plain_rows(rows: list[HistoryRow]) -> list[dict[str, Any]]:
    """The history as the result page shows it."""
    return [
        {
            "programme": r.programme, "school": r.school, "months": _months(r), "fen": r.fen,
            "state": _state(r)[0], "tone": _state(r)[1], "explained": _explained(r),
            "arrived_on": r.arrived_on, "returned_on": r.returned_on,
            "no_day": r.pay_state == "paid" and r.arrived_on is None,
            "last4": r.card_mask[-4:],
        }
        for r in rows
    ]  # fmt: skip


def _months(r: HistoryRow) -> str:
    if r.first_month == r.last_month:
        return str(r.first_month)
    return _("%(a)s 至 %(b)s", a=r.first_month, b=r.last_month)


def _state(r: HistoryRow) -> tuple[str, str]:
    """The words and the tone (success, info, warning, danger, muted) of one line."""
    if r.pay_state is not None:
        return {
            "waiting": (_("正在办理发放"), "info"), "sent": (_("已提交银行"), "info"),
            "paid": (_("已到账"), "success"), "failed": (_("银行退回，正在处理"), "danger"),
            "unknown": (_("银行处理中"), "warning"),
            "returned": (_("银行退汇，正在处理"), "danger"),
        }[r.pay_state]  # fmt: skip
    if r.line_state == "removed":
        return _("未列入发放"), "muted"
    if r.line_state == "objected":
        return _("有异议，核实中"), "warning"
    if r.list_state == "published":
        return _("公示中"), "info"
    return _("已确认，等待发放"), "info"


def _explained(r: HistoryRow) -> str:
    """What the student should know or do when the bank did not pay, or money is asked back."""
    if r.recovered_fen:
        return _("其中%(yuan)s元已按规定收回，这些月份不再重新发放。如有疑问请问学校资助老师。",
                 yuan=Fen.show(int(r.recovered_fen)))  # fmt: skip
    if r.recovering_fen:
        return _("其中%(yuan)s元需要退回：请与学校资助老师联系，按缴款通知退款，不要把钱转给个人。",
                 yuan=Fen.show(int(r.recovering_fen)))  # fmt: skip
    if r.pay_state not in ("failed", "returned", "unknown") or not r.reason:
        return ""
    known = r.reason in {str(x) for x in Reason}
    return str(MEANINGS[Reason(r.reason)].student) if known else ""
