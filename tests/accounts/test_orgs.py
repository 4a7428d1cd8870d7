"""The tree grows at its own place and nowhere else."""

from __future__ import annotations

import pytest

from app.accounts import models as m
from app.kernel import scope
from app.kernel.db import db


def org(town, code: str) -> m.Org | None:
    with town.app.app_context(), scope.everyone("a test looks"):
        return db.session.query(m.Org).filter_by(code=code).one_or_none()


def add(town, by="wang", code="3135010002", above="350102", level=m.SCHOOL, name="鼓楼第二职校"):
    parent = org(town, above)
    form = {"code": code, "name": name, "level": level, "parent_id": parent.id if parent else ""}
    return town.client_of(by).post("/orggrid/add", data=form)


def test_a_new_school_stands_below_its_bureau(town):
    assert add(town).status_code == 303
    made, parent = org(town, "3135010002"), org(town, "350102")
    assert made.path == f"{parent.path}{made.id}/"


def test_a_school_may_hang_directly_on_the_province(town):
    assert add(town, above="350000").status_code == 303


def test_a_closed_organisation_lets_nobody_in(town):
    browser, _answer = town.sign_in("lin")
    school = org(town, "3135010001")
    form = {"name": school.name, "phone": "", "ownership": "", "division_code": ""}
    assert town.client_of("wang").post(f"/orggrid/edit/{school.id}", data=form).status_code == 303
    assert not town.is_in(browser)
    assert town.sign_in("lin")[1].status_code == 401


@pytest.mark.parametrize(
    ("above", "level"),
    [("3135010001", m.SCHOOL), ("350102", m.PREFECTURE), ("350102", m.COUNTY), ("none", m.PROVINCE),
     ("none", m.SCHOOL)],
)  # fmt: skip
def test_nothing_hangs_where_it_cannot(town, above, level):
    assert add(town, above=above, level=level).status_code == 409
    assert org(town, "3135010002") is None


def test_an_administrator_adds_only_below_his_own_bureau(town):
    assert add(town, by="zhou", above="350500").status_code == 303
    assert add(town, by="zhou", above="350102", code="3135010003").status_code == 409


def test_an_administrator_does_not_change_the_bureau_above_his(town):
    fujian = org(town, "350000")
    form = {"name": "另一个厅", "active": "y"}
    assert town.client_of("zhou").post(f"/orggrid/edit/{fujian.id}", data=form).status_code == 409
    assert org(town, "350000").name == "福建省教育厅"


@pytest.mark.parametrize("by", ["zhao", "sun", "chen", "lin"])
def test_others_only_read(town, by):
    browser = town.client_of(by)
    assert browser.get("/orggrid/list/").status_code == 200
    assert add(town, by=by).status_code == 403
    key = org(town, "3135010001").id
    assert browser.post(f"/orggrid/edit/{key}", data={"name": "x"}).status_code == 403
    assert browser.post(f"/orggrid/delete/{key}").status_code in {403, 404, 405}


def test_a_school_sees_itself_and_the_way_up(town):
    page = town.client_of("lin").get("/orggrid/list/").text
    assert "福州第一职业中专" in page
    assert "福州市教育局" in page
    assert "泉州市教育局" not in page
