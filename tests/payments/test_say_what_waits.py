"""The start page says what is to be paid again, and who closes rows that do not agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from app.kernel.desk import inbox
from app.payments import desk, opening, queries  # noqa: F401  (the desk registers itself)
from app.payments.models import ResultLine
from app.payments.workflow import ANSWERS
from tests.engine import line, student

ASIDE, FAILED, UNPAID = "搁置的回盘行", "失败或退汇，还没有重发", "没有领到钱的学生"


@pytest.fixture
def waits(world):
    """Title -> (how many, where) of what waits for somebody."""

    def told(actor):
        found = world.act(actor, inbox, actor)
        return {str(w.title): (w.count, w.url) for w in found}

    return told


@pytest.fixture
def answered(world, run):
    """Two failed, the others paid; one row is nobody's."""
    refs = world.refs(run)
    rows = [world.answer(ref, "failed" if n < 2 else "paid") for n, ref in enumerate(refs)]
    world.results(run, [*rows, world.answer(refs[0], "paid") | {"ref": "R9999-1-1"}])
    return run


def test_clerk_and_exporter_are_led_to_the_run_that_can_be_paid_again(world, answered, waits):
    here = (2, f"/rungrid/show/{answered.id}")
    assert waits(world.county.clerk)[FAILED] == here
    assert waits(world.county.exporter)[FAILED] == here
    assert FAILED not in waits(world.county.poster)
    assert FAILED not in waits(world.province.clerk), "it is the county's to pay again"


def test_a_school_is_led_to_its_students_who_were_not_paid(world, answered, waits):
    count, url = waits(world.school.clerk)[UNPAID]
    assert count == 2
    assert "_flt_0_standing=now" in url
    assert UNPAID not in waits(world.far.clerk)


def test_what_is_being_paid_again_waits_no_more(world, answered, waits):
    clerk = world.county.clerk
    world.act(clerk, opening.open_again, answered, clerk)
    assert FAILED not in waits(clerk)
    assert UNPAID not in waits(world.school.clerk)


def test_rows_set_aside_wait_for_those_who_may_close_them(world, answered, waits):
    for actor in (world.county.reviewer, world.county.approver, world.county.poster):
        assert waits(actor)[ASIDE][0] == 1
    assert ASIDE not in waits(world.county.exporter)
    for stranger in (world.province.reviewer, world.province.poster, world.other.reviewer):
        assert ASIDE not in waits(stranger)
    row = world.one(ResultLine, fate="aside")
    assert world.press("explain", row, world.county.reviewer).moved == 1
    assert ASIDE not in waits(world.county.reviewer)


def test_a_run_names_the_run_in_which_its_failures_are_paid_again(world, answered):
    clerk = world.county.clerk
    second = world.act(clerk, opening.open_again, answered, clerk).run
    first, again = (world.act(clerk, queries.at_a_glance, run.id) for run in (answered, second))
    assert (first.later, first.earlier) == ([(second.id, 2)], [])
    assert (again.later, again.earlier) == ([], [(answered.id, 2)])
    assert first.figures == world.act(clerk, queries.run_figures, answered.id)
    assert again.figures == {"waiting": (2, second.total_fen)}


def test_a_run_names_the_first_lines_that_no_file_could_carry(world):
    people = [student(n) for n in range(3)]
    people[1] = replace(people[1], name="林䶮")
    world.confirmed(rows=[line(who) for who in people])
    run = world.exported(world.opened())
    seen = world.act(world.county.clerk, queries.at_a_glance, run.id)
    assert len(seen.unable) == 1
    assert seen.unable[0].startswith("林䶮: ")


def test_the_rows_set_aside_stand_beside_the_files_they_came_in(world, answered):
    again = [world.answer(ref, "paid") for ref in world.refs(answered)[2:]]
    world.results(answered, again)
    files, aside, _n = world.act(world.county.clerk, queries.answers_of, answered.id)
    assert [f.aside for f in files] == [1, 0]
    assert [(r.file_id, r.ref) for r in aside] == [(files[0].id, "R9999-1-1")]


def test_a_row_of_an_answer_stands_beside_the_order_it_names(world, answered):
    rows = {r.fate: r for r in sorted(world.all(ResultLine), key=lambda r: -r.row)}
    poster = world.county.poster
    file, run, order = world.act(poster, queries.about_row, rows["posted"])
    assert (file.run_id, run.id, order.name) == (answered.id, answered.id, student(0).name)
    assert world.act(poster, queries.about_row, rows["aside"])[2] is None


def test_of_rows_set_aside_all_are_counted_although_the_first_are_shown(world, released):
    """What remains to be explained is shown until it is zero: a shorter number would be a lie."""
    wrong = [world.answer(ref, "paid", fen=1) for ref in world.refs(released)]
    world.results(released, wrong)
    told = world.act(world.county.clerk, queries.answers_of, released.id, 2)
    assert (len(told.files), len(told.aside), told.waiting) == (1, 2, 5)
    world.act(world.county.reviewer, _explain_all, released, world.county.reviewer)
    told = world.act(world.county.clerk, queries.answers_of, released.id, 2)
    assert (len(told.files), told.aside, told.waiting) == (1, [], 0)


def test_rows_set_aside_stand_as_the_file_has_them_in_whatever_order_they_were_kept(
    world, released, sql
):
    world.results(released, [world.answer(ref, "paid", fen=1) for ref in world.refs(released)])
    row = ResultLine.__table__.c.row
    sql(update(ResultLine.__table__).values(row=100 - row))
    told = world.act(world.county.clerk, queries.answers_of, released.id, 3)
    assert [r.row for r in told.aside] == sorted(r.row for r in world.all(ResultLine))[:3]


def _explain_all(run, actor):
    return ANSWERS.take("explain", ResultLine.run_id == run.id, actor, "银行更正,见函")
