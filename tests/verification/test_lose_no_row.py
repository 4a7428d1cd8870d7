"""Dirty files of suspicious records from beginning to end: every row has one fate, none has two."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock, scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.verification.models import Case, StagedCase
from app.verification.previewing import preview
from app.verification.queries import books
from tests.engine import student
from tests.verification.suspects import HEADS, opened, send, suspect, take

thorough = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
PRINTED = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
DIRT = st.one_of(
    st.just(""), st.just("　"), st.text(PRINTED, max_size=12),
    st.sampled_from(["=1+1", "@x", "3.50102E+17", "合计", "AGE", "２０２６年９月", "-5", "—"]),
)  # fmt: skip
SAID = st.sampled_from([
    {}, {}, {"异常类型": "高年龄段"}, {"异常类型": "重复受助"}, {"异常说明": "另有说明"},
    {"涉及金额（元）": ""}, {"学校标识码": "", "学校名称": "闽侯工业学校"},
    {"学校标识码": "", "学校名称": "没有的学校"}, {"学校标识码": "3135012201"},
])  # fmt: skip


@st.composite
def row(draw, schools):
    who, school = student(draw(st.integers(0, 5))), draw(st.sampled_from(schools))
    told = suspect(who, school) | draw(SAID)
    for head in draw(st.lists(st.sampled_from(HEADS), max_size=2)):
        told[head] = draw(DIRT)
    told["姓名"] = told["姓名"].strip() or "王伟"  # a row without a word is a blank line
    return told


def test_every_row_of_every_file_of_suspicions_has_one_fate(world):
    of = opened(world, world.county)

    @thorough
    @given(st.lists(row([world.school, world.second]), min_size=1, max_size=9))
    def run(rows):
        before = world.count(Case)
        upload = send(world, of, rows)
        assert upload.accepted + upload.rejected == upload.row_count == len(rows)
        with clock.at(world.moment), scope.scope(world.county.path):
            seen = preview(upload)
        assert sum(part.total for part in seen.parts) == upload.accepted
        assert sum(len(part.rows) for part in seen.parts) == upload.accepted
        if not upload.accepted:
            with pytest.raises(Refused):
                take(world, upload)
            db.session.rollback()
            return
        taken = take(world, upload)
        done = [taken.added, taken.changed, taken.unchanged]
        assert done == [seen.total(fate) for fate in ("new", "changed", "same")]
        assert taken.added + taken.changed + taken.unchanged + taken.rejected == len(rows)
        assert world.count(Case) == before + taken.added
        assert world.count(StagedCase, upload_id=upload.id) == 0
        with scope.scope(world.county.path):
            assert books(of.id).holds

    run()
    assert {c.school_id for c in world.all(Case)} == {world.school.id, world.second.id}
