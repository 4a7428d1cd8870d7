"""What a password, a user name and a duty must be: pure, so that a page, a command and a test
ask the same questions."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import string
from typing import TYPE_CHECKING

from app.accounts.models import (
    ADMIN_DUTIES,
    DUTIES,
    EXPORTER,
    LEVELS,
    NO_DUTY,
    POSTER,
    SCHOOL,
    SCHOOL_DUTIES,
)
from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_LENGTH, MAX_LENGTH, MIN_CLASSES, REMEMBERED = 10, 128, 3, 5
PASSWORD_LASTS = dt.timedelta(days=90)
TRIES, LOCKED_FOR = 5, dt.timedelta(minutes=15)
IDLE = dt.timedelta(minutes=30)

PASSWORD, TOTP = "password", "totp"
PROOFS: dict[str, frozenset[str]] = {}
"""Proofs of identity a duty asks for beside the password. The second factor (等保 8.1.4.1 d)
enters here: `dict.fromkeys(ADMIN_DUTIES | {EXPORTER, POSTER}, {TOTP})` and a page that asks."""
NEEDS_TWO = ADMIN_DUTIES | {EXPORTER, POSTER}

_CLASSES = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}")
_CLEAR = "".join(set(string.ascii_letters + string.digits) - set("0O1lIo"))


def password_fault(password: str, username: str) -> str:
    """Why this account may not have this password; empty when it may."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return _("密码须有 %(least)s 到 %(most)s 个字符", least=MIN_LENGTH, most=MAX_LENGTH)
    if sum(any(map(test, password)) for test in _CLASSES) < MIN_CLASSES:
        return _("密码须包含大写字母、小写字母、数字、符号中的至少三类")
    if username and username.casefold() in password.casefold():
        return _("密码中不能包含用户名")
    if len(set(password)) < MIN_LENGTH // 2:
        return _("密码中重复的字符太多")
    return ""


def check_password(password: str, username: str, used: Callable[[str], bool]) -> None:
    """Raises Refused unless the password may be chosen; `used` knows the earlier ones."""
    if fault := password_fault(password, username):
        raise Refused(fault)
    if used(password):
        raise Refused(_("不能使用最近 %(n)s 次用过的密码", n=REMEMBERED))


def random_password() -> str:
    """16 easily read characters that fulfil the rule; shown once, changed at first login."""
    while True:
        word = "".join(secrets.choice(_CLEAR) for _n in range(14)) + "-" + secrets.choice(_CLEAR)
        if not password_fault(word, ""):
            return word


def password_is_due(changed: dt.datetime | None, now: dt.datetime) -> bool:
    return changed is None or now - changed > PASSWORD_LASTS


def clean_username(raw: str) -> str:
    """Letters, digits, dot, dash, underscore; lower case, so that two look-alikes are one."""
    name = raw.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise Refused(_("用户名须为 2 到 64 位字母、数字或 . - _，以字母或数字开头"))
    return name


def duties_at(level: str) -> frozenset[str]:
    """The duties there are at an organisation of this level."""
    return SCHOOL_DUTIES if level == SCHOOL else frozenset(DUTIES)


def check_place(level: str, above: str) -> None:
    """Bureaus hang below higher bureaus; a school below any bureau, 省属 and 市属 included."""
    order = list(LEVELS)
    if above not in order[:-1] or order.index(level) <= order.index(above):
        raise Refused(_("上级须是比它高一层以上的主管部门"))


def check_duty(level: str, duty: str) -> None:
    if duty != NO_DUTY and duty not in duties_at(level):
        raise Refused(_("该机构没有这个岗位：学校只设经办和复核"))


def proofs_for(duty: str) -> frozenset[str]:
    """Everything somebody of this duty must have proved before a page opens."""
    return frozenset({PASSWORD}) | PROOFS.get(duty, frozenset())
