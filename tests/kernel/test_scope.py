"""The scope: every road to the rows is narrowed to one's place, and nothing is open by default."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy import text as bare  # noqa: TID251  (to show what the lint is for)
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.kernel import scope
from app.kernel.db import db
from app.kernel.scope import ScopeMissing
from tests.kernel.world_of_grids import (
    COUNTY,
    FAR_SCHOOL,
    SCHOOL_A,
    SCHOOL_B,
    Complaint,
    Hidden,
    Place,
    Remark,
)


@pytest.fixture
def rows(world):
    """The tables, with a remark on the first and the last complaint and one hidden row."""
    with world.at() as session:
        session.add_all([
            Remark(id=1, words="近", complaint_id=1, org_path=SCHOOL_A),
            Remark(id=2, words="远", complaint_id=4, org_path=FAR_SCHOOL),
            Hidden(id=1, secret="密"),
        ])  # fmt: skip
        session.commit()
    with world.app.app_context():
        yield db.session


def _said(found) -> list[str]:
    return sorted(c.said for c in found)


NEAR = ["收费高", "饭菜凉"]


# Without a scope nothing is read and nothing is written.


@pytest.mark.parametrize(
    "statement",
    [
        lambda: select(Complaint),
        lambda: select(Complaint.said),
        lambda: select(func.count()).select_from(Complaint),
        lambda: select(aliased(Complaint)),
        lambda: select(1).where(select(Complaint.id).exists()),
        lambda: select(Place).where(Place.id.in_(select(Complaint.place_id))),
        lambda: select(Complaint.__table__),
        lambda: select(Place),
        lambda: select(Hidden),
        lambda: update(Complaint).values(said="x"),
        lambda: delete(Complaint),
        lambda: insert(Complaint),
        lambda: insert(Complaint.__table__),
    ],
)
def test_without_a_scope_no_statement_on_scoped_rows_runs(rows, statement):
    with pytest.raises(ScopeMissing):
        rows.execute(statement())


def test_without_a_scope_nothing_is_written_either(rows):
    rows.add(Complaint(said="x", org_path=SCHOOL_A))
    with pytest.raises(ScopeMissing):
        rows.flush()


def test_tables_that_belong_to_nobody_need_no_scope(rows):
    assert rows.scalar(select(1)) == 1


def test_nowhere_is_a_place_with_no_rows(rows):
    with scope.scope(scope.NOWHERE):
        for model in (Complaint, Place, Hidden):
            assert list(rows.scalars(select(model))) == []


# Inside a scope every road leads to the same rows.


@pytest.mark.parametrize(
    "look",
    [
        lambda s: s.scalars(select(Complaint)),
        lambda s: s.query(Complaint).all(),
        lambda s: s.scalars(select(aliased(Complaint))),
        lambda s: s.scalars(select(Complaint).where(Complaint.id.in_(select(Complaint.id)))),
        lambda s: s.scalars(select(Complaint).from_statement(select(Complaint))),
        lambda s: [r[0] for r in s.execute(select(Complaint).join(Complaint.place))],
        lambda s: [c for n in range(1, 5) if (c := s.get(Complaint, n))],
    ],
)  # fmt: skip
def test_rows_are_those_of_ones_place(rows, look):
    with scope.scope(SCHOOL_A):
        assert _said(look(rows)) == NEAR


@pytest.mark.parametrize(
    "count",
    [
        lambda s: s.scalar(select(func.count()).select_from(Complaint)),
        lambda s: s.scalar(select(func.count(Complaint.id))),
        lambda s: s.query(Complaint).count(),
        lambda s: s.scalar(select(func.count()).select_from(select(Complaint.id).subquery())),
        lambda s: s.scalar(select(func.sum(Complaint.fen))) // 100,
        lambda s: len(s.execute(select(Complaint.said, Complaint.fen)).all()),
        lambda s: s.scalar(select(select(func.count(Complaint.id)).scalar_subquery())),
    ],
)
def test_counts_and_sums_are_those_of_ones_place(rows, count):
    with scope.scope(SCHOOL_A):
        assert count(rows) == 2


def test_exists_looks_no_further_than_ones_place(rows):
    far = select(Complaint.id).where(Complaint.said == "远处的事").exists()
    with scope.scope(SCHOOL_A):
        assert rows.scalar(select(far)) is False
        assert list(rows.scalars(select(Complaint).where(far))) == []
    with scope.everyone("proof that there is one"):
        assert rows.scalar(select(far)) is True


def test_relations_lead_nowhere_else(rows):
    with scope.everyone("hang a near remark on a far complaint"):
        rows.get(Remark, 1).complaint_id = 4
        rows.commit()
    rows.expunge_all()
    with scope.scope(SCHOOL_A):
        [lazy] = rows.scalars(select(Remark))
        assert lazy.complaint is None
        rows.expunge_all()
        [eager] = rows.scalars(select(Remark).options(joinedload(Remark.complaint)))
        assert eager.complaint is None


def test_collections_hold_only_rows_of_ones_place(rows):
    with scope.everyone("hang a far remark on a near complaint"):
        rows.get(Remark, 2).complaint_id = 1
        rows.commit()
    for way in (joinedload, selectinload, None):
        rows.expunge_all()
        with scope.scope(SCHOOL_A):
            wanted = select(Complaint).where(Complaint.id == 1)
            found = wanted.options(way(Complaint.remarks)) if way else wanted
            assert [r.words for r in rows.scalars(found).unique().one().remarks] == ["近"]


def test_a_bureau_sees_what_lies_below_it(rows):
    with scope.scope(COUNTY):
        assert rows.query(Complaint).count() == 3


def test_a_place_whose_number_begins_like_ours_is_another_place(rows):
    with scope.everyone("a neighbour numbered 50"):
        rows.add(Complaint(said="邻居", org_path="/1/2/3/50/"))
        rows.commit()
    with scope.scope(SCHOOL_A):
        assert _said(rows.scalars(select(Complaint))) == NEAR


def test_the_tree_is_seen_downwards_and_on_the_way_up_but_not_sideways(rows):
    with scope.scope(SCHOOL_A):
        names = {p.name for p in rows.scalars(select(Place))}
    assert names == {"福建省", "福州市", "鼓楼区", "第一职校"}
    with scope.scope(COUNTY):
        names = {p.name for p in rows.scalars(select(Place))}
    assert names == {"福建省", "福州市", "鼓楼区", "第一职校", "第二职校"}


def test_what_is_for_the_system_only_is_seen_by_nobody_else(rows):
    with scope.scope("/1/"):
        assert rows.query(Hidden).count() == 0
        assert rows.get(Hidden, 1) is None
        rows.add(Hidden(secret="新"))
        with pytest.raises(ScopeMissing):
            rows.flush()
    with scope.everyone("services may"):
        rows.rollback()
        assert rows.query(Hidden).count() == 1


# Writing obeys the same borders.


def test_a_set_based_update_or_delete_stops_at_the_border(rows):
    with scope.scope(SCHOOL_A):
        assert rows.execute(update(Complaint).values(urgent=True)).rowcount == 2
        rows.execute(delete(Remark))
        rows.query(Complaint).filter(Complaint.id == 4).update({"urgent": True})
        rows.commit()
    with scope.everyone("look"):
        assert {c.id for c in rows.query(Complaint).filter_by(urgent=True)} == {1, 2}
        assert [r.words for r in rows.query(Remark)] == ["远"]


@pytest.mark.parametrize(
    "statement",
    [
        lambda: insert(Complaint).values(said="x", org_path=SCHOOL_A),
        lambda: insert(Complaint.__table__).values(said="x", org_path=SCHOOL_A),
        lambda: update(Complaint).values(org_path=FAR_SCHOOL),
        lambda: update(Complaint.__table__).values(urgent=True),
        lambda: delete(Complaint.__table__),
        lambda: select(Complaint.__table__),
        lambda: update(Place).values(path="/1/4/99/"),
    ],
)
def test_statements_the_scope_cannot_narrow_are_refused(rows, statement):
    with scope.scope(SCHOOL_A), pytest.raises(ScopeMissing):
        rows.execute(statement())


def test_updating_by_key_past_the_criteria_is_refused(rows):
    with scope.scope(SCHOOL_A), pytest.raises(ScopeMissing):
        rows.execute(update(Complaint), [{"id": 4, "said": "x"}])


def test_a_row_is_added_only_inside_ones_place(rows):
    with scope.scope(SCHOOL_A):
        rows.add(Complaint(said="自己的", org_path=SCHOOL_A))
        rows.flush()
        rows.add(Complaint(said="别人的", org_path=SCHOOL_B))
        with pytest.raises(ScopeMissing):
            rows.flush()


@pytest.mark.parametrize(("start", "end"), [(SCHOOL_A, SCHOOL_B), (SCHOOL_B, SCHOOL_A)])
def test_a_row_is_moved_neither_out_of_ones_place_nor_into_it(rows, start, end):
    with scope.everyone("bring the row into the session"):
        row = rows.query(Complaint).filter_by(org_path=start).first()
    with scope.scope(SCHOOL_A):
        row.org_path = end
        with pytest.raises(ScopeMissing):
            rows.flush()


def test_an_object_left_over_from_a_wider_scope_is_not_written(rows):
    with scope.everyone("somebody else's row stays in the session"):
        row = rows.get(Complaint, 4)
    with scope.scope(SCHOOL_A):
        row.said = "改"
        with pytest.raises(ScopeMissing):
            rows.flush()


def test_nor_one_whose_place_has_not_been_loaded(rows):
    with scope.everyone("somebody else's row stays in the session, expired"):
        row = rows.get(Complaint, 4)
        rows.expire(row)
    with scope.scope(SCHOOL_A):
        row.said = "改"
        with pytest.raises(ScopeMissing):
            rows.flush()


def test_nor_is_it_deleted(rows):
    with scope.everyone("somebody else's row stays in the session"):
        row = rows.get(Remark, 2)
    with scope.scope(SCHOOL_A):
        rows.delete(row)
        with pytest.raises(ScopeMissing):
            rows.flush()


def test_an_object_of_a_wider_scope_is_not_handed_out_from_memory(rows):
    with scope.everyone("somebody else's row stays in the session"):
        kept = rows.get(Complaint, 4)
    with scope.scope(SCHOOL_A):
        assert rows.scalars(select(Complaint).where(Complaint.id == 4)).first() is None
        assert kept.id == 4


def test_a_class_further_down_is_guarded_like_its_parents():
    class Top:
        pass

    class Middle(Top):
        pass

    class Low(Middle):
        pass

    assert list(scope._below(Top)) == [Middle, Low]
    assert {Complaint, Remark, Hidden, Place} <= set(scope._guarded())


def test_scopes_nest_and_end(rows):
    with scope.scope(COUNTY):
        with scope.scope(SCHOOL_A):
            assert rows.query(Complaint).count() == 2
        assert rows.query(Complaint).count() == 3
    assert scope.current() is None


def test_the_condition_in_words_equals_the_scope(rows):
    with scope.everyone("compare"):
        for path, n in ((SCHOOL_A, 2), (COUNTY, 3), ("/1/", 4), (scope.NOWHERE, 0), ("/", 4)):
            assert rows.query(Complaint).filter(scope.within(Complaint, path)).count() == n
    with pytest.raises(ScopeMissing):
        scope.within(Complaint)


def test_two_roads_are_known_that_the_scope_does_not_guard(rows):
    """Text is banned by lint. `get` answers from memory: one session, one scope. This test is
    here so that nobody believes otherwise."""
    with scope.scope(SCHOOL_A):
        assert rows.scalar(bare("SELECT count(*) FROM demo_complaint")) == 4
    with scope.everyone("put a row into the session's memory"):
        far = rows.get(Complaint, 4)
    with scope.scope(SCHOOL_A):
        assert rows.get(Complaint, 4) is far
