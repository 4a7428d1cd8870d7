"""What the house holds to, read from the source itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
FILES = [*sorted(APP.rglob("*.py")), ROOT / "run.py", ROOT / "config.py"]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
HOMELESS = {"utils", "helpers", "common", "base", "manager"}
STOCK = {"ModelView", "SQLAInterface", "ModelRestApi", "RestCRUDView", "MasterDetailView"}
MADE_SAFE = {"kernel/grid/declared.py", "kernel/interface.py"}
"""The two places where the framework's own classes are derived from, to be made safe."""
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
OWN_STATIC = [p for p in (APP / "static").rglob("*") if p.is_file() and "vendor" not in p.parts]
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def name_of(path: Path) -> str:
    return str(path.relative_to(APP)) if path.is_relative_to(APP) else path.name


def nodes(kind):
    return [(name_of(p), n) for p, tree in TREES.items() for n in ast.walk(tree)
            if isinstance(n, kind)]  # fmt: skip


NO_LIFE_CYCLE = {"upload.state"}
"""An uploaded file has one fate, taken or dropped, settled by the use-case that does it: there
is nothing to be granted to roles, so there is no workflow to pass by."""


def state_set_in(tree: ast.AST) -> list[str]:
    """Every `something.state` that something is assigned to."""
    return [
        ast.unparse(n) for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and n.attr == "state" and isinstance(n.ctx, ast.Store)
        and ast.unparse(n) not in NO_LIFE_CYCLE
    ]  # fmt: skip


def test_the_source_is_all_read():
    assert len(FILES) > 100


def test_a_state_changes_only_through_a_step():
    found = {name_of(p): set_ for p, tree in TREES.items() if (set_ := state_set_in(tree))}
    assert found == {}


def test_a_set_state_would_be_found():
    assert state_set_in(ast.parse("row.state = 'x'\n(a.state, b) = 1, 2")) == [
        "row.state",
        "a.state",
    ]
    assert state_set_in(ast.parse("Row(state='x')\nif row.state == 'x': pass")) == []


def test_nobody_derives_from_the_frameworks_bare_classes():
    bases = [(where, b) for where, n in nodes(ast.ClassDef) for b in map(ast.unparse, n.bases)]
    bare = {where for where, base in bases if base.rpartition(".")[2] in STOCK}
    assert bare == MADE_SAFE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_a_page(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_a_function_is_a_paragraph():
    long = [f"{where}:{n.name}" for where, n in nodes((ast.FunctionDef, ast.AsyncFunctionDef))
            if n.end_lineno - n.lineno + 1 > LONGEST_FUNCTION]  # fmt: skip
    assert long == []


def test_every_module_has_a_home():
    names = {p.stem for p in FILES} | {p.parent.name for p in FILES}
    assert not names & HOMELESS


def test_our_own_files_ask_nobody_outside():
    own = [*OWN_STATIC, *(APP / "templates").rglob("*.html")]
    texts = {p: p.read_text(encoding="utf-8") for p in own
             if p.suffix in {".html", ".css", ".js", ".svg"}}  # fmt: skip
    assert len(texts) > 60
    outside = {str(p): found for p, text in texts.items()
               if (found := set(re.findall(r"https?://[\w./-]+", text)) - NAMESPACES)}  # fmt: skip
    assert outside == {}
