"""Every page of the administrators costs the same few statements, however much there is."""

from __future__ import annotations

import pytest

from app.accounts import models as m
from app.accounts import service
from app.accounts.service import NewAccount
from app.kernel import scope
from app.kernel.db import db, writing

PAGES = [
    ("wang", "/", 8), ("wang", "/orggrid/list/", 4), ("wang", "/orggrid/show/1", 3),
    ("wang", "/orggrid/add", 2), ("wang", "/orggrid/edit/5", 4), ("wang", "/accountgrid/add", 2),
    ("zhao", "/accountgrid/list/?psize_AccountGrid=200", 4), ("zhao", "/accountgrid/show/8", 3),
    ("zhao", "/accountgrid/edit/8", 3), ("sun", "/eventgrid/list/?psize_EventGrid=200", 4),
    ("sun", "/eventgrid/show/1", 3),
]  # fmt: skip


def more_people(town) -> None:
    with town.app.app_context(), scope.everyone("a test fills the house"), writing():
        org = db.session.query(m.Org).filter_by(code="350102").one()
        service.add_accounts([NewAccount(f"more{n}", f"某{n}", org) for n in range(250)])
        db.session.commit()


@pytest.mark.parametrize(("who", "page", "most"), PAGES)
def test_a_page_costs_few_statements_and_never_more(town, statements, who, page, most):
    browser = town.client_of(who)
    costs = []
    for fill in (lambda _town: None, more_people):
        fill(town)
        with statements() as seen:
            assert browser.get(page).status_code == 200
        costs.append(len(seen))
        assert len(seen) <= most, seen
    assert costs[1] <= costs[0] + 1, "one more to count a page that is full, none for each row"
