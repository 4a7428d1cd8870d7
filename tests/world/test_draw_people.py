"""Invented people pass every check that real ones must."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from app.kernel import idcard
from app.kernel.check_digits import luhn
from app.kernel.types import BankCard, IdNumber, PersonName
from app.world import words
from app.world.people import Issuer, Pupil, with_luhn, with_mod_11_10


def drawn(seed: int, count: int = 3_000) -> list[Pupil]:
    issuer = Issuer(random.Random(seed))
    return [issuer.pupil("350121", 2025, words.MAJORS[n % 16], 1) for n in range(count)]


PEOPLE = drawn(1)


def test_every_number_is_read_as_it_stands_and_raises_no_doubt():
    for pupil in PEOPLE:
        assert IdNumber.clean(pupil.id_no) == pupil.id_no
        assert IdNumber.doubt(pupil.id_no) is None or pupil.id_no.endswith("000")
        assert BankCard.clean(pupil.card_no) == pupil.card_no
        assert PersonName.clean(pupil.name) == pupil.name


def test_the_number_says_the_sex():
    assert {idcard.sex_of(p.id_no) == idcard.MALE for p in PEOPLE if p.male} == {True}
    assert {idcard.sex_of(p.id_no) == idcard.FEMALE for p in PEOPLE if not p.male} == {True}


def test_no_two_people_share_a_number_or_a_card():
    assert len({p.id_no for p in PEOPLE}) == len(PEOPLE)
    assert len({p.card_no for p in PEOPLE}) == len(PEOPLE)


def test_they_are_of_the_age_at_which_people_start():
    births = [idcard.birth_of(p.id_no) for p in PEOPLE]
    assert min(births).isoformat() == "2009-09-01"
    assert max(births).isoformat() == "2010-08-31"


def test_cards_are_as_long_as_cards_get():
    assert {len(p.card_no) for p in PEOPLE} == {16, 17, 18, 19}
    most = Counter(p.card_no[:6] for p in PEOPLE).most_common(1)[0][0]
    assert most == "621284"


def test_some_were_born_where_no_code_stands_any_more():
    areas = Counter(p.id_no[:6] for p in PEOPLE)
    assert areas["350121"] > 2_800
    assert set(words.RETIRED_AREAS) <= set(areas)


def test_the_same_seed_draws_the_same_people():
    assert drawn(1, 50) == PEOPLE[:50]
    assert drawn(2, 50) != PEOPLE[:50]


@pytest.mark.parametrize("digits", ["62128400000000000", "6223881234567890", "1"])
def test_the_check_digit_of_cards_is_the_only_one_that_fits(digits: str):
    made = with_luhn(digits)
    assert [luhn(f"{digits}{n}") for n in range(10)].count(True) == 1
    assert luhn(made)


def test_the_check_digit_of_bank_numbers_is_that_of_real_ones():
    assert with_mod_11_10("31339108000") == "313391080007"
    assert with_mod_11_10("31339308000") == "313393080005"
