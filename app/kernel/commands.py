"""`flask docs`: the pages of docs/ that are read from the code."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.kernel import pages_of_code

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
