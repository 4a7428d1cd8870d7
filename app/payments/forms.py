"""What a bureau fills in to open, export and post."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Regexp

from app.kernel.i18n import _l


class OpenForm(FlaskForm):
    """Which month's confirmed lists are to be paid."""

    month = StringField(
        _l("名单月份"), render_kw={"type": "month"},
        validators=[DataRequired(), Regexp(r"^\d{4}-\d{2}$", message=_l("请填写年月,如2026-09"))],
    )  # fmt: skip


class ExportForm(FlaskForm):
    """Which bank's layout the package is written in."""

    profile = SelectField(_l("银行格式"))


class ResultForm(FlaskForm):
    """The file the bank gave back."""

    file = FileField(_l("回盘文件"))
