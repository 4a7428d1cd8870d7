"""Each page in each language, and no half of one in the other."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.kernel.grid import Grid
from app.registry import difficulties
from tests import world
from tests.conventions.reach import Doors, Victims

ROOT = Path(__file__).parents[2]
READERS = [world.QISHAN_CLERK, world.MINHOU_APPROVER, world.MINHOU_EXPORTER, world.SYSADMIN,
           world.SECADMIN, world.AUDITOR]  # fmt: skip
FOREIGN_TO_CHINESE = re.compile(
    r"\b(This field|Not a valid|Invalid|Access is|Record Count|Add Filter|Search|Actions|Page size"
    r"|Order by|No records|Are you sure|You sure|required|must be|Save|Back|Delete|Edit|Show)\b"
)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
DATA = ("td", "option", "dd", "time", "code", "b", "h1", "title")
"""Where rows stand in an English page: names of people and schools, file names, remarks."""


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """The catalogues as they stand in the source."""
    for source in ROOT.glob("translations/*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as file, target.open("wb") as out:
                write_mo(out, read_po(file))


class Words(HTMLParser):
    """What a reader sees, piece by piece, with the tag it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"input", "meta", "link", "img", "br", "hr", "use", "path", "col"}:
            self.open.append(tag)
        given = dict(attrs)
        self.said += [(tag, given[a]) for a in ("placeholder", "aria-label", "alt") if given.get(a)]

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        where = next((t for t in reversed(self.open) if t in {*DATA, "script", "style"}), "")
        if data.strip() and where not in {"script", "style"}:
            self.said.append((where, data.strip()))


def said_in(page: str) -> list[tuple[str, str]]:
    words = Words()
    words.feed(page)
    return words.said


@pytest.fixture
def pages(house, stage, client_of):
    """Every list, row, form and special page this account may open, in this language."""

    def of(username: str, language: str):
        client = client_of(username)
        client.get(f"/lang/{language}")
        with stage.staff.app_context():
            path = world.actor(username).org_path
        doors = Doors(stage.staff, Victims(stage.staff, path))
        urls = ["/", "/my/password/", "/api/v1/", "/listgrid/upload", "/rungrid/begin"]
        for grid in Grid.all:
            if grid.__module__.startswith("app."):
                address = f"/{grid.__name__.lower()}"
                urls += [f"{address}/list/", f"{address}/show/{doors.victims.one(grid.model)}",
                         f"{address}/add"]  # fmt: skip
        for url in urls:
            answer = client.get(url)
            assert answer.status_code < 500, url
            if answer.status_code == 200:
                yield url, answer.text

    return of


@pytest.mark.parametrize("username", READERS)
def test_the_chinese_pages_hold_no_english_sentence(pages, username):
    found, count = {}, 0
    for url, page in pages(username, "zh_CN"):
        count += 1
        text = "\n".join(words for _tag, words in said_in(page) if words != "English")
        if "%(" in text or FOREIGN_TO_CHINESE.search(text):
            found[url] = FOREIGN_TO_CHINESE.findall(text) or "%("
    assert count > 5
    assert found == {}


@pytest.mark.parametrize("username", READERS)
def test_the_english_pages_hold_chinese_only_as_data(pages, house, username):
    found, count, ours = {}, 0, sentences()
    for url, page in pages(username, "en"):
        count += 1
        said = [(tag, w) for tag, w in said_in(page) if CHINESE.search(w)]
        left = [w for tag, w in said if w in ours or (tag not in DATA and not is_data(w))]
        if left or "%(" in page:
            found[url] = sorted(set(left))[:8]
    assert count > 5
    assert found == {}


def sentences() -> set[str]:
    """Our own sentences in Chinese, which no English page may hold."""
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        ours = {m.id[0] if m.pluralizable else m.id for m in read_po(file)}
    return {chinese for chinese in ours if CHINESE.search(chinese)} - KNOWN - {"中文"}


def is_data(words: str) -> bool:
    """Chinese in any language: names, the sign of a language or of a person, laws by title."""
    left = OFFICIAL.sub("", words)
    for name in sorted(KNOWN, key=len, reverse=True):
        left = left.replace(name, "")
    return len(words) == 1 or words == "中文" or not CHINESE.search(left)


OFFICIAL = re.compile(
    r"国务院办公厅\S+通知|教财厅函〔\d+〕\d+号|\S*财\S+〔\d+〕\d+号|缴款书\d+第\d+号|"
    r"\S+节(调休上班)?"
    r"|中职国家助学金|免学费|中职国家奖学金|\S+家庭学生名册"
    r"|\S+学籍查重|\S+异常数据核查|五年专学生，\S+|该生当月已离校，\S+|\S+，核查期间暂停"
)
"""Titles of laws, festivals, programmes, and a remark that the trail took down as it was said."""
KNOWN: set[str] = set()


@pytest.fixture(autouse=True)
def _names(house, stage):
    """Names of people, places and schools, which are never translated."""
    if not KNOWN:
        KNOWN.update(Victims(stage.staff, "/").words(most=10_000))
        KNOWN.update(name for _code, name, *_rest in difficulties.KNOWN)


def test_the_login_page_speaks_both(stage, house):
    client = stage.staff.test_client()
    assert "Sign in" not in client.get("/login/").text
    client.get("/lang/en")
    assert "Sign in" in client.get("/login/").text


@pytest.mark.parametrize("url", ["/", "/notices", "/query"])
def test_the_public_pages_speak_both(house, stage, url):
    client = stage.public.test_client()
    assert not FOREIGN_TO_CHINESE.search(plain(client.get(url).text))
    client.get("/lang/en")
    page = client.get(url).text
    said = [(t, w) for t, w in said_in(page) if CHINESE.search(w)]
    assert [w for t, w in said if w in sentences() or (t not in DATA and not is_data(w))] == []


def plain(page: str) -> str:
    return "\n".join(w for _t, w in said_in(page))
