"""Pages made from the code are as the code is now; the glossary knows every word of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.accounts.models import DUTIES, LEVELS, ROLES
from app.kernel import pages_of_code
from app.kernel.grid import Grid
from app.kernel.grid.declare import msgid
from app.kernel.grid.declared import category_of
from app.kernel.workflow import Workflow

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def of_the_house(staff):
    """Inside the staff face, where every room is known; only what rooms declare."""
    with staff.app_context():
        yield [w for w in Workflow.all if w.model.__module__.startswith("app.")]


def test_pages_made_from_the_code_are_fresh(of_the_house):
    for name, text in pages_of_code.all_pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


def test_every_life_cycle_stands_in_the_diagrams(of_the_house):
    text = (DOCS / "workflows.md").read_text(encoding="utf-8")
    assert len(of_the_house) >= 6
    assert all(f"（`{w.model.__tablename__}`）" in text for w in of_the_house)


def test_the_glossary_knows_every_state_step_role_and_menu_entry(of_the_house):
    known = glossary()
    words = {msgid(w) for group in (ROLES, DUTIES, LEVELS) for w in group.values()}
    for flow in of_the_house:
        words |= {msgid(label) for label in flow.states.values()}
        words |= {msgid(step.label) for step in flow.steps.values()}
    for grid in Grid.all:
        if grid.menu and grid.__module__.startswith("app."):
            words |= {msgid(grid.menu[1]), msgid(category_of(grid).label)}
    assert len(words) > 60
    assert sorted(words - set(known)) == []


def test_every_entry_of_the_glossary_says_what_it_means():
    assert [word for word, rest in glossary().items() if not all(rest)] == []


def test_links_between_the_pages_lead_somewhere():
    root = DOCS.parent
    for page in [root / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def glossary() -> dict[str, list[str]]:
    """中文 -> name in code, meaning, source."""
    rows = re.findall(
        r"^\| (.+) \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    cells = [[c.strip() for c in row.split(" | ")] for row in rows]
    return {c[0]: c[1:4] for c in cells if c[0] not in {"中文", "---"}}


def test_the_guide_to_a_new_table_shows_the_code_that_is_tested():
    guide = (DOCS / "adding-a-room.md").read_text(encoding="utf-8")
    for name in ("workflow", "views"):
        code = (
            (DOCS.parent / f"tests/kernel/low_code/{name}.py").read_text(encoding="utf-8").strip()
        )
        assert code in guide, f"{name}.py has changed: put it into docs/adding-a-room.md"


def test_every_setting_that_is_read_is_explained():
    """Each environment variable of the source stands in the table of docs/operating.md."""
    told = (DOCS / "operating.md").read_text(encoding="utf-8")
    source = [
        *(DOCS.parent / "app").rglob("*.py"),
        DOCS.parent / "run.py",
        DOCS.parent / "config.py",
    ]
    read = re.compile(r"""(?:environ(?:\.get\(|\[)|env\.get\(|env\[|envvar=)\s*["']([A-Z_]+)""")
    names = {n for path in source for n in read.findall(path.read_text(encoding="utf-8"))}
    assert len(names) > 15
    assert sorted(n for n in names if f"`{n}`" not in told) == []


def test_every_decision_is_in_the_index():
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = sorted(p.name for p in (DOCS / "decisions").glob("0*.md"))
    assert pages
    assert [p for p in pages if f"({p})" not in index] == []
