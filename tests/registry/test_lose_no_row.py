"""Dirty registry files from beginning to end: every row of the file has one fate, none has two."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock, scope
from app.kernel.db import db
from app.kernel.errors import Refused
from app.registry.models import Enrolment, StagedEnrolment
from app.registry.previewing import preview
from tests.engine import student
from tests.registry.rolls import HEADS, pupil, roll, send, take

thorough = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
PRINTED = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
DIRT = st.one_of(
    st.just(""), st.just("　"), st.text(PRINTED, max_size=12),
    st.sampled_from(["=1+1", "@x", "3.50102E+17", "合计", "休学", "２０２６年９月", "三", "—"]),
)  # fmt: skip
MOVES = st.sampled_from([
    {}, {}, {"学籍状态": "休学", "异动年月": "2026-09"}, {"学籍状态": "复学"},
    {"学籍状态": "退学", "异动年月": ""}, {"学籍号": ""}, {"班级": "２班"}, {"年级": "高二"},
])  # fmt: skip


@st.composite
def row(draw):
    told = pupil(student(draw(st.integers(0, 6)))) | draw(MOVES)
    for head in draw(st.lists(st.sampled_from(HEADS), max_size=2)):
        told[head] = draw(DIRT)
    told["姓名"] = told["姓名"].strip() or "王伟"  # a row without a word is a blank line
    return told


def test_every_row_of_every_registry_file_has_one_fate(world):
    school = world.school

    @thorough
    @given(st.lists(row(), min_size=1, max_size=9))
    def run(rows):
        before = len(roll_of(world))
        upload = send(world, school, rows)
        assert upload.accepted + upload.rejected == upload.row_count == len(rows)
        with clock.at(world.moment), scope.scope(school.path):
            told = preview(upload)
        assert sum(part.total for part in told.parts) == upload.accepted
        assert sum(len(part.rows) for part in told.parts) == upload.accepted
        if not upload.accepted:
            with pytest.raises(Refused):
                take(world, upload)
            db.session.rollback()
            return
        taken = take(world, upload)
        done = [taken.added, taken.changed, taken.unchanged]
        assert done == [told.total(fate) for fate in ("new", "changed", "same")]
        assert len(roll_of(world)) == before + told.total("new")
        assert world.count(StagedEnrolment, upload_id=upload.id) == 0

    run()
    assert {e.name for e in roll(world, school).values()}


def roll_of(world):
    found = world.all(Enrolment, school_id=world.school.id)
    assert len({e.person_id for e in found}) == len(found)
    return found
