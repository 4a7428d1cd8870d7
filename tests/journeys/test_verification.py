"""A round of verification by its pages: opened, uploaded, answered, given away, counted."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from app.accounts.models import Org
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.verification.models import Case, Round
from tests import world
from tests.engine import students
from tests.stage import signed_in
from tests.verification.suspects import HEADS

CASES = "/casegrid/list/"
ANSWER = {"finding": "FALSE", "action": "KEEP", "explanation": "在校就读，已核对在读证明",
          "checked_by": "林老师", "checked_on": "2026-11-23", "proof": "在读证明"}  # fmt: skip


@pytest.fixture
def look(living):
    """What a statement finds, asked for as the system."""

    def ask(statement):
        with living.staff.app_context(), scope.everyone("a test looks"):
            found = db.session.execute(statement).all()
            db.session.rollback()
            return found

    return ask


@pytest.fixture
def case_at(look):
    """`case_at(school, state)`: a case of the province's round that stands so."""

    def find(school, state):
        found = select(Case.id).where(Case.state == state, Case.school.has(code=school))
        return look(found.order_by(Case.id.desc()))[0][0]

    return find


def seen(client, url):
    return int(re.search(r"<strong>([\d,]+)</strong>", client.get(url).text)[1])


@pytest.mark.parametrize("username", ["fujian_clerk", "fuzhou_reviewer", world.MINHOU_CLERK])
def test_every_number_of_the_progress_leads_to_as_many_rows(living, username):
    client = signed_in(living.staff, username)
    page = client.get("/casegrid/progress").text
    cells = re.findall(r'<a href="(/casegrid/list/[^"]+)">([\d,]+)</a>', page)
    assert len(cells) > 5
    for url, n in cells:
        assert seen(client, url.replace("&amp;", "&")) == int(n), url


@pytest.mark.parametrize(("username", "words"), [
    (world.QISHAN_CLERK, "待核实的异常记录"), ("fujian_reviewer", "待审结的核查反馈"),
    (world.MINHOU_REVIEWER, "待审结的核查反馈"), ("fuzhou_clerk", "待重新分派的异常记录"),
])  # fmt: skip
def test_what_waits_leads_to_exactly_those_rows(living, username, words):
    client = signed_in(living.staff, username)
    told = re.search(rf'href="([^"]*casegrid[^"]*)"[^>]*>(?:(?!</a>).)*?{words}'
                     r"(?:(?!</a>).)*?>(\d+)<", client.get("/").text, re.DOTALL)  # fmt: skip
    assert told
    assert seen(client, told[1].replace("&amp;", "&")) == int(told[2])


def test_a_clerk_opens_a_round_and_splits_a_file(living, look):
    client = signed_in(living.staff, world.MINHOU_CLERK)
    ((programme,),) = look(select(Round.programme_id).limit(1))
    answer = client.post("/roundgrid/add", data={
        "title": "冬季查重", "programme": str(programme), "due_on": "2026-12-20"})  # fmt: skip
    assert answer.status_code == 303
    ((pk,),) = look(select(Round.id).where(Round.title == "冬季查重"))
    assert f'<option selected value="{pk}">' in client.get(f"/casegrid/upload?round={pk}").text
    good, far = students(2)
    rows = [(world.QISHAN, "", good.name, good.id_no, "年龄异常", "", "", "", ""),
            (world.LUJIANG, "", far.name, far.id_no, "年龄异常", "", "", "", "")]  # fmt: skip
    staged = client.post("/casegrid/upload", data={"round": str(pk), "file": file_of(rows)})
    assert staged.status_code == 303
    page = client.get(staged.location).text
    assert "每一行都有着落：新增 1 + 有改动 0 + 不变 0 + 不合格 1 = 文件的 2 行。" in page
    assert "管辖范围" in page
    assert client.get(f"{staged.location}/errors").data[:2] == b"PK"
    assert client.post(f"{staged.location}/take", data={"how": "good"}).status_code == 303
    page = client.get(f"/roundgrid/show/{pk}").text
    assert "一条不漏：文件的 2 行 = 异常记录 1 + 改动或不变 0 + 不合格 1。" in page


