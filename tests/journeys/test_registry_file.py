"""A school's registry comes in by the pages: filled in, returned, mended, taken; by whom it may."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import func, select

from app.accounts.models import Org
from app.kernel import jobs, scope, uploads
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.job_models import Job
from app.registry.models import Enrolment, RegistryUpload
from app.registry.sheets import STUDENTS
from tests import world
from tests.engine import student

KEYS = [column.key for column in STUDENTS.columns]
GRADE, CLASS_NAME = KEYS.index("grade") + 1, KEYS.index("class_name") + 1
UPLOAD = "/enrolmentgrid/upload"


def filled(template: bytes, count: int = 4, grade: str = "一年级") -> bytes:
    """The template with new students, the last of them in this grade."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    for n in range(count):
        who = student(n)
        told = {"name": who.name, "id_no": who.id_no, "grade": "一年级", "major": "汽修",
                "class_name": "新1班"}  # fmt: skip
        for key, value in told.items():
            book.active.cell(n + 2, KEYS.index(key) + 1, value)
    book.active.cell(count + 1, GRADE, grade)
    return saved(book)


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(person, file, **said):
    page = person.sends(UPLOAD, file=(file, "学籍.xlsx"), **said)
    assert "/uploads/" in page.address, page.says
    return page.number


def held(fujian, code=world.LANXI):
    """How many new students stand in the school's registry."""
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        mine = select(Org.id).where(Org.code == code).scalar_subquery()
        found = select(func.count()).select_from(Enrolment).where(
            Enrolment.school_id == mine, Enrolment.class_name == "新1班")  # fmt: skip
        return db.session.scalar(found)


@pytest.fixture
def clerk(at_desk):
    return at_desk(world.LANXI_CLERK)


@pytest.fixture
def template(clerk):
    return clerk.downloads("/enrolmentgrid/template")


def test_the_way_to_the_file_is_on_the_page_of_students(clerk):
    assert clerk.opens("/enrolmentgrid/list/").offers(UPLOAD)


def test_a_returned_file_is_taken_once_it_is_mended(fujian, clerk, template):
    first = send(clerk, filled(template, grade="四年级"))
    back = openpyxl.load_workbook(
        io.BytesIO(clerk.downloads(f"/enrolmentgrid/uploads/{first}/errors"))
    )
    marks = [c for row in back.worksheets[1].iter_rows(min_row=2) for c in row if c.comment]
    assert [(c.row, c.column) for c in marks] == [(5, GRADE)]
    marks[0].value = "二年级"
    second = send(clerk, saved(back))
    page = f"/enrolmentgrid/uploads/{second}"
    assert not clerk.opens(page).offers(f"{page}/errors")
    assert held(fujian) == 0
    assert "4" in clerk.presses(f"{page}/take", page).says
    assert held(fujian) == 4


def test_the_good_rows_or_nothing(fujian, clerk, template):
    upload = send(clerk, filled(template, grade="四年级"))
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/take", how="all")
    assert held(fujian) == 0
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/take", how="good")
    assert held(fujian) == 3


def test_a_dropped_file_is_not_taken(fujian, clerk, template):
    upload = send(clerk, filled(template))
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/drop")
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/take")
    assert held(fujian) == 0


def test_a_bureau_says_for_which_of_its_schools(fujian, clerk, at_desk, template):
    bureau = at_desk(world.MINHOU_CLERK)
    unsaid = bureau.sends(UPLOAD, file=(filled(template), "学籍.xlsx"))
    assert unsaid.status == 400
    upload = send(bureau, filled(template), school=world.LANXI)
    bureau.sends(f"/enrolmentgrid/uploads/{upload}/take")
    assert held(fujian) == 4


def test_another_school_named_in_the_form_changes_nothing_for_a_school(fujian, clerk, template):
    upload = send(clerk, filled(template), school=world.QISHAN)
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/take")
    assert (held(fujian), held(fujian, world.QISHAN)) == (4, 0)


def test_a_school_that_is_not_right_below_is_not_offered(clerk, at_desk, template):
    above = at_desk(world.FUJIAN_CLERK)
    sent = above.sends(UPLOAD, file=(filled(template), "学籍.xlsx"), school=world.LANXI)
    assert sent.status == 400


