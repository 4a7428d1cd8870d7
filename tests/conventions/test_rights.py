"""Every right derives from a declaration, and every menu entry leads somewhere."""

from __future__ import annotations

import re

import pytest

from app.accounts.models import ROLES
from app.accounts.security import rights
from app.kernel.grid import Grid, grants
from app.kernel.grid.declare import by_role
from tests import world
from tests.conventions.test_reach import ABOVE, ADMINS, FOREIGN_STAFF, SCHOOL_STAFF

EVERYBODY = SCHOOL_STAFF + FOREIGN_STAFF[:5] + ABOVE[:1] + ADMINS


@pytest.fixture
def grids(staff):
    return [g for g in Grid.all if g.__module__.startswith("app.")]


def test_every_grant_is_declared_as_access_or_as_a_step(grids):
    declared = set()
    for grid in grids:
        for role, held in by_role(grid.access).items():
            declared |= {(role, right, grid.__name__) for right in held}
        declared |= {(r, a.name, grid.__name__) for a in grid.buttons.values() for r in a.by}
    granted = {(role, right, name) for role, held in grants(grids).items() for right, name in held
               if right != "menu_access"}  # fmt: skip
    assert granted == declared


def test_every_step_on_a_grid_is_granted_to_whom_it_names_and_nobody_else(grids):
    for grid in grids:
        for name in set(grid.buttons) & set(grid.workflow.steps if grid.workflow else ()):
            holders = {role for role, held in rights().items() if (name, grid.__name__) in held}
            assert holders == set(grid.workflow.steps[name].by), f"{grid.__name__}.{name}"


def test_only_known_roles_hold_rights(grids):
    assert set(grants(grids)) <= set(ROLES)


def test_a_menu_entry_stands_only_where_the_list_may_be_opened(grids):
    for role, held in grants(grids).items():
        entries = {name for right, name in held if right == "menu_access"}
        for grid in grids:
            opens = ("can_list", grid.__name__) in held and grid.menu is not None
            assert (grid.__name__ in entries) == opens, f"{role} {grid.__name__}"


@pytest.mark.parametrize("username", EVERYBODY)
def test_every_entry_of_somebodys_menu_opens(house, client_of, username):
    client = client_of(username)
    page = client.get("/").text
    links = set(re.findall(r'href="(/\w+grid/(?:list|upload|begin)/?)"', page))
    assert links
    answers = {url: client.get(url).status_code for url in links}
    assert set(answers.values()) == {200}, answers


def test_the_administrators_share_nothing(grids):
    """Who makes accounts grants no duty; who reads the trail does neither."""
    made = {role for role, held in grants(grids).items() if ("can_add", "AccountGrid") in held}
    granted = {role for role, held in grants(grids).items() if ("enable", "AccountGrid") in held}
    reads = {role for role, held in grants(grids).items() if ("can_list", "EventGrid") in held}
    assert (made, granted, reads) == ({world.SYSADMIN}, {world.SECADMIN}, {world.AUDITOR})


def test_every_page_that_a_room_adds_asks_for_a_right_that_somebody_holds(grids):
    held = {grant for role in grants(grids).values() for grant in role}
    asked = {
        (f"can_{page._permission_name}", grid.__name__)
        for grid in grids
        for page in vars(grid).values()
        if hasattr(page, "_urls") and hasattr(page, "_permission_name")
    }
    assert ("can_watch", "JobGrid") in asked
    assert asked <= held


def test_whatever_list_somebody_sees_may_be_taken_out_as_a_file(grids):
    kept = {"JobGrid"}  # what runs just now is watched, not filed
    seen = {(role, name) for role, held in grants(grids).items() for right, name in held
            if right == "can_list" and name not in kept}  # fmt: skip
    for role, name in sorted(seen):
        assert ("can_export", name) in grants(grids)[role], f"{role} {name}"
