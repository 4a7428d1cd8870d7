"""The life of an account. Made by one administrator, put in force by another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, or_

from app.accounts.models import (
    DUTIES,
    NO_DUTY,
    SCHOOL,
    SCHOOL_DUTIES,
    SECADMIN,
    Org,
    Post,
)
from app.kernel.i18n import _l
from app.kernel.workflow import Guard, Step, Workflow

if TYPE_CHECKING:
    from app.kernel.actor import Actor

PENDING, ACTIVE, STOPPED = "pending", "active", "stopped"
STATES = {PENDING: _l("待授权"), ACTIVE: _l("启用"), STOPPED: _l("停用")}


def _not_mine(actor: Actor) -> ColumnElement[bool]:
    return Post.user_id != (actor.id or 0)


def _duty_fits(_actor: Actor) -> ColumnElement[bool]:
    at_school = exists().where(Org.id == Post.org_id, Org.level == SCHOOL)
    known = Post.duty.in_(sorted(DUTIES))
    return and_(known, or_(Post.duty.in_(sorted(SCHOOL_DUTIES)), ~at_school))


def _org_open(_actor: Actor) -> ColumnElement[bool]:
    return exists().where(Org.id == Post.org_id, Org.active.is_(True))


def _ended(_actor: Actor) -> dict[str, Any]:
    return {"epoch": Post.epoch + 1}


def _fresh(_actor: Actor) -> dict[str, Any]:
    return {"epoch": Post.epoch + 1, "failures": 0, "locked_until": None}


NOT_MINE = Guard(_not_mine, _l("不能办理自己的账号"))
HAS_DUTY = Guard(lambda _actor: Post.duty != NO_DUTY, _l("尚未授予岗位，请先授予岗位再启用"))
DUTY_FITS = Guard(_duty_fits, _l("该机构没有这个岗位：学校只设经办和复核"))
ORG_OPEN = Guard(_org_open, _l("该账号所属机构已停用"))

BY = frozenset({SECADMIN})

ACCOUNTS = Workflow(Post, STATES, [
    Step("enable", _l("启用"), (PENDING,), ACTIVE, BY, (NOT_MINE, HAS_DUTY, DUTY_FITS, ORG_OPEN),
         unlike=("create",), stamps=_fresh, icon="user-check"),
    Step("stop", _l("停用"), (PENDING, ACTIVE), STOPPED, BY, (NOT_MINE,), stamps=_ended,
         note=True, icon="user-off", tone="danger"),
    Step("restart", _l("重新启用"), (STOPPED,), ACTIVE, BY,
         (NOT_MINE, HAS_DUTY, DUTY_FITS, ORG_OPEN), stamps=_fresh, note=True, icon="user-check"),
])  # fmt: skip
