"""One month, from the school's file to the student's card, as people live it.

Each scene is a day and a desk. Everything is done by opening pages, reading them and pressing
what they offer; what somebody may not do is tried, too.
"""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.kernel import clock
from tests import world
from tests.journeys.bank import FILES, NOT_CLEAR, NOT_HIS, answers, posted
from tests.journeys.people import CHINESE, filled_in, mended

MONDAY, TUESDAY, WEDNESDAY = "2026-11-23T10:00", "2026-11-24T09:00", "2026-11-25T09:00"
FIFTH_DAY, SIXTH_DAY = "2026-12-01T23:59", "2026-12-02T09:00"
PAY_DAY, DAY_AFTER, WEEK_AFTER = "2026-12-03T09:00", "2026-12-04T09:00", "2026-12-10T09:00"
IN_TURN = {
    "cleared first": {"zh_CN": "必须处理的问题", "en": "Blocking findings"},
    "too early": {"zh_CN": "未满五个工作日", "en": "five working days"},
    "not clear": {"zh_CN": "没有银行结果或待查明", "en": "no answer from the bank"},
    "unchecked": {"zh_CN": "另一人复核之后才能下载", "en": "only after another person has checked"},
    "not with the school": {"zh_CN": "不在学校手里", "en": "no longer with the school"},
    "on its way": {"zh_CN": "银行处理中", "en": "being handled by the bank"},
    "sent back": {"zh_CN": "银行退回", "en": "Sent back by the bank"},
    "paid": {"zh_CN": "已到账", "en": "Paid"},
    "nothing found": {"zh_CN": "没有查到记录", "en": "Nothing found"},
}  # fmt: skip


class Month:
    """What the scenes hand on to each other."""

    def __init__(self, at_desk, anybody, rows, language, stage, folder):
        self.at_desk, self.anybody, self.rows = at_desk, anybody, rows
        self.language, self.stage, self.folder = language, stage, folder
        self.list = self.run = self.again = 0

    def word(self, meaning):
        return IN_TURN[meaning][self.language]

    @property
    def list_page(self):
        return f"/listgrid/show/{self.list}"

    @property
    def run_page(self):
        return f"/rungrid/show/{self.run}"

    def student(self, n):
        """The answer to this student's question about himself."""
        row = self.rows[n]
        return self.anybody().sends(
            "/query", name=row["name"], id_no=row["id_no"], school=world.LANXI
        )


@pytest.fixture
def month(at_desk, anybody, rows, language, fujian, tmp_path):
    return Month(at_desk, anybody, rows, language, fujian, tmp_path)


def test_from_the_file_to_the_card(month):
    the_clerk_uploads_a_file_with_two_mistakes(month)
    the_reviewer_cannot_submit_what_is_questionable(month)
    the_clerk_mends_the_returned_file(month)
    the_reviewer_submits_and_nobody_else_could(month)
    the_bureau_publishes_and_no_other_bureau_could(month)
    the_public_sees_names_and_no_numbers(month)
    nobody_confirms_too_early(month)
    after_five_working_days_the_notice_is_gone_and_the_list_confirmed(month)
    the_bureau_opens_a_run_and_one_person_makes_the_file(month)
    another_person_checks_it_before_it_leaves(month)
    the_bank_pays_most_and_the_answer_is_posted(month)
    the_students_see_how_far_their_money_is(month)
    what_failed_is_paid_again_in_another_layout(month)
    in_the_end_everybody_has_his_money(month)


def the_clerk_uploads_a_file_with_two_mistakes(month):
    clerk = month.at_desk(world.LANXI_CLERK)
    assert clerk.opens("/").offers("/listgrid/upload")
    rows = [dict(row) for row in month.rows]
    rows[3]["amount_fen"] = 999
    rows[5]["id_no"] = rows[5]["id_no"][:17] + ("0" if rows[5]["id_no"][17] != "0" else "1")
    file = filled_in(clerk.downloads("/listgrid/template"), rows)
    preview = clerk.sends("/listgrid/upload", month="2026-11", kind="REGULAR",
                          file=(file, "十一月名单.xlsx"))  # fmt: skip
    assert "/uploads/" in preview.address
    assert "C7" in preview.words
    taken = clerk.presses(f"/listgrid/uploads/{preview.number}/take", preview.address)
    month.list, month.upload = taken.number, preview.number
    assert str(len(rows) - 1) in taken.says


def the_reviewer_cannot_submit_what_is_questionable(month):
    reviewer = month.at_desk(world.LANXI_REVIEWER)
    why = month.word("cleared first")
    refused = reviewer.tries(f"/listgrid/action/submit/{month.list}", month.list_page, why)
    assert why in refused.says
    assert not reviewer.opens(month.list_page).offers("/listgrid/upload?month=2026-11")


