"""`flask registry …`: the student registry from the command line, by the rules of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.accounts.commands import acts
from app.kernel import files, uploads
from app.kernel.scope import everyone
from app.registry import intake
from app.registry.card_commands import cards as cards  # noqa: PLC0414  (found here)
from app.registry.doubting import count_doubts
from app.registry.merging import count_changes

if TYPE_CHECKING:
    from app.kernel.actor import Actor


@click.group("registry")
def registry() -> None:
    """学籍:导入学籍名册。"""


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="学校标识码")
@click.option("--all-or-nothing", is_flag=True, help="有一行不合格就一行也不写")
@acts
def import_(actor: Actor, file: Path, school: str, all_or_nothing: bool) -> dict[str, Any]:
    """把学籍名册写入学校的学籍；不合格的行逐条说明，文件中没有的学生保持不变。"""
    where = intake.school_for(school, actor)
    with file.open("rb") as stream, files.received(stream) as path:
        staged = intake.stage(path, file.name, where, actor)
    with everyone("学校已核对"):
        absent, doubts = count_changes(staged).absent, count_doubts(staged)
    if staged.accepted or all_or_nothing:
        intake.take(staged, actor, all_or_nothing)
    return {
        "upload": staged.id, "rows": staged.row_count, "accepted": staged.accepted,
        "rejected": staged.rejected, "new": staged.added, "changed": staged.changed,
        "same": staged.unchanged, "absent": absent, "doubts": doubts,
        "sentences": uploads.told(staged),
    }  # fmt: skip
