"""`flask audit …`, `flask accounts …`; and, for the other rooms, what every command needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.accounts import queries, service, trail
from app.accounts.acting import acting_as, acts, report
from app.accounts.models import AUDITOR, PROVINCE, SECADMIN, SYSADMIN
from app.accounts.service import NewAccount
from app.accounts.workflow import ACTIVE
from app.kernel import clock, scope
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    import datetime as dt

    from app.accounts.models import Post
    from app.kernel.audit import Event

__all__ = ["accounts", "acting_as", "acts", "audit_", "report"]

COLUMNS = ("id", "actor", "role", "ip", "verb", "subject", "subject_id", "old", "new", "outcome",
           "count", "fen", "note", "filter_text", "digest", "bulk")  # fmt: skip


@click.group("audit")
def audit_() -> None:
    """操作日志。"""


@audit_.command("list")
@click.option("--as", "username", required=True, help="谁在查阅，须是审计管理员")
@click.option("--verb", default="", help="只看这种操作，如 login、publish、export")
@click.option("--actor", default="", help="只看这个账号")
@click.option("--outcome", type=click.Choice(["", "ok", "refused"]), default="", help="结果")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="从这一天起")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@with_appcontext
def list_(username: str, since: dt.datetime | None, limit: int, as_json: bool, **like: str) -> None:
    """列出本辖区的操作记录，新的在前。"""
    try:
        with acting_as(username, "audit list") as auditor:
            if auditor.role != AUDITOR:
                raise Refused(_("操作日志只供审计管理员查阅"))
            since = clock.moment_of(since) if since else None
            events = queries.trail({k: v for k, v in like.items() if v}, since, limit)
    except Refused as error:
        report({"refused": 1, "sentences": [error.sentence]}, as_json)
        return
    if as_json:
        told = {"count": len(events), "events": [_as_json(e) for e in events]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo("\n".join(_as_line(e) for e in events))


def _as_json(event: Event) -> dict[str, Any]:
    at = clock.moment_of(event.at).isoformat(timespec="seconds")
    return {"at": at} | {name: getattr(event, name) for name in COLUMNS}


def _as_line(event: Event) -> str:
    cells = [
        f"{clock.moment_of(event.at):%Y-%m-%d %H:%M:%S}", event.actor, event.ip or "-",
        trail.verb(event.verb), trail.subject(event.subject) or "-",
        str(event.subject_id or event.count or "-"), str(trail.OUTCOMES[event.outcome][0]),
        trail.note(event.note),
    ]  # fmt: skip
    return "\t".join(cells).replace("\n", " ")


@click.group("accounts")
def accounts() -> None:
    """机构与账号。"""


@accounts.command("found")
@click.option("--code", default="350000", show_default=True, help="省级主管部门代码")
@click.option("--name", required=True, help="省级主管部门名称")
@click.option("--sysadmin", required=True, help="系统管理员，写作 USERNAME:NAME")
@click.option("--secadmin", required=True, help="安全管理员，写作 USERNAME:NAME")
@click.option("--auditor", required=True, help="审计管理员，写作 USERNAME:NAME")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@with_appcontext
def found(code: str, name: str, as_json: bool, **people: str) -> None:
    """在空数据库里设立省级机构和三个管理员；各人的初始密码只显示这一次。"""
    try:
        with scope.everyone("the first of all: nobody could act yet"), writing():
            made = _found(code, name, people)
            db.session.commit()
    except Refused as error:
        db.session.rollback()
        report({"refused": 1, "sentences": [error.sentence]}, as_json)
        return
    told = {post.username: secret for post, secret in made}
    click.echo(json.dumps(told) if as_json else "\n".join("\t".join(pair) for pair in told.items()))


def _found(code: str, name: str, people: dict[str, str]) -> list[tuple[Post, str]]:
    if queries.anything_founded():
        raise Refused(_("已经有机构了：请由系统管理员在页面上办理"))
    province = service.add_org(code, name, PROVINCE)
    wanted = []
    for duty in (SYSADMIN, SECADMIN, AUDITOR):
        username, _colon, person = people[duty].partition(":")
        wanted.append(NewAccount(username, person or username, province, duty, state=ACTIVE))
    return service.add_accounts(wanted)
