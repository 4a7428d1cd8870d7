"""A student with a temporary number who gets the real one is not paid twice for a month."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.payments.models import Payment
from tests.engine import card, line, lines, student

REAL = student(0)
TEMPORARY = replace(REAL, id_no="999313501210100001", card_no=card(900))
"""The same student before; his card of then is given up."""


def listed(world, who, school=None, **but):
    return world.listed(school or world.school, [line(who, **but)], kind="SUPPLEMENT")


@pytest.mark.parametrize(("first", "then"), [(TEMPORARY, REAL), (REAL, TEMPORARY)])
def test_the_same_month_by_the_other_number_stops_the_list(world, first, then):
    world.through(listed(world, first))
    world.paid(world.exported(world.opened()))
    target = listed(world, then)
    assert world.codes(target) == {"TWO_NUMBERS"}
    out = world.press("submit", target, world.school.reviewer)
    assert (out.moved, world.count(Payment)) == (0, 1)


def test_the_bureau_that_knows_them_to_be_two_lets_it_pass_with_a_reason(world):
    world.through(listed(world, TEMPORARY))
    target = listed(world, REAL)
    world.overrule(target, "TWO_NUMBERS")
    world.through(target)
    assert world.open().accepted == 2


def test_two_temporary_numbers_of_one_name_are_questioned_too(world):
    world.through(listed(world, TEMPORARY))
    other = replace(TEMPORARY, id_no="999313501210100002", card_no=card(901))
    assert world.codes(listed(world, other)) == {"TWO_NUMBERS"}


def test_another_month_by_the_real_number_is_as_it_should_be(world):
    world.through(listed(world, TEMPORARY))
    before = {"first_month": world.month - 4, "last_month": world.month - 3}
    assert world.codes(listed(world, REAL, **before)) == set()


def test_a_line_that_was_removed_is_nobodys_month(world):
    world.remove(world.through(listed(world, TEMPORARY)), 2)
    assert world.codes(listed(world, REAL)) == set()


def test_real_numbers_of_one_name_and_another_schools_students_are_two_people(world):
    namesake = replace(student(1), name=REAL.name)
    world.through(listed(world, namesake))
    assert world.codes(listed(world, REAL)) == set()
    assert world.codes(listed(world, TEMPORARY, world.second)) == set()


def test_who_is_only_registered_is_in_nobodys_way(world):
    world.enrol(world.school, [line(TEMPORARY)])
    assert world.codes(world.listed(world.school, lines(2))) == set()
