"""What the start page tells a new person of each duty, and where it leads."""

from __future__ import annotations

import pytest

from app.accounts.models import ROLES
from app.kernel import desk
from app.kernel.actor import CLOCK_ROLE

PEOPLE = {
    "school_clerk": "s3635000003_clerk", "school_reviewer": "s3635000003_reviewer",
    "bureau_clerk": "minhou_clerk", "bureau_reviewer": "minhou_reviewer",
    "bureau_approver": "minhou_approver", "bureau_exporter": "minhou_exporter",
    "bureau_poster": "minhou_poster", "sysadmin": "sysadmin", "secadmin": "secadmin",
    "auditor": "auditor",
}  # fmt: skip


def test_every_duty_is_told_how_to_begin(stage):
    assert stage.staff.blueprints
    assert set(PEOPLE) == set(ROLES) - {CLOCK_ROLE}
    told = {role: len(desk._hints.get(role, [])) for role in PEOPLE}
    assert min(told.values()) >= 3, told
    assert max(told.values()) <= 5, told


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_a_beginner_is_sent_to_opens(house, client_of, role):
    client = client_of(PEOPLE[role])
    page = client.get("/").text
    for hint in desk._hints[role]:
        assert str(hint.title) in page
        if hint.url:
            assert client.get(hint.url).status_code == 200, hint.url
