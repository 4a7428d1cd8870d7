"""One month through a real Chromium, on a server started for it: both languages, desk and phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tests.browser.desks import DESKTOP, PASSWORD, PHONE, Desk, House, chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
MONDAY, AFTER_FIVE_WORKDAYS = "2026-11-23T10:00", "2026-12-01T00:02"
QISHAN, CLERK, REVIEWER = "3635000003", "s3635000003_clerk", "s3635000003_reviewer"
ZH, EN = "zh_CN", "en"


@pytest.fixture
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def house(empty_database: Callable[[str], str], tmp_path: Path) -> House:
    """The small Fujian on its first day, with its doors still closed."""
    made = House(empty_database("browser"), tmp_path)
    made.command(MONDAY, "db", "upgrade")
    made.command(MONDAY, "world", "load", "--size", "small", "--months", "0",
                 "--password", PASSWORD)  # fmt: skip
    made.command(MONDAY, "world", "samples", "--school", QISHAN, "--out", str(tmp_path))
    return made


@pytest.fixture
def desk(browser: Browser, house: House) -> Iterator[Callable[..., Desk]]:
    """`desk(username, language, size)`; in the end no browser may have complained."""
    complaints: list[str] = []

    def sit(username: str, language: str = ZH, size: tuple[int, int] = DESKTOP) -> Desk:
        made = Desk(browser, house, language, size, complaints)
        return made.signs_in(username) if username else made.visits()

    yield sit
    assert complaints == []


def test_a_month_from_the_file_to_the_students_phone(house: House, desk: Any, tmp_path: Path):
    clean, dirty = sorted(tmp_path.glob("*.xlsx"))
    students = openpyxl.load_workbook(clean).active
    name, number = students["B2"].value, students["C2"].value
    with house.opened(MONDAY):
        listed = the_school_sends_its_list(desk, clean, dirty, tmp_path)
        the_bureau_publishes_it(desk, listed, name, number)
    with house.opened(AFTER_FIVE_WORKDAYS):
        run = the_bureau_confirms_and_pays(desk, listed, tmp_path)
        answer = house.command(AFTER_FIVE_WORKDAYS, "world", "bank-answer", str(run),
                               "--out", str(tmp_path))  # fmt: skip
        the_answer_is_posted(desk, run, tmp_path / answer.strip().rpartition("/")[2])
        the_student_looks_it_up(desk, name, number)


def the_school_sends_its_list(desk: Any, clean: Path, dirty: Path, folder: Path) -> int:
    clerk = desk(CLERK)
    clerk.page.click("nav a[href$='/listgrid/upload']")
    assert clerk.takes("a[href$='/listgrid/template']", folder).stat().st_size
    clerk.sends(dirty, "[data-needs-file]")
    returned = openpyxl.load_workbook(clerk.takes("a[href$='/errors']", folder))
    assert any(cell.comment for row in returned.worksheets[1] for cell in row)
    clerk.presses("form[action$='/take'] button.btn-primary")
    listed = clerk.number
    the_reviewer_is_stopped_by_what_is_open(desk, listed)
    clerk.opens(f"/listgrid/upload?month={clean.name[11:18]}").sends(clean, "[data-needs-file]")
    clerk.presses("form[action$='/take'] button.btn-primary")
    assert clerk.number == listed
    return submitted(desk, listed)


def the_reviewer_is_stopped_by_what_is_open(desk: Any, listed: int) -> None:
    reviewer = desk(REVIEWER, EN, PHONE).opens(f"/listgrid/show/{listed}")
    assert "Blocking" in reviewer.words
    assert not reviewer.page.query_selector(f"[formaction$='/submit/{listed}']")


def submitted(desk: Any, listed: int) -> int:
    reviewer = desk(REVIEWER, ZH, PHONE).opens(f"/listgrid/show/{listed}")
    reviewer.presses(f"[formaction$='/submit/{listed}']")
    assert not reviewer.page.query_selector(f"[formaction$='/submit/{listed}']")
    return listed


def the_bureau_publishes_it(desk: Any, listed: int, name: str, number: str) -> None:
    approver = desk("minhou_approver", EN).opens(f"/listgrid/show/{listed}")
    approver.presses(f"[formaction$='/publish/{listed}']")
    visitor = desk("", ZH, PHONE)
    visitor.page.click(f"a[href$='/notices/{listed}']")
    assert name in visitor.words
    assert number[-6:] not in visitor.page.content()


def the_bureau_confirms_and_pays(desk: Any, listed: int, folder: Path) -> int:
    assert desk("", EN).meets(f"/notices/{listed}") == 410
    approver = desk("minhou_approver", ZH, PHONE).opens(f"/listgrid/show/{listed}")
    approver.presses(f"[formaction$='/confirm/{listed}']")
    clerk = desk("minhou_clerk").opens("/rungrid/list/")
    clerk.page.click("a[href$='/rungrid/begin']")
    clerk.presses("form.form button.btn-primary")
    run = clerk.number
    exporter = desk("minhou_exporter", EN).opens(f"/rungrid/show/{run}")
    exporter.page.select_option("select[name=profile]", "pipe_gbk")
    exporter.presses("form[action$='/package'] button")
    assert "only after another person has checked" in exporter.words
    assert not exporter.page.query_selector("[formaction*='/file/'], [formaction$='/whole']")
    checker = desk("minhou_reviewer").opens(f"/rungrid/show/{run}")
    looked = checker.takes("[formaction*='/file/']", folder).read_bytes()
    assert looked.decode("gbk")
    checker.presses(f"[formaction$='/check/{run}']")
    exporter.opens(f"/rungrid/show/{run}")
    assert exporter.takes("[formaction*='/file/']", folder).read_bytes() == looked
    return run


def the_answer_is_posted(desk: Any, run: int, answer: Path) -> None:
    poster = desk("minhou_poster", ZH).opens(f"/rungrid/show/{run}")
    poster.sends(answer, "form[action$='/resultlinegrid/upload'] button")
    poster.presses("form[action$='/take'] button.btn-primary")
    again = desk("minhou_exporter", EN, PHONE).opens(f"/rungrid/show/{run}")
    again.presses("[formaction$='/again']")
    assert again.number != run
    again.page.select_option("select[name=profile]", "icbc_batch_xlsx")
    again.presses("form[action$='/package'] button")


def the_student_looks_it_up(desk: Any, name: str, number: str) -> None:
    for language, size, paid in ((ZH, PHONE, "已到账"), (EN, DESKTOP, "Paid")):
        student = desk("", language, size).visits("/query")
        student.page.fill("[name=name]", name)
        student.page.fill("[name=id_no]", number)
        student.page.fill("[name=school]", QISHAN)
        student.presses("form[method=post] button[type=submit]")
        assert paid in student.words
        assert AFTER_FIVE_WORKDAYS[:10] in student.words
        assert number not in student.words
