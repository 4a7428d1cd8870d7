"""What a page says of a file before it is taken: true to the list, and of use to who sent it."""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.kernel.sheets import Limit
from tests import world
from tests.journeys.people import KEYS, filled_in

CLASS_NAME = KEYS.index("class_name") + 1


@pytest.fixture(params=["zh_CN"])
def language(request):
    return request.param


@pytest.fixture
def clerk(at_desk):
    return at_desk(world.LANXI_CLERK)


@pytest.fixture
def template(clerk):
    return clerk.downloads("/listgrid/template")


def send(clerk, file):
    page = clerk.sends("/listgrid/upload", month="2026-11", kind="REGULAR", file=(file, "a.xlsx"))
    assert "/uploads/" in page.address, page.says
    return page


def take(clerk, page):
    clerk.presses(f"/listgrid/uploads/{page.number}/take", page.address)


def fates(clerk, page):
    """What the first sheet of the returned file counts."""
    book = clerk.downloads(f"/listgrid/uploads/{page.number}/errors")
    told = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    counted = dict(row[:2] for row in told.iter_rows(min_row=3, max_row=8, values_only=True))
    return [counted[k] for k in ("文件共有行数", "接收", "没有变化", "退回修改")]


def test_the_returned_file_counts_as_the_page_does(clerk, template, rows):
    take(clerk, send(clerk, filled_in(template, rows)))
    n = len(rows)
    third = [rows[0] | {"id_no": "1"}, rows[1] | {"class_name": "新班"}, *rows[2:]]
    page = send(clerk, filled_in(template, third))
    assert f"新增 0 + 有改动 1 + 不变 {n - 2} + 不合格 1" in page.words
    assert fates(clerk, page) == [n, 1, n - 2, 1]
    take(clerk, page)
    assert fates(clerk, page) == [n, 1, n - 2, 1]


def test_the_same_file_is_said_to_change_nothing_only_while_that_is_so(clerk, template, rows):
    first, second = filled_in(template, rows), filled_in(template, rows[:-1])
    take(clerk, send(clerk, first))
    assert "再写一次不会有变化" in send(clerk, first).words
    take(clerk, send(clerk, second))
    page = send(clerk, first)
    assert "写入过的完全相同" in page.words
    assert "再写一次会改回" in page.words
    assert "再写一次不会有变化" not in page.words


def test_a_heading_without_rows_is_no_success(clerk, template):
    page = send(clerk, template)
    assert "只有表头" in page.words
    assert "全部合格" not in page.words


def test_who_leaves_because_the_row_was_refused_is_not_said_to_be_missing(clerk, template, rows):
    take(clerk, send(clerk, filled_in(template, rows)))
    short = send(clerk, filled_in(template, rows[1:]))
    assert "文件中没有的学生，写入后不再列入" in short.words
    refused = send(clerk, filled_in(template, [rows[0] | {"amount_fen": "x"}, *rows[1:]]))
    assert "可能只是那一行不合格" in refused.words


def test_merged_cells_are_told_where_they_left_rows_empty(clerk, template, rows):
    book = openpyxl.load_workbook(io.BytesIO(filled_in(template, rows)))
    area = (
        f"{book.active.cell(2, CLASS_NAME).coordinate}:{book.active.cell(4, CLASS_NAME).coordinate}"
    )
    book.active.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    assert f"合并的单元格（如{area}）" in send(clerk, out.getvalue()).words


def test_what_was_refused_is_said_to_be_unwritten_once_the_rest_is(clerk, template, rows):
    page = send(clerk, filled_in(template, [rows[0] | {"id_no": "1"}, *rows[1:]]))
    assert "1 行不合格，不会写入" in page.words
    take(clerk, page)
    assert "1 行不合格，没有写入" in clerk.opens(page.address).words


def test_names_that_schools_give_to_card_and_grade_are_known(clerk, template, rows):
    book = openpyxl.load_workbook(io.BytesIO(filled_in(template, rows)))
    book.active.cell(1, KEYS.index("card_no") + 1, "银行账号")
    book.active.cell(1, KEYS.index("grade") + 1, "所在年级")
    out = io.BytesIO()
    book.save(out)
    assert f"{len(rows)} 行全部合格" in send(clerk, out.getvalue()).words


def test_the_page_knows_what_is_too_big_before_it_is_sent(clerk):
    page = clerk.opens("/listgrid/upload")
    assert f'data-drop-most="{Limit.file}" hidden' in page.source
    assert "文件超过100 MB，请拆成几个文件再上传" in page.words


def test_whoever_sends_one_class_after_the_other_is_warned_before_the_first_is_lost(
    clerk, template, rows
):
    first = send(clerk, filled_in(template, rows[:-2]))
    assert "人将移出" not in first.source
    take(clerk, first)
    second = send(clerk, filled_in(template, rows[-2:]))
    assert f"名单上另有{len(rows) - 2}人将移出" in second.source
