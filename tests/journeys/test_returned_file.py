"""A file with mistakes comes back as it was, with the reasons; mended, that very file is taken."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests import world
from tests.journeys.people import Person, filled_in, mended
from tests.stage import signed_in

MISTAKES = {
    "id_no": "350121200812010011", "card_no": 6212345678901234, "name": "", "grade": "四年级",
    "amount_fen": "二百三十", "major": "", "first_month": "2026年下学期",
}  # fmt: skip


@pytest.fixture
def clerk(at_desk) -> Person:
    return at_desk(world.LANXI_CLERK)


@pytest.fixture
def dirty(rows):
    """The month's rows, a mistake in each of the first ones."""
    wrong = [dict(row) for row in rows]
    for row, (key, value) in zip(wrong, MISTAKES.items(), strict=False):
        row[key] = value
    return wrong


def send(person, file, name="名单.xlsx"):
    preview = person.sends("/listgrid/upload", month="2026-11", kind="REGULAR", file=(file, name))
    assert "/uploads/" in preview.address, preview.says
    return preview.number


def returned(person, upload):
    return person.downloads(f"/listgrid/uploads/{upload}/errors")


def cells_of(workbook):
    """The rows of the person's table, without what we wrote beside them."""
    table = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[-1]
    return [[cell.value for cell in row[:15]] for row in table.iter_rows(min_row=2)]


def marked(workbook):
    """(row of the file, number of the column) of the cells with a comment."""
    table = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[1]
    return {(c.row, c.column) for row in table.iter_rows(min_row=2) for c in row if c.comment}


def test_the_returned_file_is_the_persons_own_and_names_each_mistake(clerk, dirty):
    file = filled_in(clerk.downloads("/listgrid/template"), dirty)
    back = returned(clerk, send(clerk, file))
    rows = list(openpyxl.load_workbook(io.BytesIO(back)).worksheets[1].iter_rows())
    assert [[c.value for c in row[:15]] for row in rows[1 : len(dirty) + 1]] == [
        row[:15] for row in cells_of(file)[: len(dirty)]
    ]
    assert len(marked(back)) == len(MISTAKES)
    told = [row[15].value for row in rows[1 : len(dirty) + 1]]
    assert all(told[: len(MISTAKES)])
    assert not any(told[len(MISTAKES) :])


def test_the_returned_file_is_taken_once_it_is_mended(clerk, dirty, rows):
    first = send(clerk, filled_in(clerk.downloads("/listgrid/template"), dirty))
    at = iter(range(len(MISTAKES)))
    keys = iter(MISTAKES)
    file = mended(returned(clerk, first), lambda _name, _key: rows[next(at)][next(keys)])
    second = send(clerk, file)
    assert not clerk.opens(f"/listgrid/uploads/{second}").offers(
        f"/listgrid/uploads/{second}/errors"
    )
    taken = clerk.presses(f"/listgrid/uploads/{second}/take", f"/listgrid/uploads/{second}")
    assert str(len(rows)) in taken.says


def test_a_file_without_mistakes_comes_back_without_marks(clerk, rows):
    upload = send(clerk, filled_in(clerk.downloads("/listgrid/template"), rows))
    assert marked(returned(clerk, upload)) == set()


@pytest.mark.parametrize("language", ["zh_CN"], indirect=True)
def test_a_template_taken_in_one_language_is_read_in_the_other(fujian, clerk, rows):
    english = Person(signed_in(fujian.staff, world.LANXI_CLERK), "en")
    for giver, taker in ((clerk, english), (english, clerk)):
        upload = send(taker, filled_in(giver.downloads("/listgrid/template"), rows))
        assert not taker.opens(f"/listgrid/uploads/{upload}").offers(
            f"/listgrid/uploads/{upload}/errors"
        )


def test_nobody_else_gets_the_file(clerk, at_desk, dirty):
    upload = send(clerk, filled_in(clerk.downloads("/listgrid/template"), dirty))
    address = f"/listgrid/uploads/{upload}/errors"
    assert at_desk(world.QISHAN_CLERK).opens(address).status == 404
    assert at_desk(world.MINHOU_APPROVER).opens(address).status == 403
