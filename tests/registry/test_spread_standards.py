"""What a standard is worth, month by month: nothing lost, nothing added, grades by date."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel.db import db
from app.kernel.types import YearMonth
from app.registry.models import CalendarMonth, DueMonth, Programme, Standard
from app.registry.rules import HORIZON, spread
from app.registry.service import lay_down_programmes, spread_standards

TEN = "2,3,4,5,6,9,10,11,12,1"


def month(text: str) -> YearMonth:
    return YearMonth.parse(text)


def standard(since: str, until: str | None = None, fen: int = 230000, grades: str = "1,2",
             paid: str = TEN, programme: int = 1) -> Standard:  # fmt: skip
    return Standard(programme_id=programme, valid_from=month(since),
                    valid_to=until and month(until), yearly_fen=fen, grades=grades,
                    paid_months=paid)  # fmt: skip


def due(*standards: Standard) -> dict[tuple[str, str], int]:
    """(month, grade) -> fen."""
    return {(str(m), grade): fen for _p, m, grade, fen in spread(standards)}


def test_ten_months_a_year_are_paid_and_the_summer_is_not():
    found = due(standard("2025-09", "2026-08"))
    assert [m for m, grade in found if grade == "1"] == [
        "2025-09", "2025-10", "2025-11", "2025-12", "2026-01",
        "2026-02", "2026-03", "2026-04", "2026-05", "2026-06",
    ]  # fmt: skip
    assert set(found.values()) == {23000}


@pytest.mark.parametrize("fen", [230000, 200000, 115001, 99999, 7, 10])
def test_the_months_of_a_school_year_add_up_to_the_standard(fen):
    found = due(standard("2025-09", "2026-08", fen))
    assert sum(n for (_m, grade), n in found.items() if grade == "1") == fen


def test_what_does_not_divide_goes_to_the_last_month_of_each_term():
    found = due(standard("2025-09", "2026-08", 100003))
    assert [found[m, "1"] for m in ("2025-09", "2026-01", "2026-02", "2026-06")] == [
        10000, 10001, 10000, 10002,
    ]  # fmt: skip


@given(
    st.integers(2, 10**7),
    st.sets(st.sampled_from([9, 10, 11, 12, 1]), min_size=1),
    st.sets(st.sampled_from([2, 3, 4, 5, 6, 7]), min_size=1),
)
def test_each_term_is_worth_half_the_year_however_many_months_it_pays(fen, autumn, spring):
    """1,150 yuan over four months or six: no fen is lost, only a term's last month differs."""
    paid = ",".join(map(str, sorted(autumn | spring)))
    found = due(standard("2025-09", "2026-08", fen, "1", paid))
    terms = {True: [], False: []}
    for (text, _grade), n in sorted(found.items()):
        terms[month(text) <= month("2026-01")].append(n)
    assert (sum(terms[True]), sum(terms[False])) == (fen // 2, fen - fen // 2)
    for shares in terms.values():
        assert len(set(shares[:-1])) <= 1
        assert shares[-1] >= shares[0]


@given(
    st.integers(1, 10**7),
    st.sets(st.integers(1, 12), min_size=1).map(lambda s: ",".join(map(str, sorted(s)))),
)
def test_any_amount_over_any_months_adds_up(fen, paid):
    years = defaultdict(int)
    for (text, grade), n in due(standard("2024-09", "2026-08", fen, "1", paid)).items():
        assert grade == "1"
        assert n >= 0
        years[(month(text) - 8).year] += n
    assert dict(years) == {2024: fen, 2025: fen}


def test_a_change_in_spring_leaves_the_autumn_as_it_was():
    found = due(standard("2024-09", "2025-01", 200000), standard("2025-02", None, 230000, "1,2,3"))
    assert (found["2025-01", "1"], found["2025-02", "1"]) == (20000, 23000)
    assert ("2025-01", "3") not in found
    assert found["2025-02", "3"] == 23000


def test_a_standard_without_an_end_stops_where_the_next_begins():
    """Two rates for one month would be two truths; the table could not even hold them."""
    found = list(spread([standard("2024-09", None, 200000), standard("2025-02", None, 230000)]))
    assert len(found) == len({(p, m, g) for p, m, g, _fen in found})
    assert due(standard("2025-02", None, 230000), standard("2024-09", None, 200000)) == {
        (str(m), g): fen for _p, m, g, fen in found
    }


def test_a_grade_that_drops_out_is_no_longer_due():
    found = due(standard("2024-09", None, grades="1,2,3"), standard("2025-02", None, grades="1"))
    assert ("2025-01", "3") in found
    assert ("2025-02", "3") not in found


def test_programmes_do_not_end_each_others_standards():
    found = {p for p, m, _g, _f in spread([standard("2024-09"), standard("2025-02", programme=2)])
             if m > month("2025-06")}  # fmt: skip
    assert found == {1, 2}


def test_a_standard_without_an_end_runs_to_the_horizon():
    assert max(m for m, _g in due(standard("2025-02"))) == "2035-12"


# --- in the tables


def in_table(world, when: str, grade: str) -> int | None:
    grant = select(Programme.id).where(Programme.code == "GRANT").scalar_subquery()
    return db.session.scalar(
        select(DueMonth.fen).where(DueMonth.month == month(when), DueMonth.grade == grade,
                                   DueMonth.programme_id == grant)
    )  # fmt: skip


@pytest.mark.parametrize(("when", "grade", "fen"), [
    ("2007-09", "1", 15000), ("2015-01", "2", 15000), ("2015-02", "2", 20000),
    ("2024-12", "1", 20000), ("2024-12", "3", None), ("2025-01", "2", 20000),
    ("2025-02", "1", 23000), ("2025-02", "3", 23000), ("2026-07", "1", None),
    ("2026-08", "1", None), ("2026-09", "1", 23000),
])  # fmt: skip
def test_the_grant_is_what_the_papers_say(world, when, grade, fen):
    assert in_table(world, when, grade) == fen


def test_laying_down_again_changes_nothing(world):
    before = db.session.execute(select(func.count(), func.sum(DueMonth.fen))).one()
    lay_down_programmes()
    assert db.session.execute(select(func.count(), func.sum(DueMonth.fen))).one() == before
    assert db.session.scalar(select(func.count()).select_from(Standard)) == 3
    months = db.session.scalars(select(CalendarMonth.month)).all()
    assert len(months) == len(set(months)) == HORIZON - month("2007-09") + 1


def test_an_edited_standard_is_spread_anew(world):
    newest = db.session.scalars(select(Standard).order_by(Standard.valid_from.desc())).first()
    db.session.add(Standard(programme_id=newest.programme_id, valid_from=month("2027-02"),
                            yearly_fen=300000, grades="1,2,3", paid_months=TEN))  # fmt: skip
    db.session.flush()
    spread_standards()
    assert (in_table(world, "2027-01", "1"), in_table(world, "2027-02", "1")) == (23000, 30000)
