"""What a bureau fills in to open, export and post."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.kernel.i18n import _l


class OpenForm(FlaskForm):
    """Which month's confirmed lists are to be paid."""

    month = SelectField(_l("名单月份"), validators=[DataRequired()], validate_choice=False)


class ExportForm(FlaskForm):
    """Which bank's layout the package is written in."""

    profile = SelectField(_l("银行格式"))


class ResultForm(FlaskForm):
    """The file the bank gave back."""

    file = FileField(_l("回盘文件"))


class ReceiptForm(FlaskForm):
    """The paper that says that money is back, and since when."""

    voucher_no = StringField(
        _l("缴款凭证号"), validators=[DataRequired(message=_l("请填写缴款凭证号")), Length(max=40)]
    )
    repaid_on = DateField(_l("收回日期"), validators=[DataRequired(message=_l("请填写收回日期"))])
