"""Templates and files of the pages keep what the content security policy and licences ask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.kernel import error_pages

APP = Path(__file__).parents[2] / "app"
STATIC = APP / "static"
TEMPLATES = sorted((APP / "templates").rglob("*.html"))
TEXTS = [t.read_text(encoding="utf-8") for t in TEMPLATES]
SHEETS = sorted((STATIC / "css").glob("*.css"))
FORBIDDEN = {
    "style in a tag": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "a handler in a tag": r"<[a-z][^>]*\son[a-z]+\s*=",
    "a script in the page": r"<script(?![^>]*\bsrc=)",
    "something from outside": r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
    "a javascript address": r"javascript:",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(APP / "templates")))
def test_a_template_holds_nothing_the_policy_forbids(path):
    text = path.read_text(encoding="utf-8")
    found = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)]
    assert not found


def test_the_forbidden_things_would_be_found():
    bad = ['<p style="x">', "<style>", '<a onclick="x()">', "<script>x()</script>",
           '<img src="https://x/y.png">', '<a href="javascript:x()">']  # fmt: skip
    for sample, pattern in zip(bad, FORBIDDEN.values(), strict=True):
        assert re.search(pattern, sample)


def test_every_sign_a_template_names_is_in_the_sprite():
    sprite = next(STATIC.glob("vendor/tabler-icons-*/sprite.svg")).read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named = {name for text in TEXTS for name in re.findall(r"icon\('([a-z0-9-]+)'", text)}
    assert len(named) > 40
    assert named <= drawn


def test_files_named_by_templates_are_there():
    named = {name for text in TEXTS for name in re.findall(r"asset\('([^'~]+\.\w+)'\)", text)}
    assert named
    assert not [name for name in named if not (STATIC / name).exists()]


def test_a_script_reads_what_went_wrong_where_the_answer_says_it(staff):
    with staff.test_request_context(headers={"Accept": "application/json"}):
        said, _code = error_pages.answer(409, "为什么不行")
    (key,) = said
    texts = [script.read_text(encoding="utf-8") for script in (STATIC / "js").glob("*.js")]
    read = [name for text in texts for name in re.findall(r"said\.(\w+) \|\| answer\.", text)]
    assert len(read) > 1
    assert set(read) == {key}


def test_every_borrowed_folder_carries_its_version_and_licence():
    folders = [f for f in (STATIC / "vendor").iterdir() if f.is_dir()]
    assert folders
    for folder in folders:
        assert re.search(r"-\d+\.\d+\.\d+$", folder.name)
        assert (folder / "LICENSE").stat().st_size > 500


@pytest.mark.parametrize("path", SHEETS, ids=lambda p: p.name)
def test_a_style_sheet_fetches_nothing_from_outside(path):
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text
    assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", text)


@pytest.mark.parametrize("path", SHEETS, ids=lambda p: p.name)
def test_a_style_sheet_closes_what_it_opens(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
