"""What a bureau fills in to open, export and post."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.kernel.i18n import _l

RESULT_KINDS = {
    "": _l("自动识别（按批次的银行格式，或标准报文）"), "pain.002": _l("pain.002 支付状态报告"),
    "camt.053": _l("camt.053 对账单"), "camt.054": _l("camt.054 到账通知"),
    "mt940": _l("MT940 对账单"),
}  # fmt: skip
FORMS = RESULT_KINDS | {
    "txt": _l("文本文件"), "fixed": _l("定长文本文件"), "csv": _l("CSV 文件"),
    "xls": _l("Excel 97-2003 表格"), "xlsx": _l("Excel 表格"),
}  # fmt: skip
"""What an answer of the bank was read as."""


HIGHEST = 2**31 - 1
"""No run has a higher number; a database refuses to look for one."""


def run_number(raw: Any) -> int:
    """The number of a run. ValueError for what is none."""
    number = int(raw)
    if not 0 < number <= HIGHEST:
        raise ValueError
    return number


class OpenForm(FlaskForm):
    """Which month's confirmed lists are to be paid."""

    month = SelectField(_l("名单月份"), validators=[DataRequired()], validate_choice=False)


class ExportForm(FlaskForm):
    """Which bank's layout the package is written in."""

    profile = SelectField(_l("银行格式"))


class ResultForm(FlaskForm):
    """The file the bank gave back, and for which run."""

    run = SelectField(
        _l("批次"), coerce=run_number, validate_choice=False,
        validators=[DataRequired(message=_l("请选择批次"))],
    )  # fmt: skip
    file = FileField(_l("回盘文件"))
    kind = SelectField(_l("文件格式"), choices=list(RESULT_KINDS.items()))


class ReceiptForm(FlaskForm):
    """The paper that says that money is back, and since when."""

    voucher_no = StringField(
        _l("缴款凭证号"), validators=[DataRequired(message=_l("请填写缴款凭证号")), Length(max=40)]
    )
    repaid_on = DateField(_l("收回日期"), validators=[DataRequired(message=_l("请填写收回日期"))])
