"""No page of the staff face costs more than ten statements, whatever the page size."""

from __future__ import annotations

import pytest

from app.kernel.grid import Grid
from app.kernel.grid.asked import SIZES
from tests.conventions.reach import Doors, Victims
from tests.conventions.test_reach import ABOVE, ADMINS, FOREIGN_STAFF, SCHOOL_STAFF

MOST = 10
EVERYBODY = SCHOOL_STAFF + FOREIGN_STAFF[:5] + ABOVE + ADMINS


@pytest.fixture
def cost(client_of, statements):
    """How many statements a page takes for this account; the page must be there."""

    def of(client, url: str) -> int:
        with statements() as seen:
            answer = client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        return len(seen)

    return of


@pytest.mark.parametrize("username", EVERYBODY)
def test_lists_cost_the_same_at_every_page_size_and_little(house, client_of, cost, username):
    client = client_of(username)
    dear = {}
    for grid in visible(client):
        costs = {size: cost(client, f"/{grid}/list/?psize_{name(grid)}={size}")
                 for size in (SIZES[0], SIZES[-1])}  # fmt: skip
        if max(costs.values()) > MOST or abs(costs[SIZES[0]] - costs[SIZES[-1]]) > 1:
            dear[grid] = costs
    assert dear == {}


@pytest.mark.parametrize("username", EVERYBODY)
def test_the_start_page_costs_little(house, client_of, cost, username):
    assert cost(client_of(username), "/") <= MOST


@pytest.mark.parametrize("username", ABOVE)
def test_one_row_costs_little(house, stage, client_of, cost, username):
    client, dear = client_of(username), {}
    rows = Doors(stage.staff, Victims(stage.staff, "/"))
    for grid in visible(client):
        view = rows.grids[name(grid)]
        if not rows.victims.rows_of(view.model):
            continue
        n = cost(client, f"/{grid}/show/{rows.victims.one(view.model)}")
        if n > MOST:
            dear[grid] = n
    assert dear == {}


def visible(client) -> list[str]:
    """The addresses of the lists this account may open."""
    found = [g.__name__.lower() for g in Grid.all if g.__module__.startswith("app.")]
    open_ = [g for g in found if client.get(f"/{g}/list/?psize_{name(g)}=10").status_code == 200]
    assert open_
    return open_


def name(address: str) -> str:
    return next(g.__name__ for g in Grid.all if g.__name__.lower() == address)


def test_a_page_that_asks_for_each_row_would_be_noticed(house, stage, statements):
    from app.kernel import scope
    from app.kernel.db import db
    from app.publicity.models import AidLine

    with stage.staff.app_context(), scope.everyone("a test counts"), statements() as seen:
        for line in db.session.query(AidLine).limit(20):
            db.session.expire(line)
            assert line.aid_list.month
    assert len(seen) > MOST
