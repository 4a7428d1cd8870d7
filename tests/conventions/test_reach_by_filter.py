"""A condition on somebody else's row finds nothing, wherever a condition can be put."""

from __future__ import annotations

import pytest

from tests import world
from tests.conventions.reach import text_of
from tests.conventions.test_reach import doors_of, path_of, secrets_of  # noqa: F401

ASKERS = [world.LANXI_CLERK, "siming_approver", "xiamen_reviewer"]


@pytest.mark.parametrize("username", ASKERS)
def test_no_condition_leads_to_another_schools_rows(doors_of, client_of, username):  # noqa: F811
    doors = doors_of(username)
    client, told = client_of(username), secrets_of(doors, username)
    wrong, counted = [], 0
    for grid, column, key in doors.filters():
        condition = f"?_flt_0_{column}={key}"
        for page in ("list/", "export", "matching"):
            answer = client.get(f"{grid.route_base}/{page}{condition}&format=csv")
            said = [w for w in told if w in text_of(answer)]
            if said or answer.status_code >= 500:
                wrong.append(
                    f"{grid.route_base}/{page}{condition}: {answer.status_code} {said[:3]}"
                )
            shared = column == "run"  # a run holds orders of every school of its bureau
            if page == "matching" and answer.status_code == 200 and not shared:
                counted += 1
                if answer.json["count"]:
                    wrong.append(f"{grid.route_base}/{page}{condition}: {answer.json}")
    assert counted >= 4
    assert wrong == []


@pytest.mark.parametrize("username", ASKERS)
def test_no_picker_offers_another_schools_rows(doors_of, client_of, username):  # noqa: F811
    doors, client = doors_of(username), client_of(username)
    asked = 0
    for grid in doors.grids.values():
        for column in grid.lookups:
            answer = client.get(f"{grid.route_base}/lookup/{column}?q=旗山")
            asked += answer.status_code == 200
            assert answer.status_code in (403, 404) or answer.json == []
    assert asked


@pytest.mark.parametrize("username", ASKERS)
def test_the_api_counts_nothing_of_theirs(doors_of, client_of, username):  # noqa: F811
    doors, client = doors_of(username), client_of(username)
    told = secrets_of(doors, username)
    for table in ("aid_list", "aid_line", "finding", "attempt", "enrolment", "hold", "pay_run"):
        pages = [client.get(f"/api/v1/{table}/?size=200"),
                 client.get(f"/api/v1/{table}/?school_id={doors.victims.one(_org())}")]  # fmt: skip
        for answer in pages:
            assert answer.status_code < 500
            assert not [w for w in told if w in text_of(answer)], table
        assert pages[1].status_code != 200 or pages[1].json["count"] == 0


def _org():
    from app.accounts.models import Org

    return Org


def test_the_same_conditions_find_rows_for_those_they_belong_to(doors_of, client_of):  # noqa: F811
    doors = doors_of(world.LANXI_CLERK)
    client = client_of(world.MINHOU_APPROVER)
    url = f"/listgrid/matching?_flt_0_school_id={doors.victims.one(_org())}"
    assert client.get(url).json["count"] > 0
