"""What is filled in beside a file of suspicious records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import DataRequired

from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.verification.models import Round


class SuspectsForm(FlaskForm):
    """The file, and the round it belongs to."""

    round = SelectField(_l("核查轮次"), validators=[DataRequired(message=_l("请选择核查轮次"))],
                        coerce=str)  # fmt: skip
    file = FileField(_l("异常数据文件"))

    @classmethod
    def over(cls, rounds: Sequence[Round]) -> SuspectsForm:
        form = cls()
        form.round.choices = [(str(r.id), r.title) for r in rounds]
        return form
