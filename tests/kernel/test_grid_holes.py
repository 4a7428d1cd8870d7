"""Every hole of the framework's views that we know of: open in the stock class, closed in ours.

The stock class is written as its manual says, with a base filter for the school, and no scope
under it; ours has no filter at all, only the scope. `closed` says which of the two is asked.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import session
from flask_appbuilder.validators import Unique

from app.kernel import interface
from tests.kernel.world_of_grids import FAR_SCHOOL, ROOT, SCHOOL_A, Complaint, Place, Remark

STOCK, OURS = "stockcomplaints", "complaintgrid"
both = pytest.mark.parametrize(("view", "closed"), [(STOCK, False), (OURS, True)])


def _state(world, number: int) -> str:
    return world.complaint(number).state


@both
def test_a_button_reaches_rows_of_another_school(world, view, closed):
    answer = world.browser("lin").post(f"/{view}/action/accept/3")
    assert (_state(world, 3) == "new") is closed
    assert (answer.status_code == 404) is closed


@both
def test_ticked_rows_of_another_school_are_acted_on(world, view, closed):
    world.browser("lin").post(
        f"/{view}/action_post", data={"action": "accept", "rowid": ["3", "4"]}
    )
    assert ({_state(world, 3), _state(world, 4)} == {"new"}) is closed


@both
def test_a_link_alone_presses_a_button(world, view, closed, monkeypatch):
    monkeypatch.delitem(world.app.extensions, "csrf")
    world.browser("lin").get(f"/{view}/action/accept/1")
    assert (_state(world, 1) == "new") is closed


@both
def test_a_link_alone_deletes_a_row(world, view, closed, monkeypatch):
    monkeypatch.delitem(world.app.extensions, "csrf")
    world.browser("lin").get(f"/{view}/delete/1")
    assert (world.complaint(1) is not None) is closed


@both
@pytest.mark.parametrize("path", ["action/nonsense/1", "action/accept/99999", "action/accept/x"])
def test_an_unknown_button_or_row_crashes(world, view, closed, path):
    assert (world.browser("lin").post(f"/{view}/{path}").status_code == 404) is closed


@both
def test_an_unknown_button_over_ticked_rows_crashes(world, view, closed):
    form = {"action": "nonsense", "rowid": ["1"]}
    assert (
        world.browser("lin").post(f"/{view}/action_post", data=form).status_code == 404
    ) is closed


@both
def test_a_key_that_fits_no_column_crashes(world, view, closed):
    answer = world.browser("lin").get(f"/{view}/show/99999999999999999999")
    assert (answer.status_code == 404) is closed


@both
def test_many_ticked_rows_cost_a_statement_each(world, view, closed):
    world.fill(50)
    with world.at() as rows:
        keys = [str(k) for (k,) in rows.query(Complaint.id).filter_by(said="同一件事")]
    with world.statements() as seen:
        world.browser("lin").post(f"/{view}/action_post", data={"action": "accept", "rowid": keys})
    assert (len(seen) <= 10) is closed


@both
def test_filters_of_one_request_are_seen_by_another(world, view, closed):
    grid, seen = _view(world, view), []

    def meanwhile() -> None:
        with world.app.test_request_context(f"/{view}/list/"):
            seen.extend(grid._filters.get_filters_values())

    with world.app.test_request_context(f"/{view}/list/"):
        said = grid._filters.get_search_filters()["said"][0]
        grid._filters._add_filter(said, "张三")
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join()
        grid._filters.clear_filters()
    assert (seen == []) is closed


def _view(world, name: str):
    return next(v for v in world.app.appbuilder.baseviews if type(v).__name__.lower() == name)


@both
def test_an_edit_that_was_refused_is_saved_by_a_later_commit(world, view, closed):
    form = {"said": "不许", "who": "张三", "place": "5", "org_path": SCHOOL_A, "fen": "1",
            "version": "1", "code": ""}  # fmt: skip
    world.browser("lin").post(f"/{view}/edit/1", data=form)
    assert (world.complaint(1).said == "饭菜凉") is closed


@both
def test_the_complaint_of_the_database_is_read_out(world, view, closed, monkeypatch):
    """Statement, values and all. Two people at once get past the check of the stock form."""
    monkeypatch.setattr(Unique, "__call__", lambda *_: None)
    world.fill(1, code="K1")
    form = {"said": "第二个", "place": "5", "org_path": SCHOOL_A, "code": "K1", "kind": "food",
            "fen": "1", "month": "2026-10"}  # fmt: skip
    page = world.browser("lin").post(f"/{view}/add", data=form, follow_redirects=True).text
    assert ("INSERT INTO" not in page) is closed
    assert ("已经有同样的记录" in page) is closed


@both
@pytest.mark.parametrize(
    "query",
    ["psize_{0}=100000", "page_{0}=abc", "psize_{0}=x", "page_{0}=900000",
     "_oc_{0}=id_no&_od_{0}=asc", "_flt_9_said=x", "_flt_0_id_no=x"],
)  # fmt: skip
def test_paging_order_and_filters_take_anything(world, view, closed, query):
    name = type(_view(world, view)).__name__
    answer = world.browser("lin").get(f"/{view}/list/?{query.format(name)}")
    assert (answer.status_code == 400) is closed


@pytest.mark.parametrize("query", ["page_{0}=-1", "psize_{0}=-5", "_od_{0}=up", "_flt_x_said=1",
                                   "_flt_0_said=a%00b", "_flt_0_fen=9" + "9" * 30])  # fmt: skip
def test_what_one_database_swallows_and_the_other_dies_of_is_refused_by_both(world, query):
    answer = world.browser("lin").get(f"/{OURS}/list/?{query.format('ComplaintGrid')}")
    assert answer.status_code == 400


@both
def test_deep_pages_are_read_through_to_the_end(world, view, closed):
    name = type(_view(world, view)).__name__
    page = world.browser("lin").get(f"/{view}/list/?page_{name}=1000&psize_{name}=200")
    assert (page.status_code == 400 and "缩小范围" in page.text) is closed


@both
def test_any_file_of_the_upload_folder_may_be_fetched(world, view, closed):
    routes = {rule.rule for rule in world.app.url_map.iter_rules()}
    assert (f"/{view}/download/<string:filename>" not in routes) is closed


@both
def test_a_form_writes_a_whole_table_into_its_drop_down(world, view, closed):
    page = world.browser("lin").get(f"/{view}/add").text
    assert ("晋江职校" not in page) is closed


@both
def test_a_search_bar_writes_whole_tables_into_drop_downs(world, view, closed):
    page = world.browser("lin").get(f"/{view}/list/").text
    assert ("晋江职校" not in page) is closed


def _added(world) -> set[int | None]:
    with world.at() as rows:
        return {c.place_id for c in rows.query(Complaint).filter_by(said="新的")}


@both
def test_a_new_row_is_hung_on_another_school_s(world, view, closed):
    form = {"said": "新的", "place": "7", "org_path": SCHOOL_A, "kind": "food", "fen": "1",
            "month": "2026-10", "code": ""}  # fmt: skip
    world.browser("lin").post(f"/{view}/add", data=form)
    assert (_added(world) == set()) is closed


@both
def test_the_address_decides_what_a_new_row_hangs_on(world, view, closed):
    form = {"said": "新的", "org_path": SCHOOL_A, "kind": "food", "fen": "1", "month": "2026-10",
            "code": ""}  # fmt: skip
    world.browser("lin").post(f"/{view}/add?_flt_0_place=7", data=form)
    assert (7 not in _added(world)) is closed


def test_the_address_may_propose_a_parent_that_one_may_pick(world):
    page = world.browser("chen").get("/complaintgrid/add?_flt_0_place=6").text
    assert ">第二职校</option>" in page
    assert "晋江职校" not in world.browser("chen").get("/complaintgrid/add?_flt_0_place=7").text


@both
def test_an_edit_moves_a_row_to_another_school(world, view, closed):
    form = {"said": "饭菜凉", "who": "张三", "place": "7", "org_path": FAR_SCHOOL, "fen": "1",
            "version": "1", "code": ""}  # fmt: skip
    world.browser("lin").post(f"/{view}/edit/1", data=form)
    row = world.complaint(1)
    assert ((row.place_id, row.org_path) == (5, SCHOOL_A)) is closed


@both
def test_the_cookie_remembers_what_was_searched(world, view, closed):
    grid = _view(world, view)
    with world.app.test_request_context(f"/{view}/list/?_flt_0_who=张三&page_X=2"):
        grid.update_redirect()
        kept = str(session["page_history"])
    assert ("张三" not in unquote(kept)) is closed
    assert ("localhost" not in kept) is closed


@both
def test_deleting_what_others_depend_on_fails_without_a_word(world, view, closed):
    with world.at() as rows:
        rows.add(Remark(words="说得对", complaint_id=1, org_path=SCHOOL_A))
        rows.commit()
    page = world.browser("lin").post(f"/{view}/delete/1", follow_redirects=True).text
    assert world.complaint(1) is not None
    assert ("还有其他记录用到它" in page) is closed
    assert "UPDATE demo_remark" not in page


@pytest.mark.parametrize(("view", "closed"), [("stocknarrow", False), (OURS, True)])
def test_every_row_of_a_page_costs_statements(world, view, closed):
    with world.at() as rows:
        for n in range(100, 140):
            rows.add(Place(id=n, name=f"处{n}", path=f"{SCHOOL_A}{n}/"))
            rows.flush()
            rows.add(Complaint(said=f"第{n}", org_path=SCHOOL_A, place_id=n))
        rows.commit()
    name = type(_view(world, view)).__name__
    with world.statements() as seen:
        world.browser("lin").get(f"/{view}/list/?psize_{name}=50")
    assert (len(seen) <= 10) is closed


@both
def test_every_row_of_a_big_table_is_counted(world, view, closed, monkeypatch):
    monkeypatch.setattr(interface, "COUNTED", 30)
    world.fill(60)
    page = world.browser("lin").get(f"/{view}/list/").text
    assert ("30+" in page) is closed


@both
def test_a_related_list_is_shown_to_those_who_may_not_list_it(world, view, closed):
    with world.at() as rows:
        rows.add(Remark(words="悄悄话", complaint_id=1, org_path=SCHOOL_A))
        rows.commit()
    assert ("悄悄话" not in world.browser("he").get(f"/{view}/show/1").text) is closed


def test_no_page_of_the_house_stands_on_the_stock_classes():
    """Whoever needs one of them says so here, with the reason."""
    stock = re.compile(
        r"\b(ModelView|MasterDetailView|MultipleView|CompactCRUDMixin|ModelRestApi|SQLAInterface)\b"
    )
    kernel = {"app/kernel/grid/declared.py", "app/kernel/interface.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in Path(ROOT / "app").rglob("*.py")
        if stock.search(path.read_text(encoding="utf-8"))
    }
    assert found == kernel
