"""`flask docs`: the pages of docs/ that are read from the code. `flask files seal`: the store."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.kernel import pages_of_code, resealing
from app.kernel.i18n import _

DOCS = Path(__file__).parents[2] / "docs"


@click.command("docs")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS, help="写到哪里"
)
@with_appcontext
def docs(out: Path) -> None:
    """重写由代码生成的文档：流程图和权限表。"""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages_of_code.all_pages().items():
        (out / name).write_text(text, encoding="utf-8")
        click.echo(out / name)


@click.group("files")
def store() -> None:
    """上传、导出和银行文件所在的文件库。"""


@store.command("seal")
@with_appcontext
def seal() -> None:
    """文件库中的明文文件全部加密，旧密钥下的改由当前密钥保护。升级后、更换密钥后各运行一次。"""
    done = resealing.reseal()
    click.echo(_("新加密%(n)s个文件，更换密钥%(m)s个，原已加密%(k)s个",
                 n=done.sealed, m=done.wrapped, k=done.same))  # fmt: skip
    for name in done.damaged:
        click.echo(_("损坏，没有改动：%(name)s", name=name), err=True)
    if done.damaged:
        raise SystemExit(1)
