"""A department's roll by the pages: registered, uploaded, verified, decided, seen on the list."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import func, select

from app.kernel import scope
from app.kernel.db import db
from app.registry.models import Difficulty
from app.rolls.models import Roll, RollEntry
from tests import world
from tests.rolls.departments import HEADS, members
from tests.stage import signed_in

ENTRIES = "/rollentrygrid/list/"


@pytest.fixture
def clerk(living):
    return signed_in(living.staff, world.MINHOU_CLERK)


def look(living, statement):
    with living.staff.app_context(), scope.everyone("a test looks"):
        return db.session.execute(statement).all()


def posted(client, url, **said):
    """The form of the page is sent with what it holds already."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(url).text)
    return client.post(url, data=({"csrf_token": token[1]} if token else {}) | said)


def add_roll(living, clerk, title="2026年秋季残疾学生名册", kind="DISABLED", year="2026"):
    ((key,),) = look(living, select(Difficulty.id).where(Difficulty.code == kind))
    return posted(clerk, "/rollgrid/add", title=title, department="disabled", difficulty=str(key),
                  school_year=year, term="autumn")  # fmt: skip


def file_of(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode()), "名册.csv"


def test_a_clerk_registers_a_roll_and_uploads_its_file(living, clerk):
    assert add_roll(living, clerk).status_code == 303
    ((key,),) = look(living, select(Roll.id).where(Roll.title == "2026年秋季残疾学生名册"))
    assert "名册还是空的。下一步" in clerk.get(f"/rollgrid/show/{key}").text
    answer = posted(clerk, "/rollgrid/upload", roll_id=str(key),
                    file=file_of([*members(2), *members(1)]))  # fmt: skip
    assert answer.status_code == 303
    page = clerk.get(answer.location).text
    assert "每一行都有着落：新增 2 + 有改动 0 + 不变 0 + 不合格 1 = 文件的 3 行。" in page
    assert "与学籍比对的结果" in page
    taken = posted(clerk, f"{answer.location}/take", how="good")
    assert taken.status_code == 303
    ((n,),) = look(living, select(func.count()).where(RollEntry.roll_id == key))
    assert n == 2
    assert clerk.get(f"{answer.location}/errors").data[:2] == b"PK"


def test_the_trail_names_the_place_of_a_new_roll_and_no_column(living, clerk):
    add_roll(living, clerk)
    ((key,),) = look(living, select(func.max(Roll.id)))
    page = clerk.get(f"/rollgrid/show/{key}").text
    assert "接收机构：空 → 闽侯县教育局" in page
    assert "bureau_id：" not in page


def test_an_ended_kind_and_a_second_roll_of_the_name_are_refused_in_a_sentence(living, clerk):
    assert "不再是认定类型" in add_roll(living, clerk, kind="REGISTERED_POOR").text
    assert "学年填起始年份" in add_roll(living, clerk, year="12").text
    assert add_roll(living, clerk).status_code == 303
    assert "已经有同样的记录" in add_roll(living, clerk).text


def test_what_waits_leads_to_exactly_those_rows(living):
    for username, words in ((world.QISHAN_CLERK, "待核实的困难学生"),
                            (world.MINHOU_REVIEWER, "待定稿的困难学生"),
                            ("fujian_clerk", "姓名不符的名册人员")):  # fmt: skip
        client = signed_in(living.staff, username)
        page = client.get("/").text
        told = re.search(rf'href="([^"]*rollentrygrid[^"]*)"[^>]*>(?:(?!</a>).)*?{words}'
                         r"(?:(?!</a>).)*?>(\d+)<", page, re.DOTALL)  # fmt: skip
        assert told, username
        assert f"<strong>{told[2]}</strong>" in client.get(told[1].replace("&amp;", "&")).text


@pytest.mark.parametrize("username", ["fujian_reviewer", world.MINHOU_REVIEWER])
def test_every_number_of_the_progress_leads_to_as_many_rows(living, username):
    client = signed_in(living.staff, username)
    page = client.get("/rollentrygrid/progress").text
    cells = re.findall(r'<a href="(/rollentrygrid/list/[^"]+)">([\d,]+)</a>', page)
    assert len(cells) > 5
    for url, n in cells:
        assert f"<strong>{n}</strong>" in client.get(url.replace("&amp;", "&")).text, url


def test_a_school_and_who_pays_have_no_progress_page(living):
    for username in (world.QISHAN_CLERK, world.MINHOU_EXPORTER):
        answer = signed_in(living.staff, username).get("/rollentrygrid/progress")
        assert answer.status_code in (302, 403)
    assert signed_in(living.staff, world.MINHOU_EXPORTER).get(ENTRIES).status_code in (302, 403)


def test_the_schools_draft_names_who_is_missing(living):
    client = signed_in(living.staff, world.QISHAN_CLERK)
    with living.staff.app_context(), scope.everyone("a test looks"):
        from app.publicity.models import AidList
        from app.publicity.unlisted import unlisted

        found = select(AidList).where(AidList.school.has(code=world.QISHAN),
                                      AidList.state == "draft")  # fmt: skip
        draft = db.session.scalars(found).first()
        told = unlisted(draft)
        key = draft.id
    page = client.get(f"/listgrid/show/{key}").text
    assert told.total > 0
    assert "应助未报" in page
    assert all(row.name in page for row in told.rows)
    url = f"/listgrid/show/{key}"
    assert "应助未报" in signed_in(living.staff, world.MINHOU_REVIEWER).get(url).text
    assert "应助未报" not in signed_in(living.staff, world.MINHOU_EXPORTER).get(url).text


def test_a_reviewer_presses_finalise_on_all_that_match(living):
    client = signed_in(living.staff, world.MINHOU_REVIEWER)
    where = f"{ENTRIES}?_flt_0_state=verified"
    ready = select(func.count()).where(RollEntry.state == "verified")
    ((n,),) = look(living, ready)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(where).text)
    answer = client.post("/rollentrygrid/action_post?_flt_0_state=verified", data={
        "csrf_token": token[1] if token else "", "action": "finalise", "all_matching": "1",
        "expected": str(n),
    })  # fmt: skip
    assert answer.status_code in (302, 303)
    assert look(living, ready) == [(0,)]
