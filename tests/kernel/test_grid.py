"""A grid does what its declaration says: lists, cells, search, forms, the trail."""

from __future__ import annotations

import re

import pytest

from app.kernel.grid import READ, Grid
from app.kernel.grid.change import may_be_personal
from tests.kernel.world_of_grids import BOSS, SCHOOL_A, SCHOOL_B, Complaint, ComplaintGrid

LIST = "/complaintgrid/list/"


def test_a_list_shows_the_rows_of_ones_own_place(world):
    page = world.browser("lin").get(LIST)
    assert page.status_code == 200
    assert "饭菜凉" in page.text
    assert "没热水" not in page.text
    assert "没热水" in world.browser("chen").get(LIST).text


def test_cells_speak_as_people_do(world):
    world.fill(1, said="有钱", fen=123456, urgent=True, state="open")
    row = _row_of(world, "lin", "有钱")
    for words in ("1,234.56", "2026-09", "核实中", "伙食", "第一职校", "是"):
        assert words in row
    for raw in ("True", "None", "open<", "food", "123456"):
        assert raw not in row


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_flt_0_said=饭", ["饭菜凉"]),
        ("_flt_2_said=费", ["收费高"]),
        ("_flt_1_said=收费高", ["收费高"]),
        ("_flt_0_place=6", ["没热水"]),
        ("_flt_0_state=new&_flt_0_state=open&_flt_0_said=没", ["没热水"]),
        ("_flt_1_fen=2.00", []),
        ("_flt_2_fen=1.00&_flt_0_month=2026-09&_flt_0_urgent=0&_flt_0_kind=food&_flt_0_place=6",
         ["没热水"]),
        ("_flt_0_month=2026-10", []),
        ("_flt_0_said=%25", []),
    ],
)  # fmt: skip
def test_search_understands_what_is_typed(world, query, found):
    page = world.browser("chen").get(f"{LIST}?{query}")
    assert page.status_code == 200
    shown = [said for said in ("饭菜凉", "收费高", "没热水") if f">{said}<" in page.text]
    assert shown == found


def test_a_condition_that_cannot_be_read_finds_nothing_and_says_so(world):
    page = world.browser("chen").get(f"{LIST}?_flt_0_fen=很多")
    assert page.status_code == 400
    assert "查找条件「金额」" in page.text
    assert "饭菜凉" not in page.text


def test_rows_are_sorted_as_asked_and_newest_first_otherwise(world):
    def order(query: str) -> list[str]:
        page = world.browser("chen").get(f"{LIST}?{query}").text
        return sorted(("饭菜凉", "收费高", "没热水"), key=page.index)

    assert order("") == ["没热水", "收费高", "饭菜凉"]
    assert order("_oc_ComplaintGrid=said&_od_ComplaintGrid=asc") == sorted(
        ["饭菜凉", "收费高", "没热水"]
    )


def test_pages_follow_each_other_without_gap_or_overlap(world):
    world.fill(30)
    ids = []
    for page in range(4):
        text = world.browser("lin").get(f"{LIST}?psize_ComplaintGrid=10&page_ComplaintGrid={page}")
        ids += re.findall(r'name="rowid" value="(\d+)"', text.text)
    assert len(ids) == len(set(ids)) == 32


def test_buttons_stand_only_where_role_and_state_allow(world):
    world.fill(1, said="在办", state="open")
    assert _names(world, "lin", "饭菜凉") == {"accept"}
    assert _names(world, "lin", "在办") == set()
    assert _names(world, "chen", "饭菜凉") == {"accept", "rush"}
    assert _names(world, "chen", "在办") == {"send_back", "close"}
    assert _names(world, "he", "在办") == set()


def _names(world, who: str, said: str) -> set[str]:
    return set(re.findall(r"/action/(\w+)/", _row_of(world, who, said)))


def _row_of(world, who: str, said: str) -> str:
    rows = re.findall(r"<tr>.*?</tr>", world.browser(who).get(LIST).text, re.DOTALL)
    return next(row for row in rows if f">{said}<" in row)


def test_the_page_of_one_row_shows_it_with_its_buttons_and_what_hangs_on_it(world):
    with world.at() as session:
        session.add(_remark("说得对", 1, SCHOOL_A))
        session.commit()
    page = world.browser("lin").get("/complaintgrid/show/1").text
    assert "饭菜凉" in page
    assert "/complaintgrid/action/accept/1" in page
    assert "说得对" in page
    assert "说得对" not in world.browser("he").get("/complaintgrid/show/1").text


def _remark(words: str, complaint: int, path: str):
    from tests.kernel.world_of_grids import Remark

    return Remark(words=words, complaint_id=complaint, org_path=path)