@pytest.mark.parametrize(("username", "status"), [
    (world.LANXI_REVIEWER, 403), (world.MINHOU_APPROVER, 403), (world.QISHAN_CLERK, 404),
    (world.FUJIAN_CLERK, 404),
])  # fmt: skip
def test_nobody_else_sees_or_takes_the_file(fujian, clerk, at_desk, template, username, status):
    upload = send(clerk, filled(template))
    stranger = at_desk(username)
    for rest in ("", "/errors"):
        assert stranger.opens(f"/enrolmentgrid/uploads/{upload}{rest}").status == status
    assert stranger.sends(f"/enrolmentgrid/uploads/{upload}/take").status == status
    assert held(fujian) == 0


def test_a_big_file_is_read_and_taken_in_the_background(fujian, clerk, template, monkeypatch):
    monkeypatch.setattr(uploads, "BIG_FILE", 1)
    monkeypatch.setitem(fujian.staff.config, "JOB_ROWS", 1)
    clerk.sends(UPLOAD, file=(filled(template), "学籍.xlsx"))
    assert jobs_done(fujian) == ["stage_registry"]
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        upload = db.session.scalar(select(func.max(RegistryUpload.id)))
    clerk.sends(f"/enrolmentgrid/uploads/{upload}/take")
    assert jobs_done(fujian) == ["stage_registry", "take_registry"]
    assert held(fujian) == 4


def test_a_big_file_is_marked_in_the_background_and_handed_out_when_it_is(
    fujian, clerk, at_desk, template, monkeypatch
):
    book = openpyxl.load_workbook(io.BytesIO(filled(template)))
    book.active.cell(2, GRADE, "八年级")
    upload = send(clerk, saved(book))
    address = f"/enrolmentgrid/uploads/{upload}/errors"
    at_once = clerk.downloads(address)
    monkeypatch.setattr(uploads, "BIG_FILE", 1)
    assert at_desk(world.QISHAN_CLERK).opens(address).status == 404
    assert jobs_done(fujian) == []
    assert downloads_of(fujian, upload) == 1
    preview = address.removesuffix("/errors")
    assert clerk.opens(preview).source.count(f'href="{address}"') == 1
    watched = clerk.opens(address).address
    assert "/jobgrid/watch/" in watched
    assert clerk.client.get(f"{watched}/status").json["next_url"] == preview
    assert clerk.opens(preview).source.count(f'href="{address}"') == 2  # said on top as well
    assert jobs_done(fujian) == ["mark_registry"]
    assert downloads_of(fujian, upload) == 1
    assert words_of(clerk.downloads(address)) == words_of(at_once)
    assert at_desk(world.QISHAN_CLERK).opens(address).status == 404
    assert jobs_done(fujian) == ["mark_registry"]
    assert downloads_of(fujian, upload) == 2


def test_a_file_that_is_being_marked_is_not_marked_twice(fujian, clerk, template, monkeypatch):
    upload = send(clerk, filled(template))
    address = f"/enrolmentgrid/uploads/{upload}/errors"
    monkeypatch.setattr(uploads, "BIG_FILE", 1)
    monkeypatch.setattr(jobs, "wake", lambda: None)
    first = clerk.opens(address).address
    assert "/jobgrid/watch/" in first
    assert clerk.opens(address).address == first
    assert jobs_done(fujian) == []


def downloads_of(fujian, upload):
    """How often the trail says that somebody took what is wrong with this file."""
    taken = select(func.count()).where(
        Event.verb == "download", Event.outcome == "ok",
        Event.subject == "registry_upload", Event.subject_id == upload,
    )  # fmt: skip
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        return db.session.scalar(taken)


def words_of(workbook):
    sheets = openpyxl.load_workbook(io.BytesIO(workbook))
    return [[[cell.value for cell in row] for row in sheet] for sheet in sheets]


def jobs_done(fujian):
    """The kinds of jobs that are done; in tests they run at once."""
    with fujian.staff.app_context(), scope.everyone("a test looks"):
        done = select(Job.kind).where(Job.state == "done").order_by(Job.id)
        return list(db.session.scalars(done))


