"""What an answer must say, finding and action together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from app.kernel.errors import Refused
from app.kernel.i18n import _, listed
from app.verification.models import (
    ACTIONS,
    FALSE,
    FINDINGS,
    KEEP,
    NOT_OURS,
    PARTLY,
    REASSIGN,
    RECOVER,
    TRUE,
)

if TYPE_CHECKING:
    import datetime as dt

    from app.kernel.types import YearMonth

FITTING = {
    TRUE: ("STOP", RECOVER, "CORRECT", "ENROLMENT"),
    FALSE: (KEEP, "CORRECT", "PAY_MORE"),
    PARTLY: (KEEP, "STOP", RECOVER, "CORRECT", "ENROLMENT", "PAY_MORE"),
    NOT_OURS: (REASSIGN,),
}
"""What may be done, by what was found."""


class Answer(NamedTuple):
    """What a school says of one case, as it is kept."""

    finding: str
    action: str
    explanation: str
    checked_by: str
    checked_on: dt.date | None
    proof: str = ""
    back_fen: int | None = None
    back_first: YearMonth | None = None
    back_last: YearMonth | None = None
    voucher_no: str = ""
    repaid_on: dt.date | None = None

    @classmethod
    def of(cls, told: dict[str, Any]) -> Answer:
        """From a form; what is left blank is blank."""
        words = ("explanation", "checked_by", "proof", "voucher_no")
        whole: dict[str, Any] = {k: told.get(k) for k in cls._fields}
        return cls(**whole | {k: told.get(k) or "" for k in words})


ANSWERS = Answer._fields
NOTHING = {k: "" if k in ("explanation", "checked_by", "proof", "voucher_no") else None
           for k in ANSWERS}  # fmt: skip
"""A case that nobody has answered."""
MONEY = ("back_fen", "back_first", "back_last", "voucher_no", "repaid_on")


def check(answer: Answer, today: dt.date) -> None:
    """Refused, in a sentence that says what is missing, unless the answer is whole."""
    if not (answer.finding and answer.action):
        raise Refused(_("请选择核查结论和处理方式"))
    if answer.action not in FITTING[answer.finding]:
        raise Refused(_(
            "结论为“%(finding)s”的，处理方式只能是：%(actions)s", finding=FINDINGS[answer.finding],
            actions=listed([str(ACTIONS[a]) for a in FITTING[answer.finding]]),
        ))  # fmt: skip
    if not answer.explanation.strip():
        raise Refused(_("请写明核查说明：怎样核实的，为什么这样处理"))
    if not answer.checked_by.strip() or answer.checked_on is None:
        raise Refused(_("请填写核查人和核查日期"))
    if answer.checked_on > today:
        raise Refused(_("核查日期不能晚于今天"))
    if answer.action == KEEP and not answer.proof.strip():
        raise Refused(_("保留资助须写明佐证材料（名称、文号或存放处）"))
    _check_money(answer, today)


def _check_money(answer: Answer, today: dt.date) -> None:
    """The sum, its months and its voucher go together, and with taking money back only."""
    if answer.action != RECOVER:
        if any(getattr(answer, name) for name in MONEY):
            raise Refused(_("只有处理方式为“追缴退回”的，才填写追缴金额、期间和缴款凭证"))
        return
    if not answer.back_fen:
        raise Refused(_("追缴退回须填写追缴金额"))
    if answer.back_first is None or answer.back_last is None:
        raise Refused(_("追缴退回须填写追缴的起止月份"))
    if answer.back_first > answer.back_last:
        raise Refused(_("起始月份晚于截止月份"))
    if bool(answer.voucher_no.strip()) != (answer.repaid_on is not None):
        raise Refused(_("缴款凭证号和缴款日期须一起填写；款项还没有收回的，两项都不填"))
    if answer.repaid_on is not None and answer.repaid_on > today:
        raise Refused(_("缴款日期不能晚于今天"))
