"""Life cycles and rights as pages to read, made from the declarations themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import force_locale

from app.kernel.actor import CLOCK_ROLE
from app.kernel.grid.declare import msgid
from app.kernel.grid.declared import Declared, rights_of
from app.kernel.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MADE = "<!-- made by `make docs`; do not edit -->"
SAYS = {
    "can_list": "查看列表", "can_show": "查看", "can_add": "新增", "can_edit": "修改",
    "can_delete": "删除", "can_export": "导出",
}  # fmt: skip


def all_pages() -> dict[str, str]:
    """File name -> text, in Chinese whatever language is spoken."""
    with force_locale("zh_CN"):
        return {"workflows.md": workflows(), "permissions.md": permissions()}


def workflows() -> str:
    """Every life cycle: its diagram, and each step with who, when and what is asked for."""
    parts = ["# 流程", MADE]
    for flow in in_order(Workflow.all, lambda w: w.model):
        table = flow.model.__tablename__
        parts += [f"## {title_of(flow.model)}（`{table}`）", f"```mermaid\n{flow.mermaid()}\n```",
                  _table(["步骤", "代码", "从", "到", "岗位", "条件"], _steps(flow))]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _steps(flow: Workflow) -> Iterator[list[str]]:
    for step in flow.steps.values():
        terms = [str(g.otherwise) for g in step.guards]
        if step.unlike:
            names = "、".join(_verb(flow, name) for name in step.unlike)
            terms.insert(0, f"不得由办理过「{names}」的人办理")
        if step.note:
            terms.insert(0, "须填写理由")
        source = "、".join(str(flow.states[s]) for s in step.source)
        by = "、".join(sorted(map(role_name, step.by)))
        yield [str(step.label), f"`{step.name}`", source, str(flow.states[step.target]), by,
               "；".join(terms)]  # fmt: skip


def _verb(flow: Workflow, name: str) -> str:
    return str(flow.steps[name].label) if name in flow.steps else f"`{name}`"


def permissions() -> str:
    """Roles against grids: a row for each grid and role, with every right in words."""
    parts = ["# 权限", MADE, "没有列出的组合没有任何权限；所有权限都限于本人所在机构及其下级。"]
    for grid in in_order(Declared.all, lambda g: g.model):
        rows = [[role_name(role), "、".join(in_words(grid, rights))]
                for role, rights in sorted(rights_of(grid).items())]  # fmt: skip
        parts += [f"## {title_of(grid.model)}（`{grid.__name__}`）", _table(["岗位", "权限"], rows)]
    return "\n\n".join(parts) + "\n"


def in_words(grid: type[Declared], rights: Iterable[str]) -> list[str]:
    """The rights of one role on a grid: pages first, then buttons in their order."""
    buttons = list(grid.buttons)
    pages = sorted(r for r in rights if r not in buttons)
    known = [SAYS.get(r, f"`{r.removeprefix('can_')}`") for r in pages]
    return known + [str(grid.buttons[b].label) for b in buttons if b in rights]


def role_name(role: str) -> str:
    return f"`{role}`" if role != CLOCK_ROLE else "系统定时任务（`clock`）"


def title_of(model: type[Any]) -> str:
    """What the grid of a table is called, else the table's own name."""
    found = next((g for g in Declared.all if g.model is model), None)
    return msgid(found.title) if found and found.title else str(model.__tablename__)


def in_order(things: Iterable[Any], model_of: Any) -> list[Any]:
    """By table, so that the pages do not change with the order of imports."""
    return sorted(things, key=lambda thing: str(model_of(thing).__tablename__))


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
