"""`flask world`: an invented Fujian to try the platform in."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.world import samples, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.world.service import Loaded

SIZES = {
    "small": (service.load_small, service.SMALL_MONTHS),
    "province": (service.load_province, service.PROVINCE_MONTHS),
}
SHOWN = 100
"""How many accounts the table names."""
OUT = click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
                   help="写到哪个目录")  # fmt: skip


@click.group("world")
def world() -> None:
    """试用数据：一个虚构的小福建，或整个省。"""


@world.command("load")
@click.option("--size", type=click.Choice(list(SIZES)), default="small", show_default=True)
@click.option("--seed", type=int, default=service.SEED, show_default=True, help="同号同数据")
@click.option("--months", type=click.IntRange(0, 60), help="含当月在内的发放月数")
@click.option("--password", default="", envvar="AID_TRIAL_PASSWORD", help="试用账号的统一密码")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@with_appcontext
def load(size: str, seed: int, months: int | None, password: str, as_json: bool) -> None:
    """装入试用数据；只装入空数据库，要么全部装入，要么什么都不装。"""
    make, usual = SIZES[size]
    with _told():
        loaded = make(seed, password, usual if months is None else months)
    click.echo(_as_json(loaded) if as_json else _as_table(loaded))


@world.command("samples")
@click.option("--school", default=samples.DEFAULT_SCHOOL, show_default=True, help="学校标识码")
@OUT
@with_appcontext
def samples_(school: str, out: Path) -> None:
    """生成可上传的样例名单：一份合格，一份含各种常见错误。"""
    with _told():
        made = samples.make_samples(school, out)
    for path in made.files:
        click.echo(path)
    click.echo(_("含错的一份共%(n)s行，其中应退回%(bad)s行、应提问%(odd)s行", n=made.rows,
                 bad=made.to_refuse, odd=made.to_ask_about))  # fmt: skip


@world.command("bank-answer")
@click.argument("run", type=int)
@OUT
@with_appcontext
def bank_answer(run: int, out: Path) -> None:
    """生成一个支付批次的模拟银行回盘：多数到账，少数失败，个别待查明。"""
    with _told():
        path = samples.answer_run(run, out)
    click.echo(path)


@contextmanager
def _told() -> Iterator[None]:
    """A refusal is a sentence on standard error and status 1."""
    try:
        yield
    except Refused as refused:
        click.echo(refused.sentence, err=True)
        raise click.exceptions.Exit(1) from None


def _as_json(loaded: Loaded) -> str:
    accounts = [{"username": a.username, "name": a.name, "org": a.org_name, "duty": a.duty}
                for a in loaded.accounts]  # fmt: skip
    told = {"password": loaded.password, "accounts": accounts} | loaded.figures
    return json.dumps(told, ensure_ascii=False)


def _as_table(loaded: Loaded) -> str:
    """The accounts, one a line, and their password; of thousands, only the first."""
    shown = loaded.accounts[:SHOWN]
    lines = [f"{a.username:<24}{a.name}\t{a.duty_name}\t{a.org_name}" for a in shown]
    if len(shown) < len(loaded.accounts):
        lines.append(_("……共%(n)s个账号，--json 列出全部", n=len(loaded.accounts)))
    lines.append(_("机构%(orgs)s个，学生%(students)s人", **loaded.figures))
    lines.append(_("以上账号的密码：%(password)s", password=loaded.password))
    return "\n".join(lines)
