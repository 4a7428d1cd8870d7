"""What is filled in beside a roll's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import DataRequired

from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rolls.models import Roll


class RollForm(FlaskForm):
    """The file, and the roll it belongs to."""

    roll_id = SelectField(_l("名册"), validators=[DataRequired(message=_l("请选择名册"))])
    file = FileField(_l("名册文件"))

    @classmethod
    def over(cls, rolls: Sequence[Roll], chosen: str) -> RollForm:
        form = cls()
        choices: list[Any] = [("", _l("请选择")), *((str(r.id), r.title) for r in rolls)]
        form.roll_id.choices = choices
        if form.roll_id.data is None and any(chosen == key for key, _title in choices):
            form.roll_id.data = chosen
        return form
