"""What changed since the school's previous list, student by student."""

from __future__ import annotations

import pytest

from app.kernel import scope
from app.kernel.db import db
from app.payments.models import Payment
from app.publicity.comparing import SHOWN, compare
from app.publicity.models import AidLine
from app.registry.models import CoveredMonth
from app.registry.service import programme
from tests.engine import card, line, lines, student


def told(target):
    """By kind the names of the students, and what was and is."""
    with scope.scope(target.org_path):
        found = compare(target)
    assert found is not None
    assert all(kind.total == len(kind.rows) for kind in found.kinds)
    return {kind.code: [(r.name, r.old, r.new) for r in kind.rows]
            for kind in found.kinds if kind.total}  # fmt: skip


def two(world, first, then):
    """The list of this month after the list of last month."""
    world.fill(world.draft(month=world.month - 1), first)
    return world.fill(world.draft(), then)


def test_nothing_is_told_of_two_equal_lists(world):
    assert told(two(world, lines(3), lines(3))) == {}


def test_who_came_and_who_went_is_told(world):
    came, went = student(3).name, student(0).name
    assert told(two(world, lines(3), lines(3, start=1))) == {
        "new": [(came, "", "")], "gone": [(went, "", "")],
    }  # fmt: skip


@pytest.mark.parametrize(("but", "kind", "old", "new"), [
    ({"card_no": card(77)}, "card", f"6212****{card(0)[-4:]}", f"6212****{card(77)[-4:]}"),
    ({"amount_fen": 10000}, "amount", "230.00", "100.00"),
    ({"class_name": "2班"}, "class", "一年级 1班", "一年级 2班"),
    ({"grade": "2"}, "class", "一年级 1班", "二年级 1班"),
])  # fmt: skip
def test_a_change_is_told_with_what_was_and_what_is(world, but, kind, old, new):
    target = two(world, lines(2), [line(student(0), **but), line(student(1))])
    assert told(target) == {kind: [(student(0).name, old, new)]}


def test_a_bank_told_later_is_no_other_card(world):
    target = two(world, lines(1), [line(student(0), bank_name="农行福州分行")])
    assert told(target) == {}


def test_somebody_new_whom_another_school_had_is_told_to_have_come(world):
    world.fill(world.draft(world.far, month=world.month - 1), [line(student(5))])
    target = two(world, lines(2), [*lines(2), line(student(5)), line(student(6))])
    said = told(target)
    assert said["moved"] == [(student(5).name, "", "")]
    assert [name for name, _old, _new in said["new"]] == [student(5).name, student(6).name]


def test_a_month_already_paid_is_told_until_the_list_itself_may_be_paid(world):
    target = two(world, lines(2), lines(2))
    paid = world.one(AidLine, list_id=target.id, seq=2)
    with scope.everyone("a test arranges"):
        its = {"person_id": paid.person_id, "programme_id": programme("GRANT").id}
        owed = Payment(line_id=paid.id, first_run_id=1, org_path=paid.org_path,
                       fen=paid.amount_fen, **its)  # fmt: skip
        db.session.add(owed)
        db.session.flush()
        db.session.add(CoveredMonth(month=world.month, payment_id=owed.id, **its))
        db.session.commit()
    assert told(target) == {"paid": [(student(0).name, "", "")]}
    target.state = "confirmed"
    assert told(target) == {}
    db.session.rollback()


def test_a_removed_student_is_gone(world):
    target = two(world, lines(2), lines(2))
    world.remove(target, 2, world.school.clerk)
    assert told(world.fresh(target)) == {"gone": [(student(0).name, "", "")]}


def test_of_several_rows_of_one_student_the_latest_months_are_compared(world):
    early = line(student(0), first_month=world.month - 2, last_month=world.month - 2,
                 amount_fen=100)  # fmt: skip
    assert told(two(world, lines(1), [early, line(student(0))])) == {}


def test_a_void_list_is_passed_over_for_the_one_before(world):
    world.fill(world.draft(month=world.month - 2), lines(1))
    void = world.fill(world.draft(month=world.month - 1), lines(2))
    world.press("void", void, world.county.approver)
    target = world.fill(world.draft(), lines(2))
    with scope.scope(target.org_path):
        assert compare(target).month == world.month - 2
    assert told(target) == {"new": [(student(1).name, "", "")]}


def test_the_first_list_and_a_supplement_are_compared_with_nothing(world):
    first = world.fill(world.draft(month=world.month - 1), lines(1))
    more = world.fill(world.draft(kind="SUPPLEMENT"), lines(1, start=1))
    with scope.scope(world.school.path):
        assert compare(first) is None
        assert compare(more) is None


def test_the_rows_shown_are_few_and_the_statements_two(world, statements):
    target = two(world, lines(2), lines(SHOWN + 12))
    with scope.scope(target.org_path), statements() as seen:
        found = {kind.code: kind for kind in compare(target).kinds}
    assert (found["new"].total, len(found["new"].rows)) == (SHOWN + 10, SHOWN)
    assert [r.seq for r in found["new"].rows] == list(range(4, SHOWN + 4))
    assert len(seen) == 2
