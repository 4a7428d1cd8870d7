"""What is filled in beside a registry file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField
from wtforms.validators import DataRequired

from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.accounts.models import Org


class RegistryForm(FlaskForm):
    """The file, and whose students it tells."""

    school: Any = HiddenField()
    file = FileField(_l("学籍文件"))

    @classmethod
    def over(cls, schools: Sequence[Org]) -> RegistryForm:
        """Of one school only the file is asked for."""
        form = cls() if len(schools) == 1 else ChoosingForm()
        if len(schools) == 1:
            form.school.data = schools[0].code
        else:
            form.school.choices = [("", _l("请选择")), *((s.code, s.name) for s in schools)]
        return form


class ChoosingForm(RegistryForm):
    """The same for a bureau, which says for which of its schools."""

    school = SelectField(_l("学校"), validators=[DataRequired(message=_l("请选择学校"))])