def test_adding_puts_the_row_where_its_parent_lies_and_writes_the_trail(world):
    form = {"said": "饭太硬", "kind": "food", "fen": "1,150.00", "month": "2026-10", "place": "6"}
    answer = world.browser("chen").post("/complaintgrid/add", data=form)
    assert answer.status_code == 303
    with world.at() as session:
        row = session.query(Complaint).filter_by(said="饭太硬").one()
        assert (row.fen, str(row.month), row.org_path) == (115000, "2026-10", SCHOOL_B)
    [event] = world.events(verb="add")
    assert (event.subject, event.subject_id, event.actor) == ("demo_complaint", row.id, "chen")
    assert event.org_path == SCHOOL_B
    assert "金额：空 → 1,150.00" in event.note
    assert "地点：空 → 第二职校" in event.note


def test_the_trail_of_an_addition_names_no_column_of_the_database(world, monkeypatch):
    """What follows from the rest, and has no word on the page, is not told."""
    monkeypatch.setattr(ComplaintGrid, "pre_add", lambda _self, row: setattr(row, "who", "张三"))
    monkeypatch.delitem(ComplaintGrid.labels, "who")
    form = {"said": "饭太硬", "kind": "food", "fen": "5", "month": "2026-10", "place": "6"}
    assert world.browser("chen").post("/complaintgrid/add", data=form).status_code == 303
    [event] = world.events(verb="add")
    assert "金额：空 → 5.00" in event.note
    assert "who" not in event.note.lower()


@pytest.mark.parametrize("place", ["1", "7", "999", "x", "-1"])
def test_a_row_is_hung_neither_on_the_way_up_nor_on_nothing(world, place):
    form = {"said": "越级", "kind": "food", "fen": "1", "month": "2026-10", "place": place}
    answer = world.browser("chen").post("/complaintgrid/add", data=form)
    assert answer.status_code == 409
    assert "没有这个选项" in answer.text


def test_without_a_parent_the_row_lies_with_whoever_added_it(world):
    form = {"said": "自己的", "kind": "money", "fen": "1", "month": "2026-10"}
    world.browser("lin").post("/complaintgrid/add", data=form)
    with world.at() as session:
        assert session.query(Complaint).filter_by(said="自己的").one().org_path == SCHOOL_A


def test_what_is_wrong_in_a_form_is_said_beside_it_and_nothing_is_saved(world):
    form = {"said": "", "kind": "tea", "fen": "很多", "month": "2026-13"}
    page = world.browser("lin").post("/complaintgrid/add", data=form)
    assert page.status_code == 409
    assert "金额应写成" in page.text
    assert "年月应写成" in page.text
    with world.at() as session:
        assert session.query(Complaint).count() == 4


def test_editing_writes_old_and_new_but_never_what_may_be_personal(world):
    form = {"said": "饭菜热", "who": "李四", "fen": "2", "place": "5", "version": "1", "code": "X1"}
    answer = world.browser("lin").post("/complaintgrid/edit/1", data=form)
    assert answer.status_code == 303
    [event] = world.events(verb="edit")
    assert "内容：饭菜凉 → 饭菜热" in event.note
    assert "金额：1.00 → 2.00" in event.note
    assert "姓名：已修改" in event.note
    assert "李四" not in event.note
    assert "X1" not in event.note


def test_an_edit_that_changes_nothing_leaves_no_event(world):
    form = {"said": "饭菜凉", "who": "张三", "fen": "1.00", "place": "5", "version": "1"}
    world.browser("lin").post("/complaintgrid/edit/1", data=form)
    assert world.events() == []


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(world):
    form = {"said": "第一次", "who": "张三", "fen": "1", "place": "5", "version": "1"}
    assert world.browser("lin").post("/complaintgrid/edit/1", data=form).status_code == 303
    late = world.browser("lin2").post("/complaintgrid/edit/1", data=form | {"said": "第二次"})
    assert late.status_code == 409
    assert "已被他人修改" in late.text
    assert world.complaint(1).said == "第一次"
    assert world.events(verb="edit", outcome="refused")[0].actor == "lin2"


def test_a_step_taken_meanwhile_also_counts_as_a_change(world):
    world.browser("lin").post("/complaintgrid/action/accept/1")
    form = {"said": "晚了", "who": "张三", "fen": "1", "place": "5", "version": "1"}
    assert world.browser("lin2").post("/complaintgrid/edit/1", data=form).status_code == 409


def test_a_frozen_row_is_neither_edited_nor_deleted(world):
    world.fill(1, said="办完", state="closed")
    key = world.events and _key(world, "办完")
    browser = world.browser("lin")
    form = {"said": "改", "who": "张三", "fen": "1", "place": "5", "version": "1"}
    assert browser.get(f"/complaintgrid/edit/{key}").status_code == 303
    assert browser.post(f"/complaintgrid/edit/{key}", data=form).status_code == 409
    browser.post(f"/complaintgrid/delete/{key}")
    assert world.complaint(key).said == "办完"
    assert "已办结的不能再改" in browser.get(LIST).text
    page = browser.get(LIST).text
    assert f"/complaintgrid/edit/{key}" not in page
    assert f"/complaintgrid/delete/{key}" not in page


