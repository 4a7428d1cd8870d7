"""What people type at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
from flask_appbuilder.forms import DynamicForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from app.accounts import rules
from app.accounts.models import DUTIES, NO_DUTY, Org
from app.accounts.rules import MAX_LENGTH, MIN_LENGTH
from app.kernel.fields import LookupField
from app.kernel.grid import Lookup
from app.kernel.i18n import _l

if TYPE_CHECKING:
    from app.accounts.models import Post

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
        description=_l("%(least)s 到 %(most)s 个字符，大写字母、小写字母、数字、符号至少三类，"
                       "不含用户名，不与最近五次相同", least=MIN_LENGTH, most=MAX_LENGTH),
    )  # fmt: skip
    again = PasswordField(
        _l("再输一次"), [NEEDED, EqualTo("new", message=_l("两次输入的新密码不一样"))],
        widget=BS3PasswordFieldWidget(),
    )  # fmt: skip


class AccountForm(DynamicForm):
    """A new account: who and where. What he may do is another administrator's to say."""

    org_id = LookupField(
        _l("机构"), [NEEDED], endpoint="/accountgrid/lookup/org_id", whole=False,
        lookup=Lookup(Org, "name", "code", where=lambda _actor: Org.active.is_(True)),
    )  # fmt: skip
    username = StringField(
        _l("用户名"), [NEEDED, SHORT], widget=BS3TextFieldWidget(),
        description=_l("2 到 64 位字母、数字或 . - _，不分大小写，以后不能修改"),
    )  # fmt: skip
    name = StringField(
        _l("姓名"), [NEEDED, Length(max=40, message=_l("内容太长"))], widget=BS3TextFieldWidget(),
        description=_l("一个账号只给一个人用"),
    )  # fmt: skip


class DutyForm(DynamicForm):
    duty = SelectField(_l("岗位"), description=_l("岗位改变后，该账号须重新登录"))


def offer_duties(form: DutyForm, post: Post) -> DutyForm:
    """The form offers what there is at the account's organisation."""
    open_ = rules.duties_at(post.org.level)
    form.duty.choices = [
        (NO_DUTY, _l("未授予")),
        *((d, w) for d, w in DUTIES.items() if d in open_),
    ]
    return form
