"""The list as a file: the same rows, columns, order and words, every page, and on the trail."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import openpyxl
import pytest

from tests.kernel.world_of_grids import ComplaintGrid

EXPORT = "/complaintgrid/export"
HEADS = ["内容", "姓名", "地点", "类别", "金额", "月份", "加急", "时间", "状态"]


def _table(answer) -> list[list]:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return rows[next(n for n, row in enumerate(rows) if row[: len(HEADS)] == HEADS) :]


def test_the_file_holds_what_the_list_shows(world):
    answer = world.browser("chen").get(f"{EXPORT}?_oc_ComplaintGrid=said&_od_ComplaintGrid=asc")
    assert answer.status_code == 200
    _heads, *rows = _table(answer)
    assert [row[0] for row in rows[:3]] == sorted(["饭菜凉", "收费高", "没热水"])
    first = next(row for row in rows if row[0] == "饭菜凉")
    assert first == ["饭菜凉", "张三", "第一职校", "伙食", 1, "2026-09", "否", None, "待受理"]


def test_every_page_is_in_it_and_the_count_is_told_three_times(world):
    world.fill(230)
    answer = world.browser("chen").get(f"{EXPORT}?_flt_1_said=同一件事&psize_ComplaintGrid=10")
    _heads, *rows = _table(answer)
    assert len([row for row in rows if row[0] == "同一件事"]) == 230
    assert "230" in str(rows[-1][0])
    assert answer.headers["X-Row-Count"] == "230"
    assert "_230行.xlsx" in unquote(answer.headers["Content-Disposition"])


def test_who_took_how_many_of_what_is_on_the_trail(world):
    world.browser("chen").get(f"{EXPORT}?_flt_0_state=new")
    [event] = world.events(verb="export")
    assert (event.actor, event.subject, event.count) == ("chen", "demo_complaint", 3)
    assert event.filter_text == "状态 等于 new"


def test_the_same_as_separated_values(world):
    answer = world.browser("chen").get(f"{EXPORT}?format=csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    heads, *rows, foot = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert heads == HEADS
    assert len(rows) == 3
    assert foot[0] == "合计（共3行）"
    assert float(foot[4]) == sum(float(row[4]) for row in rows) == 3
    assert world.browser("chen").get(f"{EXPORT}?format=exe").status_code == 400


@pytest.mark.parametrize("said", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)"])
def test_no_cell_is_ever_a_formula(world, said):
    world.fill(1, said=said)
    query = f"{EXPORT}?_flt_0_said={said.replace('+', '%2B')}"
    answer = world.browser("chen").get(query)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert said in [cell.value for cell in cells]
    text = world.browser("chen").get(f"{query}&format=csv").data.decode("utf-8-sig")
    assert f"'{said}" in text


def test_a_file_costs_the_same_statements_for_ten_rows_and_for_thousands(world):
    def cost(rows: int) -> int:
        world.fill(rows, said=f"数{rows}")
        with world.statements() as seen:
            world.browser("chen").get(f"{EXPORT}?_flt_1_said=数{rows}")
        return len(seen)

    assert cost(10) == cost(3000) == 4


def test_only_those_with_the_right_get_a_file(world):
    assert world.browser("lin").get(EXPORT).status_code == 403
    assert ComplaintGrid.access["boss"] >= {"can_export"}
