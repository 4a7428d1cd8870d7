"""Buttons: on one row, on ticked rows, on all that match; counted, summed up, on the trail."""

from __future__ import annotations

import pytest

from tests.kernel.world_of_grids import SCHOOL_A, Complaint

POST = "/complaintgrid/action_post"
LIST = "/complaintgrid/list/"


def _states(world) -> dict[int, str]:
    with world.at() as session:
        return dict(session.query(Complaint.id, Complaint.state).order_by(Complaint.id))


def test_one_press_on_one_row_moves_it_and_comes_back_to_its_page(world):
    browser = world.browser("lin")
    answer = browser.post("/complaintgrid/action/accept/1")
    assert (answer.status_code, answer.location) == (303, "/complaintgrid/show/1")
    assert "「受理」：1 条已办理" in browser.get("/complaintgrid/show/1").text
    assert _states(world) == {1: "open", 2: "new", 3: "new", 4: "new"}


def test_ticked_rows_move_together_and_the_list_comes_back_as_it_was(world):
    form = {"action": "accept", "rowid": ["1", "2"]}
    answer = world.browser("lin").post(f"{POST}?_flt_0_state=new&page_ComplaintGrid=0", data=form)
    assert answer.location == f"{LIST}?_flt_0_state=new&page_ComplaintGrid=0"
    assert _states(world) == {1: "open", 2: "open", 3: "new", 4: "new"}


def test_all_matching_takes_the_filter_the_scope_and_every_page(world):
    world.fill(120, said="一样")
    browser = world.browser("lin")
    query = "_flt_0_said=一样"
    assert browser.get(f"/complaintgrid/matching?{query}&action=accept").json == {
        "count": 120, "ready": 120,
    }  # fmt: skip
    form = {"action": "accept", "all_matching": "1", "expected": "120"}
    browser.post(f"{POST}?{query}", data=form)
    assert list(_states(world).values()).count("open") == 120
    assert _states(world)[1] == "new"


def test_all_matching_without_a_filter_still_stays_in_ones_own_place(world):
    form = {"action": "accept", "all_matching": "1", "expected": "2"}
    world.browser("lin").post(POST, data=form)
    assert _states(world) == {1: "open", 2: "open", 3: "new", 4: "new"}


def test_the_count_before_the_press_tells_how_many_are_ready(world):
    world.fill(3, state="open")
    found = world.browser("chen").get("/complaintgrid/matching?action=accept").json
    assert found == {"count": 6, "ready": 3}
    assert world.browser("chen").get("/complaintgrid/matching").json == {"count": 6}


@pytest.mark.parametrize("expected", ["1", "3"])
def test_when_the_number_is_not_the_one_that_was_shown_nothing_moves(world, expected):
    browser = world.browser("lin")
    form = {"action": "accept", "all_matching": "1", "expected": expected}
    browser.post(POST, data=form)
    assert set(_states(world).values()) == {"new"}
    assert f"您看到的是 {expected} 条，现在是 2 条" in browser.get(LIST).text
    [event] = world.events()
    assert (event.verb, event.outcome, event.actor) == ("accept", "refused", "lin")


def test_without_the_number_nothing_is_done_at_all(world):
    form = {"action": "accept", "all_matching": "1"}
    assert world.browser("lin").post(POST, data=form).status_code == 400
    assert set(_states(world).values()) == {"new"}


def test_one_summary_names_the_first_refused_rows_and_counts_the_others(world):
    world.fill(30, said="已在办", state="open")
    browser = world.browser("lin")
    form = {"action": "accept", "all_matching": "1", "expected": "32"}
    browser.post(POST, data=form)
    page = browser.get(LIST).text
    assert "「受理」：2 条已办理，30 条未办理" in page
    assert page.count("当前状态为「核实中」，不能「受理」") == 20
    assert "……另有 10 条" in page


def test_the_summary_of_twenty_long_refusals_still_fits_the_cookie(world):
    world.fill(30, said="一件说来话长、一直没有办完、大家都很关心的老大难问题" * 2, state="open")
    browser = world.browser("lin")
    form = {"action": "accept", "all_matching": "1", "expected": "32"}
    answer = browser.post(POST, data=form)
    assert len(answer.headers["Set-Cookie"]) < 4000


