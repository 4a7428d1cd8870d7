"""Whoever edits a profile sees the first lines that it would write."""

from __future__ import annotations

import pytest

from app.payments.banks import preview, shipped
from tests.payments.banks.cast import line, profile


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_profile_shows_lines_without_being_given_any(name: str) -> None:
    shown = preview(shipped()[name])
    assert any("622280000000000001" in row for row in shown)


def test_lines_that_cannot_be_written_stand_below() -> None:
    shown = preview(profile("pipe_gbk"), [line(1), line(2, holder_name="陈䶮")])
    assert shown[0].startswith("H|R12|1|20260901")
    assert "䶮" in shown[-1]


def test_amounts_and_numbers_are_shown_as_a_person_sees_them() -> None:
    shown = preview(profile("ccb_xlsx"), [line(1, fen=115050)])
    assert shown[1].startswith("1 | 6212841234567800001 | 李小四 | 1150.50 | 0 |")
