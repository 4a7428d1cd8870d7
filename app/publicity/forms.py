"""What a school fills in beside the file."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Regexp

from app.kernel.i18n import _l
from app.publicity.models import KINDS


class UploadForm(FlaskForm):
    """One monthly list: the file, the month, the kind of list."""

    month = StringField(
        _l("名单月份"), render_kw={"type": "month"},
        validators=[DataRequired(), Regexp(r"^\d{4}-\d{2}$", message=_l("请填写年月，如2026-09"))],
    )  # fmt: skip
    first_month = StringField(
        _l("起始月份"), render_kw={"type": "month"},
        description=_l("一次补发多个月时填写；不填即只发名单月份"),
    )  # fmt: skip
    kind = SelectField(_l("名单类型"), choices=list(KINDS.items()), default="REGULAR")
    file = FileField(_l("名单文件"))
