"""A department's file becomes a roll's entries: every row has one fate, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import IdNumber
from app.rolls.models import Roll, RollEntry, RollUpload, StagedEntry
from app.rolls.previewing import compared, preview
from tests.engine import student
from tests.rolls.departments import (
    HEADS,
    draw_up,
    enrol,
    entries,
    load,
    member,
    members,
    press,
    send,
    take,
)

thorough = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
PRINTED = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
DIRT = st.one_of(
    st.just(""), st.just("　"), st.text(PRINTED, max_size=12),
    st.sampled_from(["=1+1", "@x", "3.50102E+17", "合计", "长乐区", "—", "林*燕"]),
)  # fmt: skip


@st.composite
def row(draw):
    told = member(student(draw(st.integers(0, 6))))
    for head in draw(st.lists(st.sampled_from(HEADS), max_size=2)):
        told[head] = draw(DIRT)
    told["姓名"] = told["姓名"].strip() or "王伟"  # a row without a word is a blank line
    return told


def test_every_row_of_every_roll_has_one_fate(world):
    enrol(world, world.school, 3)
    roll = draw_up(world)

    @thorough
    @given(st.lists(row(), min_size=1, max_size=9))
    def run(rows):
        before = world.count(RollEntry, roll_id=roll.id)
        upload = send(world, roll, rows)
        assert upload.accepted + upload.rejected == upload.row_count == len(rows)
        with clock.at(world.moment), scope.scope(world.county.path):
            told, known = preview(upload), compared(upload)
        assert sum(part.total for part in told.parts) == upload.accepted
        assert sum(len(part.rows) for part in told.parts) == upload.accepted
        assert sum(known.outcomes.values()) == upload.accepted
        if not upload.accepted:
            with pytest.raises(Refused):
                take(world, upload)
            db.session.rollback()
            return
        take(world, upload)
        done = [upload.added, upload.changed, upload.unchanged]
        assert done == [told.total(fate) for fate in ("new", "changed", "same")]
        assert world.count(RollEntry, roll_id=roll.id) == before + told.total("new")
        assert world.count(StagedEntry, upload_id=upload.id) == 0

    run()
    found = world.all(RollEntry, roll_id=roll.id)
    assert found
    assert len({e.id_index for e in found}) == len(found)


def test_what_the_file_says_stands_on_the_entry_and_the_number_is_sealed(world):
    roll = draw_up(world)
    load(world, roll, [member(student(0), 户籍所在县="连江县")])
    entry = entries(world, roll)[student(0).name]
    assert (entry.county, entry.village, entry.householder) == ("连江县", "白沙镇孔元村", "林建国")
    assert entry.id_no == student(0).id_no
    assert entry.id_index == IdNumber.index(student(0).id_no)
    assert student(0).id_no not in entry.id_mask
    assert (entry.seq, entry.title) == (2, roll.title)


def test_a_second_file_adds_changes_and_leaves_alone(world):
    roll = draw_up(world)
    load(world, roll, members(3))
    upload = load(world, roll, [
        member(student(0)), member(student(1), 户主姓名="林大山"),
        member(student(2), 户主姓名=""), member(student(3)),
    ])  # fmt: skip
    assert (upload.added, upload.changed, upload.unchanged) == (1, 1, 2)
    found = entries(world, roll)
    assert found[student(1).name].householder == "林大山"
    assert found[student(2).name].householder == "林建国"


def test_of_two_rows_about_one_person_the_later_is_refused(world):
    upload = send(world, draw_up(world), [member(student(0)), member(student(0))])
    assert (upload.accepted, upload.rejected) == (1, 1)
    assert upload.problems[0]["sentence"] == "与第2行是同一个人，只保留一行"


def test_whom_the_file_lacks_is_shown_and_stays(world):
    roll = draw_up(world)
    load(world, roll, members(3))
    upload = send(world, roll, members(1))
    with clock.at(world.moment), scope.scope(world.county.path):
        told = preview(upload)
    assert told.beside.total == 2
    assert {r.name for r in told.beside.rows} == {student(1).name, student(2).name}
    take(world, upload)
    assert len(entries(world, roll)) == 3


def test_a_file_does_not_change_what_a_school_has_verified(world):
    enrol(world, world.school, 1)
    roll = draw_up(world)
    load(world, roll, members(1))
    press(world, "agree", world.school.clerk)
    upload = send(world, roll, [member(student(0), 户主姓名="林大山"), member(student(1))])
    with clock.at(world.moment), scope.scope(world.county.path):
        assert compared(upload).settled == 1
    with pytest.raises(Refused, match="文件中有1人的内容"):
        take(world, upload)
    assert len(entries(world, roll)) == 1
    press(world, "return_entry", world.county.reviewer)
    take(world, upload)
    assert entries(world, roll)[student(0).name].householder == "林大山"


def test_all_or_nothing_writes_nothing_when_a_row_was_refused(world):
    roll = draw_up(world)
    upload = send(world, roll, [member(student(0)), member(student(1), 身份证件号="12")])
    with pytest.raises(Refused, match="全部或全不"):
        take(world, upload, all_or_nothing=True)
    assert entries(world, roll) == {}


def test_only_the_clerk_of_the_bureau_that_received_it_sends_files_in(world):
    roll = draw_up(world)
    for stranger in (world.county.reviewer, world.other.clerk, world.province.clerk,
                     world.school.clerk):  # fmt: skip
        with pytest.raises(Refused, match="经办人上传"):
            send(world, roll, members(1), stranger)
    upload = send(world, roll, members(1))
    with pytest.raises(Refused, match="经办人上传"):
        take(world, upload, world.county.reviewer)


def test_a_kind_that_has_ended_is_for_old_months_only(world):
    with pytest.raises(Refused, match="建档立卡家庭”自2021-01-01起不再是认定类型"):
        draw_up(world, kind="REGISTERED_POOR")
    old = draw_up(world, kind="REGISTERED_POOR", school_year=2019, term="spring")
    assert (str(old.first_month), str(old.last_month)) == ("2020-02", "2020-07")
    assert str(old.difficulty) == "建档立卡家庭"


@pytest.mark.parametrize(("term", "months"), [
    ("autumn", ("2026-09", "2027-01")), ("spring", ("2027-02", "2027-07")),
    ("year", ("2026-09", "2027-08")),
])  # fmt: skip
def test_the_months_follow_from_year_and_term(world, term, months):
    roll = draw_up(world, term=term)
    assert (str(roll.first_month), str(roll.last_month)) == months


@pytest.mark.parametrize("year", [0, 1999, 2099])
def test_an_impossible_year_is_refused(world, year):
    with pytest.raises(Refused, match="学年填起始年份"):
        draw_up(world, school_year=year)


def test_only_a_bureaus_clerk_registers_a_roll(world):
    with pytest.raises(Refused, match="经办人登记"):
        draw_up(world, actor=world.county.reviewer)
    assert world.count(Roll) == 0


def test_taking_and_dropping_are_on_the_trail(world):
    roll = draw_up(world)
    load(world, roll, members(2))
    (event,) = world.all(Event, verb="take_roll")
    assert (event.subject_id, event.count, event.org_path) == (roll.id, 2, world.county.path)
    upload = send(world, roll, members(1))
    from app.rolls import intake

    world.act(world.county.clerk, intake.drop, upload, world.county.clerk)
    assert world.one(RollUpload, id=upload.id).state == "dropped"
    assert len(world.all(Event, verb="drop_upload", subject="roll_upload")) == 1