def test_a_reason_is_demanded_where_the_step_demands_one(world):
    world.fill(1, said="在办", state="open")
    browser = world.browser("chen")
    form = {"action": "send_back", "all_matching": "1", "expected": "1", "note": "  "}
    browser.post(f"{POST}?_flt_0_said=在办", data=form)
    assert "须填写理由" in browser.get(LIST).text
    browser.post(f"{POST}?_flt_0_said=在办", data=form | {"note": "材料不全"})
    [event] = world.events(verb="send_back", outcome="ok")
    assert event.note == "材料不全"
    assert event.filter_text == "内容 开头是 在办"


def test_the_filter_on_the_trail_never_names_a_person(world):
    form = {"action": "accept", "all_matching": "1", "expected": "2"}
    world.browser("lin").post(f"{POST}?_flt_0_who=张三", data=form)
    assert {e.filter_text for e in world.events()} == {"姓名 开头是 张*"}


def test_a_button_that_is_no_step_obeys_count_scope_and_trail_as_well(world):
    form = {"action": "rush", "all_matching": "1", "expected": "3"}
    world.browser("chen").post(POST, data=form)
    with world.at() as session:
        assert {c.id for c in session.query(Complaint).filter_by(urgent=True)} == {1, 2, 3}
    [event] = world.events(verb="rush")
    assert (event.count, event.outcome, event.actor) == (3, "ok", "chen")
    world.browser("chen").post(POST, data=form | {"expected": "9"})
    assert world.events(verb="rush", outcome="refused")


def test_a_button_that_is_no_step_may_have_less_to_do_than_rows_were_chosen(world):
    form = {"action": "rush", "rowid": ["1", "3"]}
    answer = world.browser("chen").post(POST, data=form)
    assert answer.status_code == 303
    assert world.complaint(3).urgent


def test_nothing_ticked_is_a_sentence_and_too_many_another(world):
    browser = world.browser("lin")
    browser.post(POST, data={"action": "accept"})
    assert "请先勾选" in browser.get(LIST).text
    browser.post(POST, data={"action": "accept", "rowid": [str(n) for n in range(1, 203)]})
    assert "一次最多勾选 200 行" in browser.get(LIST).text


def test_rows_that_vanished_meanwhile_stop_the_whole_press(world):
    browser = world.browser("lin")
    browser.post(POST, data={"action": "accept", "rowid": ["1", "2", "999"]})
    assert set(_states(world).values()) == {"new"}
    assert "您看到的是 3 条，现在是 2 条" in browser.get(LIST).text


def test_a_related_list_acts_on_ticked_rows_under_its_parents_filter(world):
    form = {"action": "accept", "rowid": ["1"]}
    world.browser("lin").post(f"{POST}?_flt_0_place=5", data=form)
    assert _states(world)[1] == "open"


def test_the_whole_press_is_undone_when_an_effect_fails(world, monkeypatch):
    from tests.kernel.world_of_grids import COMPLAINTS

    step = COMPLAINTS.steps["accept"]

    def burst(moved, actor):
        raise ZeroDivisionError

    monkeypatch.setitem(COMPLAINTS.steps, "accept", _with(step, then=(burst,)))
    assert world.browser("lin").post("/complaintgrid/action/accept/1").status_code == 500
    assert _states(world)[1] == "new"
    assert world.events() == []


def _with(step, **changes):
    from dataclasses import replace

    return replace(step, **changes)


def test_a_press_costs_the_same_for_two_rows_and_for_a_thousand(world):
    def cost(rows: int, expected: int) -> int:
        world.fill(rows, said=f"数{rows}", org_path=SCHOOL_A)
        form = {"action": "accept", "all_matching": "1", "expected": str(expected)}
        with world.statements() as seen:
            world.browser("lin").post(f"{POST}?_flt_1_said=数{rows}", data=form)
        return len(seen)

    assert cost(2, 2) == cost(1000, 1000) <= 8
