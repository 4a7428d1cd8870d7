"""The trail in words people use. Steps bring their own; what is no step is named here or by the
room that writes it (`VERBS["merge"] = _l("合并")`)."""

from __future__ import annotations

from functools import cache
from typing import Any

from app.accounts.models import DUTIES, ROLES
from app.kernel import audit
from app.kernel.grid import Grid
from app.kernel.i18n import _l
from app.kernel.widgets import badge
from app.kernel.workflow import Workflow

VERBS: dict[str, Any] = {
    "import_registry": _l("导入学籍"), "take_roll": _l("导入名册"),
    "change_states": _l("学籍状态变动"), "change_names": _l("学籍姓名变动"),
    "enrol_twice": _l("登记他校在读的学生"),
    "login": _l("登录"), "lock": _l("锁定账号"), "logout": _l("退出"), "refused": _l("被拒绝"),
    "create": _l("新建"), "grant": _l("授予岗位"), "change_password": _l("修改密码"),
    "reset_password": _l("重置密码"), "add": _l("新增"), "edit": _l("修改"),
    "delete": _l("删除"), "export": _l("导出"), "reveal": _l("查看全文"), "upload": _l("上传"),
    "download": _l("下载"), "cancel_job": _l("取消任务"), "drop_upload": _l("撤销上传"),
    "renew_cards": _l("按在用的卡更新批次"),
    "change_card": _l("随名单换卡"),
    "overdraw": _l("资金不足仍发放"),
    "open": _l("开立支付批次"), "results": _l("导入银行回盘"), "zero_report": _l("零报告"),
    "recheck": _l("重新核对"), "lookup": _l("个人查询"), "lookup_limited": _l("个人查询过于频繁"),
}  # fmt: skip
SUBJECTS: dict[str, Any] = {
    "upload": _l("上传的文件"),
    "registry_upload": _l("上传的学籍"),
    "roll_upload": _l("上传的名册"),
    "pay_file": _l("银行文件"),
}
NOTES: dict[str, Any] = {
    "wrong_password": _l("密码错误"), "unknown_account": _l("没有这个账号"),
    "locked": _l("账号正在锁定中"), "not_active": _l("账号未启用"),
}  # fmt: skip
OUTCOMES = {audit.OK: (_l("成功"), "good"), audit.REFUSED: (_l("未办成"), "bad")}


@cache
def _steps() -> dict[str, Any]:
    pressed = {name: made.label for g in Grid.all for name, made in g.buttons.items()}
    return {n: step.label for flow in Workflow.all for n, step in flow.steps.items()} | pressed


@cache
def _states() -> dict[str, Any]:
    named = {code: label for flow in Workflow.all for code, label in flow.states.items()}
    return dict(DUTIES) | named


@cache
def _tables() -> dict[str, Any]:
    return {g.model.__tablename__: g.title for g in reversed(Grid.all)}


def named() -> dict[str, dict[str, Any]]:
    """The columns of the trail that hold codes, each with its words."""
    outcomes = {code: words for code, (words, _tone) in OUTCOMES.items()}
    return {"verb": _steps() | VERBS, "subject": _tables() | SUBJECTS, "role": dict(ROLES),
            "outcome": outcomes}  # fmt: skip


def verb(name: str) -> str:
    return str(VERBS.get(name) or _steps().get(name, name))


@cache
def _pages() -> dict[str, Any]:
    return {g.__name__: g.title for g in Grid.all}


def subject(table: str) -> str:
    """The name of a table, or of the grid a page belongs to (`RunGrid.begin`)."""
    known = SUBJECTS.get(table) or _tables().get(table) or _pages().get(table.partition(".")[0])
    return str(known or table)


def state(code: str) -> str:
    return str(_states().get(code, code))


def role(code: str) -> str:
    return str(ROLES.get(code, code))


def note(text: str) -> str:
    return str(NOTES.get(text, text))


def outcome(code: str) -> Any:
    words, tone = OUTCOMES.get(code, (code, "mute"))
    return badge(words, tone)
