"""Each rule beside a line that trips it and a like line that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, literal, select, update

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.types import YearMonth
from app.publicity import findings, service
from app.publicity.models import AidLine, Finding
from app.publicity.rules import RULES, Rule
from app.registry import card_changes
from app.registry.models import Card, Enrolment
from tests.engine import MONTHLY, card, line, lines, student

RARE = "\u4dae"
"""䶮: a name's character that GB18030 knows and GBK does not."""


def month(text: str) -> YearMonth:
    return YearMonth.parse(text)


def found(world, *rows, **which):
    """What is found on the first of these lines, all of whose students are enrolled."""
    return world.codes(world.listed(world.school, list(rows), **which), 2)


def spanning(first: str, last: str, fen: int, grade: str = "1"):
    return line(student(0), first_month=month(first), last_month=month(last), amount_fen=fen,
                grade=grade)  # fmt: skip


def recheck(world, target, place=None):
    clerk = (place or world.school).clerk
    with scope.scope(clerk.org_path):
        service.recheck(target, clerk)
        db.session.commit()


def test_an_enrolled_student_in_order_is_not_questioned(world):
    assert found(world, line(student(0))) == set()


# --- the registry


def test_a_stranger_is_not_in_the_registry(world):
    target = world.fill(world.draft(), lines(1))
    assert world.codes(target) == {"NOT_IN_REGISTRY"}


def test_being_enrolled_at_another_school_does_not_count(world):
    world.enrol(world.far, lines(1))
    assert world.codes(world.fill(world.draft(), lines(1))) == {"NOT_IN_REGISTRY"}


@pytest.mark.parametrize("state", ["02", "03", "04", "06", "07", "11", "14"])
def test_who_has_left_without_a_month_is_not_at_school(world, state):
    world.enrol(world.school, lines(1), state=state)
    assert world.codes(world.fill(world.draft(), lines(1))) == {"NOT_AT_SCHOOL"}


@pytest.mark.parametrize("state", ["01", "05"])
def test_who_studies_or_has_come_back_is_at_school(world, state):
    world.enrol(world.school, lines(1), state=state)
    assert world.codes(world.fill(world.draft(), lines(1))) == set()


@pytest.mark.parametrize(("left", "codes"), [
    ("2026-08", {"NOT_AT_SCHOOL"}), ("2026-09", {"NOT_AT_SCHOOL"}), ("2026-10", set()),
])  # fmt: skip
def test_payment_stops_from_the_month_of_leaving(world, left, codes):
    world.enrol(world.school, lines(1), state="03", left_in=month(left))
    assert world.codes(world.fill(world.draft(), lines(1))) == codes


def test_a_span_that_reaches_the_month_of_leaving_is_questioned(world):
    world.enrol(world.school, lines(1), left_in=month("2026-09"))
    target = world.draft()
    world.fill(target, [spanning("2026-05", "2026-09", MONTHLY)])
    assert world.codes(target) == {"NOT_AT_SCHOOL"}
    world.fill(target, [spanning("2026-05", "2026-06", MONTHLY)])
    assert world.codes(target) == set()


def test_another_name_than_in_the_registry_is_worth_a_warning(world):
    world.enrol(world.school, [line(student(0), name="王小伟")])
    target = world.fill(world.draft(), lines(1))
    assert world.codes(target) == {"NAME_DIFFERS"}
    assert world.one(Finding).severity == "warn"


# --- grade and standard


@pytest.mark.parametrize(("when", "grade", "codes"), [
    ("2025-01", "1", set()), ("2025-01", "2", set()), ("2025-01", "3", {"GRADE_OUTSIDE"}),
    ("2025-02", "1", set()), ("2025-02", "3", set()), ("2024-12", "3", {"GRADE_OUTSIDE"}),
])  # fmt: skip
def test_grade_three_came_in_with_the_spring_of_2025(world, when, grade, codes):
    row = line(student(0), amount_fen=100, grade=grade)
    assert found(world, row, month=month(when)) == codes


@pytest.mark.parametrize(("when", "fen", "codes"), [
    ("2025-01", 20000, set()), ("2025-01", 20001, {"STANDARD_EXCEEDED"}),
    ("2025-02", 23000, set()), ("2025-02", 23001, {"STANDARD_EXCEEDED"}),
    ("2015-01", 15000, set()), ("2015-01", 15001, {"STANDARD_EXCEEDED"}),
    ("2015-02", 20000, set()), ("2015-02", 20001, {"STANDARD_EXCEEDED"}),
])  # fmt: skip
def test_the_standard_is_that_of_the_month_paid_for(world, when, fen, codes):
    assert found(world, line(student(0), amount_fen=fen), month=month(when)) == codes