def the_clerk_mends_the_returned_file(month):
    clerk = month.at_desk(world.LANXI_CLERK)
    returned = clerk.downloads(f"/listgrid/uploads/{month.upload}/errors")
    by_name = {row["name"]: row for row in month.rows}
    file = mended(returned, lambda name, key: by_name[name][key])
    file = with_amounts(file, month.rows[0]["amount_fen"])
    preview = clerk.sends("/listgrid/upload", month="2026-11", kind="REGULAR",
                          file=(file, "十一月名单 改好.xlsx"))  # fmt: skip
    taken = clerk.presses(f"/listgrid/uploads/{preview.number}/take", preview.address)
    assert taken.number == month.list
    assert str(len(month.rows)) in taken.says
    refused = clerk.sends(f"/listgrid/uploads/{preview.number}/take")
    assert month.list_page != refused.address  # what was taken is not taken twice


def with_amounts(workbook, amount):
    """Every amount as it should be."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for row in book.worksheets[1].iter_rows(min_row=2):
        if row[1].value:
            row[9].value = amount
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def the_reviewer_submits_and_nobody_else_could(month):
    button = f"/listgrid/action/submit/{month.list}"
    clerk = month.at_desk(world.LANXI_CLERK)
    assert not clerk.opens(month.list_page).offers(button)
    assert clerk.sends(button).status == 403
    stranger = month.at_desk(world.YURONG_REVIEWER)
    assert stranger.opens(month.list_page).status == 404
    assert stranger.sends(button).status == 404
    done = month.at_desk(world.LANXI_REVIEWER).presses(button, month.list_page)
    assert "1" in done.says
    assert not done.offers(button)
    late = clerk.sends("/listgrid/upload", month="2026-11", kind="REGULAR",
                       file=(b"x", "再来一次.xlsx"))  # fmt: skip
    assert month.word("not with the school") in late.words


def the_bureau_publishes_and_no_other_bureau_could(month):
    button = f"/listgrid/action/publish/{month.list}"
    with clock.at(TUESDAY):
        assert month.at_desk("fuqing_approver").sends(button).status == 404
        above = month.at_desk(world.FUZHOU_APPROVER).sends(button)
        assert "0" in above.says  # it lies below 福州, and is 闽侯's to decide
        assert month.at_desk(world.LANXI_REVIEWER).sends(button).status == 403
        assert month.anybody().opens(f"/notices/{month.list}").status == 404
        done = month.at_desk(world.MINHOU_APPROVER).presses(button, month.list_page)
        assert "2026-12-01" in done.words


def the_public_sees_names_and_no_numbers(month):
    with clock.at(WEDNESDAY):
        visitor = month.anybody()
        assert f"/notices/{month.list}" in visitor.opens("/notices").source
        notice = visitor.opens(f"/notices/{month.list}")
        assert notice.status == 200
        for row in month.rows:
            assert row["name"] in notice.words
            assert row["class_name"] in notice.words
            assert row["id_no"][-4:] not in notice.source
            assert row["card_no"][-4:] not in notice.source


def nobody_confirms_too_early(month):
    with clock.at(FIFTH_DAY):
        button = f"/listgrid/action/confirm/{month.list}"
        why = month.word("too early")
        early = month.at_desk(world.MINHOU_APPROVER).tries(button, month.list_page, why)
        assert why in early.says
        assert month.anybody().opens(f"/notices/{month.list}").status == 200


def after_five_working_days_the_notice_is_gone_and_the_list_confirmed(month):
    with clock.at("2026-12-02T00:00"):
        gone = month.anybody().opens(f"/notices/{month.list}")
        assert gone.status == 410
        assert str(len(month.rows)) in gone.words
        assert month.rows[0]["name"] not in gone.source
    with clock.at(SIXTH_DAY):
        button = f"/listgrid/action/confirm/{month.list}"
        month.at_desk(world.MINHOU_APPROVER).presses(button, month.list_page)
        assert not month.at_desk(world.MINHOU_APPROVER).opens(month.list_page).offers(button)


def the_bureau_opens_a_run_and_one_person_makes_the_file(month):
    with clock.at(PAY_DAY):
        clerk = month.at_desk(world.MINHOU_CLERK)
        assert clerk.opens("/rungrid/list/").offers("/rungrid/begin")
        assert "2026-11" in clerk.opens("/rungrid/begin").words
        opened = clerk.sends("/rungrid/begin", month="2026-11")
        assert str(len(month.rows)) in opened.says
        month.run = opened.number
        package = f"/rungrid/{month.run}/package"
        assert not clerk.opens(month.run_page).offers(package)
        assert clerk.sends(package, profile="pipe_gbk").status == 403
        exporter = month.at_desk(world.MINHOU_EXPORTER)
        assert exporter.opens(month.run_page).offers(package)
        exporter.sends(package, profile="pipe_gbk")
        check, whole = f"/rungrid/action/check/{month.run}", f"/rungrid/{month.run}/whole"
        why = month.word("unchecked")
        assert why in exporter.tries(whole, month.run_page, why).words
        assert not exporter.opens(month.run_page).offers(check)
        assert exporter.sends(check).status == 403


def another_person_checks_it_before_it_leaves(month):
    with clock.at(PAY_DAY):
        reviewer = month.at_desk(world.MINHOU_REVIEWER)
        page = reviewer.opens(month.run_page)
        file = page.source.split(f"/rungrid/{month.run}/file/")[1].split('"')[0]
        carried = reviewer.client.post(f"/rungrid/{month.run}/file/{file}").data.decode("gbk")
        assert all(row["card_no"] in carried for row in month.rows)
        reviewer.presses(f"/rungrid/action/check/{month.run}", month.run_page)
        whole = f"/rungrid/{month.run}/whole"
        exporter = month.at_desk(world.MINHOU_EXPORTER)
        assert exporter.opens(month.run_page).offers(whole)
        assert exporter.client.post(whole).mimetype == "application/zip"


def the_bank_pays_most_and_the_answer_is_posted(month):
    failed, unclear = month.rows[0]["name"], month.rows[1]["name"]
    with clock.at(DAY_AFTER):
        told = {failed: NOT_HIS, unclear: NOT_CLEAR}
        said = answers(month.stage.staff, month.run, month.folder, **told)
        poster = month.at_desk(world.MINHOU_POSTER)
        assert poster.opens(month.run_page).offers(FILES)
        file = (said.read_bytes(), said.name)
        done = posted(poster, month.run, file)
        assert str(len(month.rows)) in done.says
        assert posted(poster, month.run, file).status == 200
        why = month.word("not clear")
        early = poster.tries(f"/rungrid/action/settle/{month.run}", month.run_page, why)
        assert why in early.says


def the_students_see_how_far_their_money_is(month):
    with clock.at(DAY_AFTER):
        assert month.word("sent back") in month.student(0).words
        paid = month.student(2).words
        assert month.word("paid") in paid
        assert "2026-11" in paid
        assert "2026-12-04" in paid
        assert month.rows[2]["id_no"] not in paid
        asked = {"name": month.rows[2]["name"], "id_no": month.rows[2]["id_no"]}
        wrong = month.anybody().sends("/query", school=world.YURONG, **asked)
        assert month.word("nothing found") in wrong.words


def what_failed_is_paid_again_in_another_layout(month):
    with clock.at(DAY_AFTER):
        exporter = month.at_desk(world.MINHOU_EXPORTER)
        again = exporter.presses(f"/rungrid/{month.run}/again", month.run_page)
        month.again = again.number
        assert month.again != month.run
        exporter.sends(f"/rungrid/{month.again}/package", profile="icbc_batch_xlsx")
        page = f"/rungrid/show/{month.again}"
        month.at_desk(world.MINHOU_REVIEWER).presses(f"/rungrid/action/check/{month.again}", page)
        assert (
            not month.at_desk(world.MINHOU_EXPORTER)
            .opens(month.run_page)
            .offers(f"/rungrid/{month.run}/again")
        )


def in_the_end_everybody_has_his_money(month):
    with clock.at(WEEK_AFTER):
        poster = month.at_desk(world.MINHOU_POSTER)
        for run in (month.again, month.run):
            said = answers(month.stage.staff, run, month.folder)
            posted(poster, run, (said.read_bytes(), said.name))
            poster.presses(f"/rungrid/action/settle/{run}", f"/rungrid/show/{run}")
        for n in range(3):
            assert month.word("paid") in month.student(n).words
        assert "2026-12-10" in month.student(0).words


def test_nothing_to_pay_is_a_report_too(month):
    clerk = month.at_desk(world.LANXI_CLERK)
    assert clerk.opens("/listgrid/upload").offers("/listgrid/zero")
    assert clerk.sends("/listgrid/zero", month="2026-13").status == 409
    listed = clerk.sends("/listgrid/zero", month="2026-11")
    done = month.at_desk(world.LANXI_REVIEWER).presses(
        f"/listgrid/action/submit/{listed.number}", listed.address
    )
    assert "1" in done.says


def test_an_english_page_tells_in_english(month):
    """What is said after a press holds no Chinese but names."""
    clerk = month.at_desk(world.LANXI_CLERK)
    said = clerk.sends("/listgrid/zero", month="2026-11").says
    assert bool(CHINESE.search(said)) == (month.language == "zh_CN")
