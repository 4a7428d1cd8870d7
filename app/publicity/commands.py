"""`flask lists …`: the monthly list from the command line, by the same rules as on the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from app.accounts.commands import acts
from app.accounts.models import Org
from app.kernel import files, uploads
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.types import Month
from app.publicity import queries, service
from app.publicity.models import AidList
from app.publicity.rules import BY_CODE
from app.publicity.workflow import PUBLICITY

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome


@click.group("lists")
def lists() -> None:
    """月度名单：导入、上报、审核、公示、确认。"""


@lists.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="学校标识码")
@click.option("--month", required=True, help="名单月份，YYYY-MM")
@click.option("--programme", default="GRANT", show_default=True, help="资助项目代码")
@click.option("--kind", default="REGULAR", show_default=True, help="REGULAR、SUPPLEMENT 或 AUTO")
@click.option("--first", help="起始月份，YYYY-MM；一次补发多个月时填写，不写即只发名单月份")
@click.option("--all-or-nothing", is_flag=True, help="有一行不合格就一行也不写")
@acts
def import_(actor: Actor, file: Path, school: str, month: str, programme: str, kind: str,
            first: str | None, all_or_nothing: bool) -> dict[str, Any]:  # fmt: skip
    """把名单文件写入学校当月的草稿；不合格的行逐条说明。"""
    since = Month.clean(first) if first else None
    target = service.draft_for(school, Month.clean(month), programme, actor, kind, since)
    with file.open("rb") as stream, files.received(stream) as path:
        staged = service.stage(path, file.name, target, actor)
    if staged.accepted or all_or_nothing:
        service.take(staged, actor, all_or_nothing)
    return {
        "list": target.id, "accepted": staged.accepted, "rejected": staged.rejected,
        "blocking": service.open_blocks(target), "fen": target.total_fen,
        "sentences": [*uploads.told(staged), *_found(target)],
    }  # fmt: skip


def _found(target: AidList) -> list[str]:
    """What must be put right before the list can be submitted."""
    return [
        _("第%(row)s行 %(name)s：%(what)s。%(advice)s", row=seq, name=name,
          what=BY_CODE[code].label, advice=BY_CODE[code].advice)
        for seq, name, code in queries.open_blocks(target.id)
    ]  # fmt: skip


@lists.command("take")
@click.argument("step")
@click.option("--month", required=True, help="名单月份，YYYY-MM")
@click.option("--school", default="", help="只办这一所学校（标识码）")
@click.option("--programme", default="", help="只办这一个资助项目")
@click.option("--note", default="", help="理由")
@acts
def take(actor: Actor, step: str, month: str, school: str, programme: str, note: str) -> Outcome:
    """对当月名单办理一步：submit、recall、send_back、publish、withdraw、confirm、void。"""
    where = AidList.month == Month.clean(month)
    if school:
        where &= AidList.school_id == _school(school)
    if programme:
        where &= AidList.programme.has(code=programme)
    where &= AidList.state != "void"
    out = PUBLICITY.take(step, where, actor, note, filter_text=f"month={month} school={school}")
    if not out.moved and not out.refused_total:
        raise Refused(_("%(month)s没有您可以办理的名单", month=month))
    return out


def _school(code: str) -> int:
    found = db.session.scalar(select(Org.id).where(Org.code == code))
    if found is None:
        raise Refused(_("您的管辖范围内没有标识码为「%(code)s」的学校", code=code))
    return found


@lists.command("zero")
@click.option("--school", required=True, help="学校标识码")
@click.option("--month", required=True, help="名单月份，YYYY-MM")
@click.option("--programme", default="GRANT", show_default=True, help="资助项目代码")
@acts
def zero(actor: Actor, school: str, month: str, programme: str) -> dict[str, Any]:
    """零报告：本月没有受助学生。"""
    target = service.draft_for(school, Month.clean(month), programme, actor)
    service.report_nobody(target, actor)
    return {"list": target.id, "accepted": 0, "rejected": 0}