@pytest.mark.parametrize(("fen", "codes"), [
    (20000 + 2 * 23000, set()), (20000 + 2 * 23000 + 1, {"STANDARD_EXCEEDED"}),
])  # fmt: skip
def test_a_span_over_the_change_is_measured_month_by_month(world, fen, codes):
    row = spanning("2025-01", "2025-03", fen)
    assert found(world, row, month=month("2025-03")) == codes


def test_grade_three_over_the_change_is_outside_for_its_first_month(world):
    row = spanning("2025-01", "2025-03", 100, grade="3")
    assert found(world, row, month=month("2025-03")) == {"GRADE_OUTSIDE"}


def test_a_term_of_five_months_may_be_paid_at_once(world):
    row = spanning("2026-02", "2026-06", 5 * MONTHLY)
    assert found(world, row, month=month("2026-06")) == set()


@pytest.mark.parametrize(("first", "last", "fen", "codes"), [
    ("2026-07", "2026-07", 1, {"STANDARD_EXCEEDED"}),
    ("2026-08", "2026-08", 1, {"STANDARD_EXCEEDED"}),
    ("2026-06", "2026-09", 2 * MONTHLY, set()),
    ("2026-06", "2026-09", 2 * MONTHLY + 1, {"STANDARD_EXCEEDED"}),
])  # fmt: skip
def test_summer_months_are_not_paid(world, first, last, fen, codes):
    assert found(world, spanning(first, last, fen), month=month("2026-09")) == codes


# --- other payments and other lists


def test_a_month_that_was_paid_is_not_paid_again(world):
    world.confirmed(world.school, lines(1))
    world.opened()
    again = world.fill(world.draft(kind="SUPPLEMENT"), lines(1))
    assert "PAID_ELSEWHERE" in world.codes(again)


def test_another_month_than_the_paid_one_is_free(world):
    world.confirmed(world.school, lines(1), month=month("2026-06"))
    world.opened(month=month("2026-06"))
    assert world.codes(world.fill(world.draft(), lines(1))) == set()


def test_a_span_that_touches_a_paid_month_is_questioned(world):
    world.confirmed(world.school, lines(1), month=month("2026-06"))
    world.opened(month=month("2026-06"))
    target = world.fill(world.draft(), [spanning("2026-06", "2026-09", 1)])
    assert "PAID_ELSEWHERE" in world.codes(target)


def test_a_month_given_back_by_a_void_run_is_free_again(world):
    first = world.confirmed(world.school, lines(1))
    run = world.opened()
    second = world.fill(world.draft(kind="SUPPLEMENT"), lines(1))
    world.press("void", run, world.county.clerk)
    recheck(world, second)
    assert world.codes(second) == {"LISTED_ELSEWHERE"}
    assert world.fresh(first).state == "confirmed"


def test_a_student_on_two_schools_lists_is_questioned_on_the_later_one(world):
    first = world.listed(world.far, lines(1))
    second = world.listed(world.school, lines(1))
    assert (world.codes(first), world.codes(second)) == (set(), {"LISTED_ELSEWHERE"})


def test_a_recheck_finds_him_on_the_earlier_list_too(world):
    first = world.listed(world.far, lines(1))
    world.listed(world.school, lines(1))
    recheck(world, first, world.far)
    assert world.codes(first) == {"LISTED_ELSEWHERE"}


def test_lists_of_other_months_do_not_matter(world):
    world.listed(world.far, lines(1), month=world.month - 3)
    assert world.codes(world.listed(world.school, lines(1))) == set()


def test_overlapping_spans_on_lists_of_two_months_matter(world):
    world.listed(world.far, [spanning("2026-05", "2026-06", 1)], month=month("2026-06"))
    second = world.listed(world.school, [spanning("2026-06", "2026-09", 1)])
    assert world.codes(second) == {"LISTED_ELSEWHERE"}


def test_a_removed_line_or_a_void_list_elsewhere_does_not_matter(world):
    removed = world.listed(world.far, lines(2))
    world.remove(removed, 2, world.far.clerk)
    assert world.codes(world.listed(world.school, lines(1))) == set()
    void = world.listed(world.second, lines(1, start=1))
    world.press("void", void, world.county.approver)
    assert "LISTED_ELSEWHERE" in world.codes(world.fill(world.draft(), lines(1, start=1)))
    world.press("void", removed, world.other.approver)
    assert "LISTED_ELSEWHERE" not in world.codes(world.fill(world.draft(), lines(1, start=1)))