def test_what_is_wrong_in_many_cells_is_said_once_with_the_cells(clerk, template):
    book = openpyxl.load_workbook(io.BytesIO(filled(template, 12)))
    for row in range(2, 14):
        book.active.cell(row, GRADE, "八年级")
    page = clerk.sends(UPLOAD, file=(saved(book), "学籍.xlsx"))
    column = openpyxl.utils.get_column_letter(GRADE)
    named = [n for n in range(2, 14) if f'"coordinate">{column}{n}<' in page.source]
    assert named == list(range(2, 10))
    assert page.source.count(">12</td>") == 1


def test_what_is_wrong_is_said_in_the_language_of_whoever_reads_it(clerk, template):
    clerk.opens("/lang/zh_CN")
    book = openpyxl.load_workbook(io.BytesIO(filled(template)))
    book.active.cell(2, GRADE, "八年级")
    book.active.cell(3, 1, "3135019999")
    book.active.cell(1, len(KEYS) + 3, "民族")
    upload = send(clerk, saved(book))
    page, errors = f"/enrolmentgrid/uploads/{upload}", f"/enrolmentgrid/uploads/{upload}/errors"
    chinese = ("只能填写：一年级、二年级、三年级", "不是本校的标识码", "这些列不认识")
    english = ("may only be: Grade 1, Grade 2, Grade 3", "Not this school&#39;s code",
               "These columns are unknown")  # fmt: skip
    said = clerk.opens(page).source
    assert [words in said for words in chinese + english] == [True] * 3 + [False] * 3
    assert chinese[0] in reasons_of(clerk.downloads(errors))
    clerk.opens("/lang/en")
    said = clerk.opens(page).source
    assert [words in said for words in chinese + english] == [False] * 3 + [True] * 3
    told = reasons_of(clerk.downloads(errors))
    assert english[0] in told
    assert chinese[0] not in told


def test_what_an_earlier_file_was_told_still_shows(fujian, clerk, template):
    clerk.opens("/lang/zh_CN")
    upload = send(clerk, filled(template))
    plain = {"row": 5, "coordinate": "E5", "column": "年级", "sentence": "原来的话"}
    doubt = {"row": None, "coordinate": "", "column": "", "sentence": "原来的提醒"}
    with fujian.staff.app_context(), scope.everyone("a test sets"):
        found = db.session.get(RegistryUpload, upload)
        found.problems, found.doubts, found.rejected = [plain] * 200, [doubt], 200
        db.session.commit()
    said = clerk.opens(f"/enrolmentgrid/uploads/{upload}").source
    assert all(words in said for words in ("原来的话", "原来的提醒", "前 200 处", ">200<"))


def test_the_faults_of_a_long_file_are_all_counted(clerk, template):
    clerk.opens("/lang/zh_CN")
    upload = send(clerk, long_file(template, 450))
    page = clerk.opens(f"/enrolmentgrid/uploads/{upload}").source
    assert ">450<" in page
    assert "前 200 处" not in page


def long_file(template, count):
    """Nobody's grade is one that there is."""
    book = openpyxl.load_workbook(io.BytesIO(filled(template, count=count)))
    for n in range(count):
        book.active.cell(n + 2, GRADE, "八年级")
    return saved(book)


def test_a_big_file_is_marked_anew_for_who_reads_another_language(
    fujian, clerk, template, monkeypatch
):
    clerk.opens("/lang/zh_CN")
    upload = send(clerk, filled(template, grade="八年级"))
    address = f"/enrolmentgrid/uploads/{upload}/errors"
    monkeypatch.setattr(uploads, "BIG_FILE", 1)
    clerk.opens(address)
    assert "只能填写" in reasons_of(clerk.downloads(address))
    clerk.opens("/lang/en")
    assert "/jobgrid/watch/" in clerk.opens(address).address
    assert "may only be" in reasons_of(clerk.downloads(address))
    assert jobs_done(fujian) == ["mark_registry", "mark_registry"]


def reasons_of(workbook):
    return str(words_of(workbook))
