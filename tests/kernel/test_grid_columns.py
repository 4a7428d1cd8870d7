"""The columns an account chose: in the list, in the file of it, for nobody else."""

from __future__ import annotations

import io

import openpyxl
import pytest

LIST, CHOOSE, EXPORT = (f"/complaintgrid/{page}" for page in ("list/", "columns", "export"))


def heads(world, username="chen"):
    answer = world.browser(username).get(EXPORT)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    rows = [[c.value for c in row if c.value is not None] for row in sheet.iter_rows()]
    return next(row for row in rows if "内容" in row and len(row) < 12)


def choose(world, *columns, username="chen", usual=""):
    return world.browser(username).post(f"{CHOOSE}{usual}", data={"columns": [*columns]})


def test_the_file_has_the_columns_the_account_chose_in_the_grids_order(world):
    assert choose(world, "state", "said").status_code == 303
    assert heads(world) == ["内容", "状态"]


def test_the_list_shows_them_too(world):
    choose(world, "said", "state")
    page = world.browser("chen").get(LIST).text
    head = page[page.index("<thead") : page.index("</thead")]
    assert "内容" in head
    assert "类别" not in head


def test_the_choice_is_the_accounts_own(world):
    before = heads(world)
    choose(world, "said", username="zheng")
    assert heads(world) == before


def test_back_to_the_usual_columns(world):
    before = heads(world)
    choose(world, "said")
    choose(world, "said", usual="?usual=1")
    assert heads(world) == before


def test_a_column_the_grid_does_not_have_is_refused(world):
    assert choose(world, "said", "card_no").status_code == 400
    assert choose(world, "id_no").status_code == 400


@pytest.mark.parametrize(
    "query", ["?_flt_0_state=new", "?_oc_ComplaintGrid=said&_od_ComplaintGrid=asc"]
)
def test_one_comes_back_to_the_same_list(world, query):
    assert choose(world, "said", usual=query).location.endswith(query)


def test_a_list_on_a_rows_page_can_be_taken_as_it_stands_there(world):
    """Of that row only, in the columns the grid declares, whatever was chosen for its own list."""
    page = world.browser("chen").get("/complaintgrid/show/1").text
    assert "/remarkgrid/export" not in page  # nobody may export remarks
    page = world.browser("chen").get("/complaintgrid/list/").text
    assert "/complaintgrid/export" in page
    choose(world, "said")
    answer = world.browser("chen").get(f"{EXPORT}?usual=1")
    assert "类别" in str(openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]["D4"].value)
