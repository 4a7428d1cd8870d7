"""`flask payments …`: runs, packages and results from the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app.accounts.commands import acting_as, acts, report
from app.accounts.looking import numbered
from app.accounts.models import AUDITOR, SCHOOL, SCHOOLS, STAFF, Org
from app.kernel.db import db, writing
from app.kernel.errors import Refused
from app.kernel.files import scratch
from app.kernel.i18n import _, joined
from app.kernel.types import Month
from app.payments import (
    conserving,
    exporting,
    hands,
    layouts,
    opening,
    packing,
    posting,
    queries,
    telling,
)
from app.payments.banks.layout import MESSAGES
from app.payments.fund_commands import funds as funds  # noqa: PLC0414  (found here)
from app.payments.models import PayRun
from app.payments.recovery_commands import recoveries as recoveries  # noqa: PLC0414
from app.payments.sums import Chosen
from app.payments.workflow import RUNS
from app.registry import service as registry

if TYPE_CHECKING:
    from app.kernel.actor import Actor
    from app.kernel.workflow import Outcome
    from app.payments.conserving import Equation


@click.group("payments")
def payments() -> None:
    """发放：支付批次、银行文件、回盘、重发。"""


@payments.command("open")
@click.option("--month", required=True, help="名单月份，YYYY-MM")
@click.option("--bureau", required=True, help="主管部门代码")
@click.option("--programme", default="GRANT", show_default=True, help="资助项目代码")
@acts
def open_(actor: Actor, month: str, bureau: str, programme: str) -> dict[str, Any]:
    """把已确认而未支付的名单开立成一个支付批次。"""
    opened = opening.open_run(Month.clean(month), bureau, actor, programme)
    return {"run": opened.run.id, "accepted": opened.accepted,
            "rejected": opened.refused + opened.held + opened.away, "held": opened.held,
            "away": opened.away,
            "fen": opened.run.total_fen}  # fmt: skip


@payments.command("again")
@click.argument("run", type=int)
@acts
def again(actor: Actor, run: int) -> dict[str, Any]:
    """把一个批次里失败和退汇的笔数开立成重发批次。"""
    opened = opening.open_again(run_of(run), actor)
    return {"run": opened.run.id, "accepted": opened.accepted,
            "rejected": opened.held + opened.away, "fen": opened.run.total_fen}  # fmt: skip


@payments.command("export")
@click.argument("run", type=int)
@click.option("--profile", required=True, help="银行格式名称")
@click.option("--decision", default="", help="到位资金不足仍导出的理由")
@acts
def export(actor: Actor, run: int, profile: str, decision: str) -> dict[str, Any]:
    """生成银行文件，等另一人复核；复核之后用 fetch 取出。"""
    row = run_of(run)
    bank = layouts.chosen(profile, row.org_path)
    outcome = exporting.export(row, bank, exporting.folder_of(row), actor, decision)
    if outcome.refused:
        raise Refused(joined(outcome.refused.values()))
    written = queries.files_of(run)
    sent, unable = sum(f.row_count for f in written), queries.unable(run)
    renewal = [said] if (said := outcome.renewed.told()) else []
    return {"accepted": sent, "rejected": len(unable), "moved": outcome.moved,
            "files": [f.name for f in written], "fen": sum(f.fen for f in written),
            "sentences": [*renewal, *unable]}  # fmt: skip


@payments.command("fetch")
@click.argument("run", type=int)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="写到哪个目录"
)
@acts
def fetch(actor: Actor, run: int, out: Path) -> dict[str, Any]:
    """把复核过的银行文件复制到指定目录；要复核的人在复核之前就可以取来看。"""
    row, files = run_of(run), queries.files_of(run)
    hands.refuse_to_carry(row, actor)
    with scratch() as folder:
        for file in files:
            with packing.carried(row, file, actor) as made, (folder / file.name).open("wb") as copy:
                shutil.copyfileobj(made, copy)
        out.mkdir(parents=True, exist_ok=True)
        for file in files:
            (out / file.name).touch(0o600)  # whole card numbers are for nobody else to read
            shutil.copyfile(folder / file.name, out / file.name)
    return {"files": [f.name for f in files], "fen": sum(f.fen for f in files)}


@payments.command("layouts")
@with_appcontext
def lay_down_layouts() -> None:
    """随本版本提供的银行格式都在数据库里；已有的不动。每次升级后运行一次。"""
    with writing():
        added = layouts.seed()
        db.session.commit()
    click.echo(_("新增了%(n)s个银行格式", n=added))


@payments.command("take")
@click.argument("step")
@click.argument("run", type=int)
@click.option("--note", default="", help="理由")
@acts
def take(actor: Actor, step: str, run: int, note: str) -> Outcome:
    """对一个支付批次办理一步：check、settle、void。"""
    return RUNS.take(step, PayRun.id == run_of(run).id, actor, note)


@payments.command("results")
@click.argument("run", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--form", type=click.Choice(MESSAGES), help="标准报文；不写则自动识别")
@acts
def results(actor: Actor, run: int, file: Path, form: str | None) -> dict[str, Any]:
    """导入银行回盘；对不上的行搁置并说明，其余登记。"""
    taken = posting.take_results(run_of(run), file, file.name, actor, form or "")
    said = [_("第%(row)s行：%(why)s", row=r.row, why=posting.WHYS[r.why])
            for r in queries.rows_of_file_aside(taken.id)]  # fmt: skip
    return {"accepted": taken.posted + taken.same, "rejected": taken.aside,
            "posted": taken.posted, "same": taken.same, "aside": taken.aside,
            "sentences": said}  # fmt: skip


@payments.command("verify")
@click.option("--month", help="只核对这个月份的名单，YYYY-MM；不写则全部核对")
@click.option("--org", help="只核对这个主管部门或学校的名单（机构代码）")
@click.option("--programme", help="只核对这个资助项目（项目代码）")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@click.option("--as", "username", required=True, help="谁在核对（用户名）；只核对其辖区")
@with_appcontext
def verify(
    month: str | None, org: str | None, programme: str | None, as_json: bool, username: str
) -> None:
    """资金守恒：逐条核对等式；全部成立时退出状态为 0，不成立的列出前 20 处。"""
    try:
        with acting_as(username, "payments verify", reading=True) as actor:
            found = _verified(actor, month, org, programme)
    except Refused as error:
        report({"refused": 1, "sentences": [error.sentence]}, as_json)
        return
    holds = all(e.holds for e in found)
    if as_json:
        told = {"holds": holds, "equations": telling.in_figures(found)}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo("\n".join(telling.in_words(found)))
    if not holds:
        raise click.exceptions.Exit(1)


def _verified(
    actor: Actor, month: str | None, org: str | None, programme: str | None
) -> tuple[Equation, ...]:
    if actor.role not in STAFF | {AUDITOR}:
        raise Refused(_("资金对账由学校、主管部门和审计管理员办理"))
    conserving.at_one_moment()
    paid_from = registry.programme(programme).id if programme else None
    chosen = Chosen(Month.clean(month) if month else None, programme_id=paid_from)
    chosen = _within(chosen, org) if org else chosen
    whole = actor.role not in SCHOOLS and not chosen.school_id
    return conserving.verify(chosen, runs=whole)


def _within(chosen: Chosen, code: str) -> Chosen:
    """Of a bureau's own schools, or of one school; Refused when there is none in the scope."""
    org = db.session.scalar(select(Org).where(Org.code == code))
    if org is None:
        raise Refused(_("管辖范围内没有代码为「%(code)s」的机构", code=code))
    if org.level == SCHOOL:
        return replace(chosen, school_id=org.id)
    return replace(chosen, bureau_id=org.id)


def run_of(pk: int) -> PayRun:
    """The run, when it lies in the actor's scope."""
    found: PayRun = numbered(PayRun, pk, _("没有编号为%(run)s的支付批次", run=pk))
    return found