def test_overlapping_months_of_one_student_on_one_list_are_questioned_on_both_lines(world):
    rows = [spanning("2026-05", "2026-06", 1), spanning("2026-06", "2026-09", 1)]
    target = world.draft()
    world.enrol(world.school, rows[:1])
    world.fill(target, rows)
    assert world.codes(target, 2) == world.codes(target, 3) == {"TWICE_ON_LIST"}


def test_months_side_by_side_of_one_student_are_not_questioned(world):
    rows = [spanning("2026-05", "2026-06", 1), spanning("2026-09", "2026-09", 1)]
    world.enrol(world.school, rows[:1])
    assert world.codes(world.fill(world.draft(), rows)) == set()


# --- cards


def test_the_active_card_of_another_student_is_questioned(world):
    world.card_of(line(student(5), card_no=card(0)))
    assert found(world, line(student(0))) == {"CARD_OF_OTHER"}


def test_a_card_another_student_has_given_up_is_free(world):
    world.card_of(line(student(5), card_no=card(0)), state="closed")
    assert found(world, line(student(0))) == set()


def test_a_claim_nobody_made_on_a_list_does_not_count(world):
    world.card_of(line(student(5), card_no=card(0)), state="claimed")
    assert found(world, line(student(0))) == set()


def test_a_number_two_live_lines_claim_for_two_students_is_questioned(world):
    world.listed(world.far, [line(student(5), card_no=card(0))])
    assert found(world, line(student(0))) == {"CARD_OF_OTHER"}


def test_a_number_two_students_of_one_list_share_is_questioned_on_both(world):
    target = world.listed(world.school, [line(student(0)), line(student(1), card_no=card(0))])
    assert world.codes(target, 2) == world.codes(target, 3) == {"CARD_OF_OTHER"}


def test_the_claim_of_a_removed_line_or_of_a_void_list_does_not_count(world):
    rows = [line(student(5), card_no=card(0)), line(student(6), card_no=card(1))]
    other = world.listed(world.far, rows)
    world.remove(other, 2, world.far.clerk)
    assert found(world, line(student(0))) == set()
    world.press("void", other, world.other.approver)
    second = world.listed(world.second, [line(student(1))])
    assert world.codes(second) == set()


def test_the_same_student_with_the_same_card_elsewhere_is_no_other(world):
    world.listed(world.far, lines(1), month=world.month - 3)
    assert found(world, line(student(0))) == set()


def test_a_holder_who_is_not_the_student_is_questioned(world):
    assert found(world, line(student(0), holder_name="王妈妈")) == {"HOLDER_DIFFERS"}
    assert found(world, line(student(1), holder_name=student(1).name)) == set()


def test_another_card_than_the_one_in_use_is_worth_a_warning(world):
    world.card_of(line(student(0), card_no=card(50)))
    target = world.listed(world.school, lines(1))
    assert world.codes(target) == {"CARD_CHANGED"}
    assert world.one(Finding).severity == "warn"


def test_the_card_in_use_is_not_questioned(world):
    world.card_of(line(student(0)))
    assert found(world, line(student(0))) == set()


# --- holds


@pytest.mark.parametrize(("first", "last", "codes"), [
    ("2026-09", None, {"ON_HOLD"}), ("2026-03", None, {"ON_HOLD"}),
    ("2026-03", "2026-09", {"ON_HOLD"}), ("2026-09", "2026-09", {"ON_HOLD"}),
    ("2026-10", None, set()), ("2026-03", "2026-08", set()), ("2026-10", "2026-12", set()),
])  # fmt: skip
def test_a_hold_counts_in_its_months(world, first, last, codes):
    world.hold(line(student(0)), month(first), last and month(last))
    assert found(world, line(student(0))) == codes


def test_a_hold_on_any_month_of_a_span_counts(world):
    world.hold(line(student(0)), month("2026-06"), month("2026-06"))
    assert found(world, spanning("2026-05", "2026-09", 1)) == {"ON_HOLD"}


def test_a_lifted_hold_and_the_hold_of_another_do_not_count(world):
    held = world.hold(line(student(0)), month("2026-03"))
    world.hold(line(student(1)), month("2026-03"))
    with scope.everyone("a test arranges"):
        db.session.execute(
            update(type(held)).where(type(held).id == held.id).values(state="lifted")
        )
        db.session.commit()
    assert found(world, line(student(0))) == set()


# --- what a bank can write


@pytest.mark.parametrize("column", ["name", "holder_name"])
def test_a_character_the_bank_cannot_hold_is_worth_a_warning(world, column):
    name = f"王{RARE}"
    rows = [line(student(0), name=name, holder_name=name)]
    assert found(world, *rows) == {"UNBANKABLE"}


def test_the_middle_dot_of_a_name_is_no_trouble(world):
    assert found(world, line(student(0), name="买买提·艾力")) == set()