def file_of(rows):
    out = io.StringIO()
    csv.writer(out).writerows([HEADS, *rows])
    return io.BytesIO(out.getvalue().encode()), "异常数据.csv"


def test_a_school_answers_and_what_was_refused_stays_in_the_form(living, look, case_at):
    pk = case_at(world.QISHAN, "waiting")
    client = signed_in(living.staff, world.QISHAN_CLERK)
    assert "反馈核查结果" in client.get(f"/casegrid/show/{pk}").text
    refused = client.post(f"/casegrid/{pk}/answer", data=ANSWER | {"proof": ""})
    assert refused.status_code == 409
    assert "佐证材料" in refused.text
    assert ANSWER["explanation"] in refused.text
    assert client.post(f"/casegrid/{pk}/answer", data=ANSWER).status_code == 303
    assert look(select(Case.state, Case.finding).where(Case.id == pk)) == [("answered", "FALSE")]
    reviewer = signed_in(living.staff, world.MINHOU_REVIEWER)
    assert reviewer.post(f"/casegrid/action/close_case/{pk}").status_code == 303
    assert look(select(Case.state).where(Case.id == pk)) == [("closed",)]


def test_a_case_that_is_not_the_schools_is_given_to_another(living, look, case_at):
    pk = case_at(world.AOFENG, "stray")
    ((other,),) = look(select(Org.id).where(Org.code == world.QISHAN))
    client = signed_in(living.staff, "fuzhou_clerk")
    assert "分派给另一所学校" in client.get(f"/casegrid/show/{pk}").text
    data = {"school": str(other)}
    assert client.post(f"/casegrid/{pk}/reassign", data=data).status_code == 303
    assert look(select(Case.school_id, Case.state).where(Case.id == pk)) == [(other, "waiting")]


def test_nobody_beside_reads_or_answers_a_case(living, look, case_at):
    pk = case_at(world.QISHAN, "waiting")
    for username in (world.LANXI_CLERK, "siming_reviewer", world.SYSADMIN):
        client = signed_in(living.staff, username)
        assert client.get(f"/casegrid/show/{pk}").status_code in (403, 404, 302)
        assert client.post(f"/casegrid/{pk}/answer", data=ANSWER).status_code in (403, 404, 302)
    assert look(select(Case.state).where(Case.id == pk)) == [("waiting",)]


def test_no_page_lets_anybody_delete_a_case_or_a_round(living, case_at):
    pk = case_at(world.QISHAN, "waiting")
    for username in ("fujian_clerk", "fujian_reviewer", world.MINHOU_CLERK, world.QISHAN_CLERK):
        client = signed_in(living.staff, username)
        for url in (f"/casegrid/delete/{pk}", "/roundgrid/delete/1"):
            assert client.post(url).status_code in (302, 403, 404, 405)
        assert client.get(f"/casegrid/show/{pk}").status_code == 200


def test_a_round_says_by_number_what_it_lacks(living, look):
    ((pk,),) = look(select(Round.id).where(Round.state == "running"))
    client = signed_in(living.staff, "fujian_reviewer")
    page = client.post(f"/roundgrid/action/end_round/{pk}", follow_redirects=True).text
    assert re.search(r"还有13条记录没有审结（待学校核实9；已反馈3；待重新分派1）", page)


def test_a_whole_number_is_told_one_at_a_time_and_leaves_a_trace(living, look, case_at):
    pk = case_at(world.QISHAN, "waiting")
    ((number,),) = look(select(Case.id_no).where(Case.id == pk))
    client = signed_in(living.staff, world.QISHAN_CLERK)
    assert number not in client.get(f"/casegrid/show/{pk}").text
    said = {"reason": "mend", "note": "与身份证核对"}
    answer = client.post(f"/casegrid/reveal/{pk}/id_mask", data=said)
    assert answer.json == {"value": number}
    found = look(select(Event.subject_id).where(Event.verb == "reveal"))
    assert (pk,) in found
