"""Before a registry file is taken it says who is known by another name, or studies elsewhere.

A school hears of another school's student that something stands there, never what or where.
"""

from __future__ import annotations

import pytest

from app.accounts.models import Org
from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.registry import doubting
from app.registry.models import Enrolment
from app.registry.previewing import preview
from tests.engine import student
from tests.registry.rolls import load, pupil, pupils, send, take

GONE = {"学籍状态": "转学", "异动年月": "2026-09"}


def doubts(upload, path):
    """By kind: how many rows, and of each shown its row number and what is said of it."""
    with scope.scope(path):
        seen = preview(upload).doubts
    return {
        part.code: (part.total, [
            (row.seq, [(str(c.label), c.old, c.new) for c in row.changes]) for row in part.rows
        ])
        for part in seen
    }  # fmt: skip


def name(place):
    with scope.everyone("a test looks"):
        return db.session.get(Org, place.id).name


def test_nobody_is_doubted_of_whom_nothing_else_is_known(world):
    load(world, world.school, pupils(2))
    assert doubts(send(world, world.school, pupils(3)), world.school.path) == {}


def test_a_new_name_of_a_known_student_is_shown_beside_the_old_one(world):
    load(world, world.school, pupils(3))
    sent = send(world, world.school, [pupil(student(0)), pupil(student(1), 姓名="王小明")])
    was = student(1).name
    assert doubts(sent, world.school.path) == {
        "renamed": (1, [(3, [("姓名", was, "王小明")])])
    }  # fmt: skip


def test_every_new_name_is_counted_and_the_first_are_shown(world, monkeypatch):
    monkeypatch.setattr(doubting, "SHOWN", 3)
    load(world, world.school, pupils(8))
    sent = send(world, world.school, pupils(7, 姓名="王小明"))
    total, rows = doubts(sent, world.school.path)["renamed"]
    assert (total, [seq for seq, _told in rows]) == (7, [2, 3, 4])


def test_who_studies_elsewhere_is_doubted_and_a_school_hears_no_more(world):
    load(world, world.second, pupils(2))
    sent = send(world, world.school, pupils(3))
    assert doubts(sent, world.school.path) == {"elsewhere": (2, [(2, []), (3, [])])}


def test_a_bureau_above_both_schools_sees_which_one_it_is(world):
    load(world, world.second, pupils(1))
    sent = send(world, world.school, pupils(1), actor=world.county.clerk)
    assert doubts(sent, world.county.path) == {
        "elsewhere": (1, [(2, [(name(world.second), "", "")])])
    }  # fmt: skip


def test_a_bureau_does_not_see_a_school_outside_its_own_place(world):
    load(world, world.far, pupils(1, 姓名="王小明"))
    sent = send(world, world.school, pupils(1), actor=world.county.clerk)
    assert doubts(sent, world.county.path) == {
        "named_elsewhere": (1, [(2, [])]), "elsewhere": (1, [(2, [])])
    }  # fmt: skip


def test_another_name_at_another_school_is_said_and_told_only_from_above(world):
    load(world, world.second, pupils(1, 姓名="王小明") + pupils(1, start=1))
    sent = send(world, world.school, [pupil(student(0), **GONE), pupil(student(1), **GONE)])
    assert doubts(sent, world.school.path) == {"named_elsewhere": (1, [(2, [])])}
    told = [(name(world.second), "王小明", student(0).name)]
    assert doubts(sent, world.county.path) == {"named_elsewhere": (1, [(2, told)])}


def test_nothing_is_told_where_nobody_says_who_looks(world):
    load(world, world.second, pupils(1, 姓名="王小明"))
    sent = send(world, world.school, pupils(1))
    with scope.everyone("a test looks past the page"):
        parts = doubting.doubtful(sent, None)
    assert {part.code: part.total for part in parts} == {"named_elsewhere": 1, "elsewhere": 1}
    assert not any(row.changes for part in parts for row in part.rows)


@pytest.mark.parametrize(("there", "here"), [
    (GONE, {}), ({}, GONE), (GONE, GONE),
    ({"学籍状态": "毕业", "异动年月": "2026-09"}, {}),
])  # fmt: skip
def test_who_has_left_one_of_the_schools_is_not_doubted(world, there, here):
    load(world, world.second, pupils(1, **there))
    assert doubts(send(world, world.school, pupils(1, **here)), world.school.path) == {}


def test_a_blank_state_is_the_one_already_known(world):
    load(world, world.school, pupils(1, **GONE))
    load(world, world.second, pupils(1))
    silent = pupils(1, 学籍状态="", 异动年月="")
    assert doubts(send(world, world.school, silent), world.school.path) == {}
    again = pupils(1, 学籍状态="复学", 异动年月="2026-10")
    assert set(doubts(send(world, world.school, again), world.school.path)) == {"elsewhere"}


def test_a_row_is_one_doubt_however_many_schools_know_the_student(world):
    for school in (world.second, world.far):
        load(world, school, pupils(1, 姓名="王小明"))
    sent = send(world, world.school, pupils(1))
    seen = doubts(sent, world.county.path)
    assert {code: total for code, (total, _rows) in seen.items()} == {
        "named_elsewhere": 1, "elsewhere": 1
    }  # fmt: skip
    ((_seq, told),) = seen["elsewhere"][1]
    assert told == [(name(world.second), "", "")]


def test_a_doubtful_row_is_taken_and_the_trail_counts_it(world):
    load(world, world.school, pupils(2))
    load(world, world.second, pupils(1))
    sent = send(world, world.school, [pupil(student(0)), pupil(student(1), 姓名="王小明")])
    before = {verb: world.count(Event, verb=verb) for verb in ("change_names", "enrol_twice")}
    take(world, sent)
    assert world.count(Enrolment, school_id=world.school.id, name="王小明") == 1
    assert before == {"change_names": 0, "enrol_twice": 1}
    assert world.one(Event, verb="change_names").count == 1
    twice = world.all(Event, verb="enrol_twice")
    assert [(e.count, e.org_path) for e in twice][1:] == [(1, world.school.path)]