# --- checking again


def test_checking_again_finds_the_same_once(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈"), line(student(1))])
    recheck(world, target)
    recheck(world, target)
    assert [f.code for f in world.all(Finding)] == ["HOLDER_DIFFERS"]


def test_what_was_mended_elsewhere_is_no_longer_found(world):
    target = world.fill(world.draft(), lines(2))
    world.enrol(world.school, lines(1))
    recheck(world, target)
    assert (world.codes(target, 2), world.codes(target, 3)) == (set(), {"NOT_IN_REGISTRY"})


def test_what_was_overruled_stays_overruled(world):
    target = world.fill(world.draft(), lines(1))
    world.overrule(target, "NOT_IN_REGISTRY")
    recheck(world, target)
    assert world.codes(target, state="overruled") == {"NOT_IN_REGISTRY"}
    assert world.codes(target) == set()


def test_overruling_one_finding_hides_no_other(world):
    target = world.fill(world.draft(), lines(1))
    world.overrule(target, "NOT_IN_REGISTRY")
    world.hold(line(student(0)), month("2026-09"))
    recheck(world, target)
    assert world.codes(target) == {"ON_HOLD"}


def test_a_removed_line_is_not_questioned(world):
    target = world.listed(world.school, [line(student(0), holder_name="王妈妈"), line(student(1))])
    world.remove(target, 2, world.school.clerk)
    recheck(world, target)
    assert world.codes(target) == set()


def test_a_recheck_leaves_a_trace(world):
    target = world.listed(world.school, lines(1))
    recheck(world, target)
    assert world.one(Event, verb="recheck").subject_id == target.id


def test_a_finding_lies_where_its_line_lies(world):
    world.fill(world.draft(), lines(1))
    assert world.one(Finding).org_path == world.one(AidLine).org_path == world.school.path


def test_every_rule_can_be_found(world):
    """A rule that no line of this file trips would be a rule nobody has seen work."""
    odd = line(student(0), name=f"王{RARE}", holder_name="王妈妈", grade="3",
               amount_fen=12 * MONTHLY, first_month=month("2024-10"))  # fmt: skip
    odd["last_month"] = month("2025-02")
    again = line(student(0), name=f"王{RARE}", first_month=month("2025-01"))
    again["last_month"] = month("2025-12")
    before = replace(student(1), id_no="999313501210100001", card_no=card(9))
    rows = [odd, again, line(student(1), card_no=card(7)), line(before), line(student(2))]
    far = [line(student(0), card_no=card(7), amount_fen=1)]
    world.confirmed(world.far, far, month=month("2025-01"))
    world.opened(world.other, month("2025-01"))
    world.hold(odd, month("2025-01"))
    came = month("2024-11")
    world.enrol(world.school, [line(student(0), name="王某")], state="03", enrolled_in=came)
    world.enrol(world.school, rows[2:4])
    world.away(odd, month("2024-10"), month("2024-11"))
    known, clerk = world.one(Enrolment, name="王某"), world.school.clerk
    world.act(clerk, card_changes.ask, known, card(300), "lost", clerk)
    target = world.fill(world.draft(), rows)
    assert world.codes(target) == {rule.code for rule in RULES}


def test_no_rule_writes(world):
    """Rules are conditions; only the findings of the list change when they are asked."""
    target = world.listed(world.school, lines(2))
    tables = (AidLine, Card, Enrolment)
    before = [[vars(r).copy() for r in world.all(t)] for t in tables]
    recheck(world, target)
    after = [[vars(r).copy() for r in world.all(t)] for t in tables]
    for old, new in zip(before, after, strict=True):
        assert [{k: v for k, v in r.items() if k != "_sa_instance_state"} for r in old] == [
            {k: v for k, v in r.items() if k != "_sa_instance_state"} for r in new
        ]


def test_every_line_is_asked_once_whatever_is_found(world, monkeypatch):
    """SQLite would work the rules out anew for each of them, and again for each of their bits."""
    if world.engine.is_postgresql:
        pytest.skip("PostgreSQL has no functions of ours to count by")
    target, asked = world.listed(world.school, lines(20)), []
    counting = Rule("COUNTED", "warn", "", lambda: func.asked(AidLine.__table__.c.id) == 1)
    monkeypatch.setattr(findings, "RULES", [*RULES, counting])
    with scope.everyone("a test counts"):
        raw = db.session.connection().connection
        raw.create_function("asked", 1, lambda line_id: asked.append(line_id) or 0)
        findings.check_lists(select(literal(target.id)))
    assert len(asked) == len(set(asked)) == 20
    db.session.rollback()
