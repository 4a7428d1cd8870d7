"""The API: the same rows, columns, rights, steps and refusals as the pages, as JSON."""

from __future__ import annotations

import re

import pytest

from app.kernel.rest import Api
from tests.kernel.world_of_grids import ComplaintGrid, RemarkGrid, make_app

API = "/api/v1/demo_complaint/"


def _said(answer) -> list[str]:
    return [row["said"] for row in answer.json["rows"]]


def test_a_list_holds_the_columns_of_the_grid_and_the_rows_of_ones_place(world):
    answer = world.browser("lin").get(API)
    assert (answer.status_code, answer.json["count"], answer.json["more"]) == (200, 2, False)
    first = answer.json["rows"][-1]
    assert first == {
        "id": 1, "said": "饭菜凉", "who": "张三", "place": {"id": 5, "label": "第一职校"},
        "kind": "food", "fen": 100, "month": "2026-09", "urgent": False, "at": None,
        "state": "new",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("said=收费高", ["收费高"]),
        ("said__starts=没", ["没热水"]),
        ("said__has=菜", ["饭菜凉"]),
        ("state=open", []),
        ("state__ne=open&place=6", ["没热水"]),
        ("month__ge=2026-09&fen__le=1.00&order=said&size=1&page=1", ["没热水"]),
    ],
)
def test_the_query_string_is_the_filter(world, query, said):
    assert _said(world.browser("chen").get(f"{API}?{query}")) == said


@pytest.mark.parametrize(
    "query",
    ["id_no=x", "said__like=x", "page=x", "size=201", "order=id_no", "nonsense=1", "fen=much",
     "page=99999&size=200"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_sentence(world, query):
    answer = world.browser("chen").get(f"{API}?{query}")
    assert answer.status_code == 400
    assert re.search("[\u4e00-\u9fff]", answer.json["error"])


def test_one_row_is_the_page_of_one_row(world):
    assert world.browser("lin").get(f"{API}1").json["said"] == "饭菜凉"
    missing = world.browser("lin").get(f"{API}3")
    assert (missing.status_code, "error" in missing.json) == (404, True)


def test_a_step_on_one_row(world):
    answer = world.browser("lin").post(f"{API}1/accept")
    assert (answer.status_code, answer.json) == (
        200, {"moved": 1, "refused": {}, "refused_total": 0},
    )  # fmt: skip
    again = world.browser("lin").post(f"{API}1/accept")
    assert again.status_code == 409
    assert again.json["error"] == again.json["refused"]["1"]
    assert "当前状态为「核实中」" in again.json["error"]
    assert world.events(verb="accept", outcome="ok")[0].subject_id == 1


def test_a_step_on_a_row_of_another_school_finds_none(world):
    assert world.browser("lin").post(f"{API}3/accept").status_code == 404
    assert world.complaint(3).state == "new"


def test_a_step_on_all_rows_of_a_filter(world):
    world.fill(40, said="一样")
    answer = world.browser("chen").post(f"{API}take/accept?said=一样", json={"expected": 40})
    assert answer.json["moved"] == 40
    assert {e.filter_text for e in world.events(verb="accept")} == {"内容 等于 一样"}


def test_a_step_on_a_set_needs_the_number_of_rows_and_it_must_be_right(world):
    browser = world.browser("lin")
    assert browser.post(f"{API}take/accept").status_code == 400
    assert browser.post(f"{API}take/accept", json={"expected": "2"}).status_code == 400
    assert browser.post(f"{API}take/accept", json=[2]).status_code == 400
    wrong = browser.post(f"{API}take/accept", json={"expected": 3})
    assert (wrong.status_code, "您看到的是 3 条" in wrong.json["error"]) == (409, True)
    assert world.complaint(1).state == "new"


def test_a_reason_goes_with_the_step(world):
    world.browser("chen").post(f"{API}1/accept")
    assert world.browser("zheng").post(f"{API}1/send_back").status_code == 409
    told = world.browser("zheng").post(f"{API}1/send_back", json={"note": "缺材料"})
    assert told.json["moved"] == 1
    assert world.events(verb="send_back", outcome="ok")[0].note == "缺材料"


def test_rights_are_those_of_the_pages(world):
    assert world.app.test_client().get(API).status_code == 401
    assert world.browser("he").post(f"{API}1/accept").status_code == 403
    assert world.browser("lin").post(f"{API}1/close").status_code == 403
    assert world.browser("he").get("/api/v1/demo_remark/").status_code == 403
    assert world.browser("lin").get("/api/v1/demo_hidden/").status_code == 404
    assert world.browser("lin").get(f"{API}1/accept").status_code == 405


def test_a_post_without_the_token_changes_nothing(tmp_path):
    from app.kernel.db import db
    from tests.kernel.world_of_grids import World

    app = make_app(f"sqlite:///{tmp_path}/csrf.db", [ComplaintGrid], csrf=True)
    answer = World(app).browser("lin").post(f"{API}1/accept")
    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    with app.app_context():
        db.engine.dispose()


def test_the_description_names_only_what_one_may_use(world):
    paths = world.browser("lin").get("/api/v1/openapi.json").json["paths"]
    assert "/demo_complaint/{id}/accept" in paths
    assert "/demo_complaint/take/accept" in paths
    assert "/demo_complaint/{id}/close" not in paths
    listed = {p["name"] for p in paths["/demo_complaint/"]["get"]["parameters"]}
    assert {"said", "said__starts", "month__ge", "order", "page", "size"} <= listed
    assert "/demo_remark/" not in world.browser("he").get("/api/v1/openapi.json").json["paths"]
    assert world.app.test_client().get("/api/v1/openapi.json").status_code == 401


def test_the_description_can_be_read_as_a_page(world):
    page = world.browser("lin").get("/api/v1/")
    assert page.status_code == 200
    assert "/api/v1/demo_complaint/{id}/accept" in page.text
    assert world.app.test_client().get("/api/v1/").status_code == 401


def test_two_grids_of_one_table_must_say_which_is_the_api(tmp_path):
    twin = type("TwinGrid", (RemarkGrid,), {})
    from app.kernel.grid import Grid

    Grid.all.remove(twin)
    with pytest.raises(TypeError, match="api = ''"):
        make_app(f"sqlite:///{tmp_path}/twin.db", [RemarkGrid, twin])
    twin.api = ""
    assert Api([twin]).kinds == (twin,)
    make_app(f"sqlite:///{tmp_path}/twin.db", [RemarkGrid, twin])


def test_a_list_costs_two_statements_at_any_size(world):
    world.fill(300)
    with world.statements() as seen:
        world.browser("lin").get(f"{API}?size=200")
    assert len(seen) == 2