def _key(world, said: str) -> int:
    with world.at() as session:
        return session.query(Complaint).filter_by(said=said).one().id


def test_deleting_removes_the_row_and_says_so_on_the_trail(world):
    world.browser("lin").post("/complaintgrid/delete/1")
    assert world.complaint(1) is None
    [event] = world.events(verb="delete")
    assert (event.subject_id, event.outcome) == (1, "ok")


def test_a_picker_offers_only_what_lies_in_ones_own_part_of_the_tree(world):
    offered = world.browser("chen").get("/complaintgrid/lookup/place?q=职校").json
    assert {o["text"] for o in offered} == {"第一职校", "第二职校"}
    assert offered[0].keys() == {"value", "text", "hint"}
    anything = world.browser("chen").get("/complaintgrid/lookup/place").json
    assert {o["text"] for o in anything} == {"鼓楼区", "第一职校", "第二职校"}
    everywhere = world.browser("zheng").get("/complaintgrid/lookup/place?q=").json
    assert {o["text"] for o in everywhere} >= {"福建省", "晋江职校"}
    assert world.browser("chen").get("/complaintgrid/lookup/state").status_code == 404


def test_the_form_of_an_edit_holds_the_row_as_people_write_it(world):
    page = world.browser("lin").get("/complaintgrid/edit/1").text
    for words in ('value="饭菜凉"', 'value="1.00"', ">第一职校</option>", 'name="version"'):
        assert words in page


@pytest.mark.parametrize("place", ["list_columns", "show_columns", "search_columns",
                                   "edit_columns", "order_columns"])  # fmt: skip
def test_a_grid_that_would_show_a_sealed_column_is_not_even_made(place):
    with pytest.raises(TypeError, match="sealed"):
        type("Leaky", (Grid,), {"model": Complaint, place: ["id_no"]})
    assert all(grid.__name__ != "Leaky" for grid in Grid.all)


@pytest.mark.parametrize("form", ["add_columns", "edit_columns"])
def test_a_form_in_which_a_state_could_be_typed_is_not_made_either(form):
    from tests.kernel.world_of_grids import COMPLAINTS

    with pytest.raises(TypeError, match="declare a step"):
        type("Typed", (Grid,), {"model": Complaint, "workflow": COMPLAINTS, form: ["state"]})


@pytest.mark.parametrize("path", ["add", "edit/1", "delete/1"])
def test_what_cannot_be_written_to_the_trail_does_not_happen(world, monkeypatch, path):
    from app.kernel import audit

    def full(*_args, **_kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    form = {"said": "新的", "who": "张三", "fen": "1", "kind": "food", "month": "2026-10",
            "place": "5", "version": "1"}  # fmt: skip
    assert world.browser("lin").post(f"/complaintgrid/{path}", data=form).status_code == 500
    with world.at() as session:
        assert session.query(Complaint).filter_by(said="新的").count() == 0
        assert session.get(Complaint, 1) is not None


def test_a_sealed_column_is_not_read_by_any_page(world):
    with world.statements() as seen:
        world.browser("chen").get(LIST)
        world.browser("chen").get("/complaintgrid/show/1")
    assert not any("id_no" in s for s in seen)


def test_a_key_to_another_table_is_never_typed_by_hand(demo_app):
    class Bare(Grid):
        model = Complaint
        access = {BOSS: READ}
        add_columns = ["place_id"]

    Grid.all.remove(Bare)
    with demo_app.app_context(), pytest.raises(TypeError, match="lookups"):
        Bare()


def test_bare_text_is_taken_for_personal_until_it_says_otherwise():
    columns = Complaint.__mapper__.columns
    personal = {name for name in columns.keys() if may_be_personal(columns[name])}  # noqa: SIM118
    assert personal == {"who", "id_no", "code"}


def test_a_stranger_is_sent_to_the_login_and_a_role_without_the_right_is_refused(world):
    stranger = world.app.test_client()
    assert stranger.get(LIST).status_code == 302
    assert stranger.post("/complaintgrid/action/accept/1").status_code == 401
    reader = world.browser("he")
    assert reader.get("/complaintgrid/add").status_code == 403
    assert reader.get("/complaintgrid/export").status_code == 403
    assert reader.post("/complaintgrid/action/accept/1").status_code == 403
    assert world.complaint(1).state == "new"


def test_grants_say_exactly_what_access_and_steps_say():
    from app.kernel.grid import grants

    found = grants([ComplaintGrid])
    assert ("close", "ComplaintGrid") in found["boss"]
    assert ("close", "ComplaintGrid") not in found["clerk"]
    assert ("can_export", "ComplaintGrid") in found["boss"]
    assert ("menu_access", "监督") in found["reader"]
    assert {p for p, _ in found["reader"]} == {"can_list", "can_show", "menu_access"}
