"""What a page costs: a handful of statements, whatever the page size and however many rows."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from app.kernel.types import YearMonth
from tests.kernel.world_of_grids import SCHOOL_A, Complaint, Place, Remark

BUDGET = 10
LOGIN = 3
"""What recognising a person and his post may cost the accounts room; the demo needs none."""


@pytest.fixture
def big(world):
    """1,200 complaints of one school, each at a place of its own."""
    plain = {"who": "张三", "kind": "food", "fen": 100, "month": YearMonth.at(2026, 9),
             "urgent": False, "version": 1, "state": "new", "org_path": SCHOOL_A}  # fmt: skip
    numbers = range(2000, 3200)
    with world.at() as session:
        session.execute(insert(Place.__table__), [
            {"id": n, "name": f"处{n}", "path": f"{SCHOOL_A}{n}/"} for n in numbers
        ])  # fmt: skip
        session.execute(insert(Complaint.__table__), [
            {"id": n, "said": f"事{n}", "place_id": n, **plain} for n in numbers
        ])  # fmt: skip
        session.commit()
    return world


def _cost(world, who: str, path: str) -> int:
    with world.statements() as seen:
        answer = world.browser(who).get(path)
    assert answer.status_code == 200
    return len(seen)


@pytest.mark.parametrize("size", [10, 25, 50, 100, 200])
@pytest.mark.parametrize("who", ["lin", "chen", "zheng"])
def test_a_list_costs_the_same_at_any_page_size(big, size, who):
    cost = _cost(big, who, f"/complaintgrid/list/?psize_ComplaintGrid={size}&page_ComplaintGrid=2")
    assert cost == 3 <= BUDGET - LOGIN


def test_a_page_that_is_not_full_is_not_counted(world):
    assert _cost(world, "lin", "/complaintgrid/list/") == 2  # the rows, the account's columns


def test_each_picker_in_the_search_bar_costs_one_more(big):
    path = "/complaintgrid/list/?_flt_0_place=2007&_flt_0_said=事&_flt_0_state=new"
    assert _cost(big, "lin", path) <= 5


def test_the_page_of_a_row_with_a_long_list_hanging_on_it(big):
    with big.at() as session:
        session.add_all(
            Remark(words=f"第{n}", complaint_id=1, org_path=SCHOOL_A) for n in range(300)
        )
        session.commit()
    assert _cost(big, "lin", "/complaintgrid/show/1") == 3
    assert _cost(big, "lin", "/complaintgrid/show/1?psize_RemarkGrid=200") == 3


def test_forms_and_pickers_cost_no_more_in_a_big_table(big):
    assert _cost(big, "lin", "/complaintgrid/add") == 0
    assert _cost(big, "lin", "/complaintgrid/edit/1") == 1
    assert _cost(big, "lin", "/complaintgrid/lookup/place?q=处") == 1
    assert _cost(big, "chen", "/complaintgrid/matching?action=accept") == 2


def test_a_page_far_down_the_list_skips_in_the_index_not_in_the_rows(big):
    with big.statements() as seen:
        big.browser("lin").get("/complaintgrid/list/?page_ComplaintGrid=40")
    page = next(s for s in seen if "OFFSET" in s)
    inner = page[page.index("(SELECT") :]
    assert "said" not in inner[: inner.index("OFFSET")]
