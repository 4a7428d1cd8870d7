"""What is said before taking an upload is what taking it does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel import scope
from app.kernel.db import db
from app.publicity.models import AidLine
from app.publicity.previewing import changes, last_month, preview
from tests.engine import MONTHLY, card, line, lines, student

FIRST = [line(student(n)) for n in range(4)]
FILES = {
    "into_an_empty_draft": ([], FIRST),
    "the_same_again": (FIRST, FIRST),
    "in_another_order": (FIRST, FIRST[::-1]),
    "one_more_one_less": (FIRST, [line(student(n)) for n in range(1, 5)]),
    "another_amount": (FIRST, [line(student(0), amount_fen=1), *FIRST[1:]]),
    "another_card": (FIRST, [line(student(0), card_no=card(77)), *FIRST[1:]]),
    "another_holder": (FIRST, [line(student(0), holder_name="王妈妈"), *FIRST[1:]]),
    "a_bank_told_later": (FIRST, [line(student(0), bank_name="农行福州分行"), *FIRST[1:]]),
    "other_months": (FIRST, [line(student(0), first_month=24315, last_month=24315), *FIRST[1:]]),
    "nobody_known": (FIRST, [line(student(n)) for n in range(10, 13)]),
}


def as_it_is(world, target):
    """Every line, known by person and month, without its place in the file."""
    names = ("name", "grade", "major", "class_name", "first_month", "last_month", "amount_fen",
             "card_id", "state", "remark")  # fmt: skip
    return {(row.person_id, row.first_month): [getattr(row, n) for n in names]
            for row in world.all(AidLine, list_id=target.id)}  # fmt: skip


def counted(before, after):
    both = before.keys() & after.keys()
    changed = sum(before[pk] != after[pk] for pk in both)
    return {"new": len(after.keys() - both), "gone": len(before.keys() - both),
            "changed": changed, "same": len(both) - changed}  # fmt: skip


def said(upload):
    with scope.scope(upload.org_path):
        return changes(upload)


@pytest.mark.parametrize(("held", "sent"), FILES.values(), ids=FILES)
def test_the_preview_says_what_taking_does(world, held, sent):
    target = world.draft()
    if held:
        world.fill(target, held)
    before, staged = as_it_is(world, target), world.upload(target, sent)
    told = said(staged)
    world.take(staged)
    assert told == counted(before, as_it_is(world, target))


def test_a_removed_line_that_comes_again_is_said_to_change(world):
    target = world.listed(world.school, lines(2))
    world.remove(target, 2, world.school.clerk)
    assert said(world.upload(target, lines(2))) == {"new": 0, "changed": 1, "same": 1, "gone": 0}


def test_an_objected_line_left_out_of_the_file_is_not_said_to_go(world):
    target = world.through(world.listed(world.school, lines(3)), "published")
    world.object_to(target, 2)
    world.press("withdraw", target, world.county.approver)
    staged = world.upload(target, lines(1, start=1))
    assert said(staged) == {"new": 0, "changed": 0, "same": 1, "gone": 1}
    world.take(staged)
    assert [row.state for row in world.all(AidLine)] == ["objected", "normal"]


def test_the_preview_writes_nothing(world):
    staged = world.upload(world.draft(), lines(2))
    said(staged)
    assert not db.session.new | db.session.dirty
    assert db.session.scalar(select(AidLine.id).execution_options(placed=True)) is None


def test_last_month_is_the_latest_list_before_this_one(world):
    world.listed(world.school, lines(2), month=world.month - 2)
    world.listed(world.school, lines(3), month=world.month - 1, enrol=False)
    this = world.draft()
    with scope.scope(world.school.path):
        assert told(this) == (world.month - 1, 3, 3 * MONTHLY)


def told(target):
    before = last_month(target)
    return before and (before.month, before.line_count, before.total_fen)


def test_what_is_no_list_of_a_month_is_not_compared_with_one(world):
    world.listed(world.school, lines(2), month=world.month - 2)
    world.listed(world.school, lines(1), month=world.month - 1, kind="SUPPLEMENT", enrol=False)
    regular, more = world.draft(), world.draft(kind="SUPPLEMENT")
    with scope.scope(world.school.path):
        assert told(regular) == (world.month - 2, 2, 2 * MONTHLY)
        assert told(more) is None


def test_a_void_list_of_last_month_does_not_count(world):
    old = world.listed(world.school, lines(2), month=world.month - 1)
    world.press("void", old, world.county.approver)
    with scope.scope(world.school.path):
        assert last_month(world.draft()) is None


def shown(upload):
    """By kind of row what stands on the page."""
    with scope.scope(upload.org_path):
        told = preview(upload)
    return {part.code: part for part in (*told.parts, told.beside)}


def test_the_first_rows_of_each_kind_are_shown_with_old_and_new(world):
    target = world.fill(world.draft(), FIRST)
    sent = [line(student(0), amount_fen=100, class_name="2班"), FIRST[1], line(student(9))]
    parts = shown(world.upload(target, sent))
    told = {str(c.label): (c.old, c.new) for c in parts["changed"].rows[0].changes}
    assert told == {"班级": ("1班", "2班"), "金额（元）": ("230.00", "1.00")}
    assert [row.seq for code in ("changed", "same", "new") for row in parts[code].rows] == [2, 3, 4]
    assert [row.name for row in parts["gone"].rows] == [student(2).name, student(3).name]
    assert parts["gone"].rows[0].seq is None


def test_of_a_card_no_more_is_shown_than_its_ends(world):
    target = world.fill(world.draft(), [line(student(0), bank_name="农行")])
    other = world.upload(target, [line(student(0), card_no=card(77))])
    (change,) = shown(other)["changed"].rows[0].changes
    assert (change.old, change.new) == (f"6212****{card(0)[-4:]}", f"6212****{card(77)[-4:]}")
    bank = world.upload(target, [line(student(0), bank_name="建行")])
    (change,) = shown(bank)["changed"].rows[0].changes
    assert (str(change.label), change.old, change.new) == ("开户行", "农行", "建行")


def test_no_more_than_twenty_of_a_kind_are_shown_and_all_are_counted(world):
    part = shown(world.upload(world.draft(), lines(50)))["new"]
    assert (part.total, len(part.rows), part.rows[-1].seq) == (50, 20, 21)
