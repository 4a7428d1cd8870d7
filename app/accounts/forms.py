"""What people type at the door."""

from __future__ import annotations

from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.forms import DynamicForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from app.accounts.rules import MAX_LENGTH, MIN_LENGTH
from app.kernel.i18n import _l

NEEDED = InputRequired(_l("此项必填"))
SHORT = Length(max=128, message=_l("内容太长"))


class LoginForm(DynamicForm):
    username = StringField(_l("用户名"), [NEEDED, SHORT])
    password = PasswordField(_l("密码"), [NEEDED, SHORT])


class PasswordForm(DynamicForm):
    """The old one, and the new one twice. The rule itself is asked for by the service."""

    old = PasswordField(_l("原密码"), [NEEDED, SHORT], widget=BS3PasswordFieldWidget())
    new = PasswordField(
        _l("新密码"), [NEEDED, SHORT], widget=BS3PasswordFieldWidget(),
        description=_l("%(least)s 到 %(most)s 个字符,大写字母、小写字母、数字、符号至少三类,"
                       "不含用户名,不与最近五次相同", least=MIN_LENGTH, most=MAX_LENGTH),
    )  # fmt: skip
    again = PasswordField(
        _l("再输一次"), [NEEDED, EqualTo("new", message=_l("两次输入的新密码不一样"))],
        widget=BS3PasswordFieldWidget(),
    )  # fmt: skip
