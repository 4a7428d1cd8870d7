"""The map of the small Fujian and of the province."""

from __future__ import annotations

import random
from collections import Counter

from app.accounts.models import COUNTY, PREFECTURE, PROVINCE, SCHOOL
from app.world import places, words


def test_the_small_fujian_has_every_way_of_standing_below_somebody():
    by_code = {p.code: p for p in places.SMALL}
    above = {by_code[p.above].level for p in places.SMALL if p.level == SCHOOL}
    assert above == {PROVINCE, PREFECTURE, COUNTY}
    assert [p.code for p in places.SMALL if p.level != SCHOOL and p.division is None] == ["FJ9001"]
    assert Counter(p.above for p in places.SMALL if p.level == SCHOOL)["350121"] == 2


def test_superiors_come_before_those_below_them():
    for row in (places.SMALL, [*places.bureaus(), *places.schools(random.Random(1), 100, 9_000)]):
        known = {""}
        for place in row:
            assert place.above in known
            known.add(place.code)


def test_the_province_has_nine_prefectures_and_84_counties():
    assert Counter(p.level for p in places.bureaus()) == {PROVINCE: 1, PREFECTURE: 9, COUNTY: 84}


def test_500_schools_take_in_exactly_the_students_there_are():
    made = list(places.schools(random.Random(1), 500, 100_000))
    assert sum(p.size for p in made) == 100_000
    assert Counter(p.ownership for p in made) == {"省属": 25, "市属": 18, "县属": 457}
    assert len({p.name for p in made}) == len({p.code for p in made}) == 500
    assert places.ISLAND_WITHOUT_SCHOOLS not in {p.above for p in made}


def test_there_is_a_name_for_everybody_who_works_there():
    assert len(set(words.STAFF)) == len(words.STAFF)
    assert {len(name) for name in words.STAFF} == {3}
