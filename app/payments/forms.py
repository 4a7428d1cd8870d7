"""What a bureau fills in to open, export and post."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import DataRequired

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
