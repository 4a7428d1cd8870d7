"""`flask world`: an invented Fujian to try the platform in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.world import service

if TYPE_CHECKING:
    from app.world.service import Loaded

SIZES = {
    "small": (service.load_small, service.SMALL_MONTHS),
    "province": (service.load_province, service.PROVINCE_MONTHS),
}


@click.group("world")
def world() -> None:
    """试用数据:一个虚构的小福建,或整个省。"""


@world.command("load")
@click.option("--size", type=click.Choice(list(SIZES)), default="small")
@click.option("--seed", type=int, default=service.SEED, show_default=True, help="同号同数据")
@click.option("--months", type=click.IntRange(0, 60), help="含当月在内的发放月数")
@click.option("--password", default="", envvar="AID_TRIAL_PASSWORD", help="试用账号的统一密码")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@with_appcontext
def load(size: str, seed: int, months: int | None, password: str, as_json: bool) -> None:
    """装入试用数据;只装入空数据库,要么全部装入,要么什么都不装。"""
    try:
        make, usual = SIZES[size]
        loaded = make(seed, password, usual if months is None else months)
    except Refused as refused:
        click.echo(refused.sentence, err=True)
        raise click.exceptions.Exit(1) from None
    click.echo(_as_json(loaded) if as_json else _as_table(loaded))


def _as_json(loaded: Loaded) -> str:
    accounts = [{"username": a.username, "name": a.name, "org": a.org_name, "duty": a.duty}
                for a in loaded.accounts]  # fmt: skip
    told = {"password": loaded.password, "accounts": accounts} | loaded.figures
    return json.dumps(told, ensure_ascii=False)


def _as_table(loaded: Loaded) -> str:
    """The accounts, one a line, and their password."""
    lines = [f"{a.username:<24}{a.name}\t{a.duty_name}\t{a.org_name}" for a in loaded.accounts]
    lines += [f"{name}: {count}" for name, count in loaded.figures.items()]
    return "\n".join([*lines, _("以上账号的密码:%(password)s", password=loaded.password)])
