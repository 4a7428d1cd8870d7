"""A grid does what its declaration says."""

from __future__ import annotations

from tests.kernel.world_of_grids import *  # noqa: F403

pytest_plugins = ["tests.kernel.world_of_grids"]


def test_a_list_shows_the_rows_of_ones_own_place(world):
    page = world.browser("lin").get("/complaintgrid/list/")
    print(page.text)
    assert page.status_code == 200
    assert "饭菜凉" in page.text
    assert "没热水" not in page.text
