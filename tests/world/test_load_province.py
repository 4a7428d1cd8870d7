"""The whole province in small: what is written directly is what the services would have left."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from app.accounts.models import COUNTY, PREFECTURE, PROVINCE, SCHOOL, Org, Post
from app.kernel import clock, scope
from app.kernel.actor import CLOCK
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.payments.models import Attempt, Payment, PayRun, ResultFile, ResultLine
from app.payments.opening import open_again, open_run
from app.payments.queries import history
from app.publicity.findings import check_lists
from app.publicity.models import AidLine, AidList, Finding, Upload
from app.publicity.queries import on_notice
from app.publicity.seal import differing
from app.publicity.workflow import PUBLICITY
from app.registry.models import Card, CoveredMonth, DueMonth, Enrolment, Person
from app.world import service
from tests import world


def count(model, *which):
    return db.session.scalar(select(func.count()).select_from(model).where(*which))


def tally(*columns, source):
    found = db.session.execute(
        select(*columns, func.count()).select_from(source).group_by(*columns)
    )
    return {row[:-1] if len(columns) > 1 else row[0]: row[-1] for row in found}


CONFIRMED = AidLine.aid_list.has(AidList.state == "confirmed")


def test_it_has_the_bureaus_schools_students_and_accounts_asked_for(province):
    assert tally(Org.level, source=Org) == {PROVINCE: 1, PREFECTURE: 9, COUNTY: 84, SCHOOL: 60}
    assert count(Enrolment) == count(Person) == count(Card, Card.state == "active") == 6_000
    assert count(Post) == 2 * (94 * 5 + 3 + 60 * 2)
    assert province.figures == {"orgs": 154, "students": 6_000}


def test_two_months_are_paid_and_the_third_is_on_the_board_or_on_its_way(province):
    states = tally(AidList.month, AidList.state, source=AidList)
    assert {(str(month), state): n for (month, state), n in states.items()} == {
        ("2026-09", "confirmed"): 60, ("2026-10", "confirmed"): 60,
        ("2026-11", "published"): 36, ("2026-11", "submitted"): 12, ("2026-11", "draft"): 12,
    }  # fmt: skip
    assert len(on_notice()) == 36


def test_one_in_six_of_those_registered_is_on_each_months_lists(province):
    lines = tally(AidList.month, source=AidLine.__table__.join(AidList.__table__))
    assert len(lines) == 3
    assert all(900 < n < 1_100 for n in lines.values())


def test_every_confirmed_line_has_one_payment_one_lock_and_one_outcome(province):
    lines = count(AidLine, CONFIRMED)
    assert lines == count(Payment) == count(CoveredMonth) == count(Attempt)
    outcomes = tally(Attempt.state, source=Attempt)
    assert set(outcomes) == {"paid", "failed"}
    assert count(Attempt, Attempt.state == "paid", Attempt.arrived_on.is_(None)) == 0
    fen = db.session.scalar(select(func.sum(AidLine.amount_fen)).where(CONFIRMED))
    assert fen == db.session.scalar(select(func.sum(Attempt.fen)))
    assert fen == db.session.scalar(select(func.sum(PayRun.total_fen)))


def test_seals_uploads_and_results_add_up_to_the_lines(province):
    assert differing(select(AidList.id)) == []
    assert db.session.scalar(select(func.sum(Upload.accepted))) == count(AidLine)
    assert db.session.scalar(select(func.sum(ResultFile.posted))) == count(ResultLine)
    assert count(ResultLine) == count(Attempt)


def test_amounts_are_what_the_standard_grants(province):
    due = DueMonth.__table__
    wrong = select(func.count()).select_from(AidLine).join(AidLine.aid_list).where(
        ~select(due.c.id).where(
            due.c.programme_id == AidList.programme_id, due.c.month == AidLine.first_month,
            due.c.grade == AidLine.grade, due.c.fen == AidLine.amount_fen,
        ).exists()
    )  # fmt: skip
    assert db.session.scalar(wrong) == 0


def test_the_rules_find_nothing_wrong_with_the_lists_on_their_way(province):
    check_lists(select(AidList.id).where(AidList.state != "confirmed"))
    assert tally(Finding.code, source=Finding) == {}
    db.session.rollback()


def test_the_trail_tells_every_step_of_every_list_and_run(province):
    steps = tally(Event.verb, source=Event)
    assert {v: steps[v] for v in ("upload", "submit", "publish", "confirm")} == {
        "upload": 180, "submit": 168, "publish": 156, "confirm": 120,
    }  # fmt: skip
    runs = count(PayRun)
    assert {steps[v] for v in ("open", "export", "check", "results", "settle")} == {runs}
    proven = select(func.count()).select_from(Event).join(
        AidList, (AidList.id == Event.subject_id) & (Event.subject == "aid_list")
    ).where(Event.verb == "confirm", Event.digest == AidList.digest)  # fmt: skip
    assert db.session.scalar(proven) == 120


def test_every_row_lies_at_its_school_or_bureau(province):
    for model, owner in ((AidList, AidList.school_id), (PayRun, PayRun.bureau_id)):
        astray = select(func.count()).select_from(model).join(Org, Org.id == owner)
        assert db.session.scalar(astray.where(Org.path != model.org_path)) == 0
    of_list = select(func.count()).select_from(AidLine).join(AidLine.aid_list)
    assert db.session.scalar(of_list.where(AidList.org_path != AidLine.org_path)) == 0


def test_a_student_finds_himself(province):
    name, number, code = db.session.execute(
        select(AidLine.name, Person.id_no, Org.code)
        .join(Person, Person.id == AidLine.person_id)
        .join(AidLine.aid_list)
        .join(Org, Org.id == AidList.school_id)
        .where(AidList.month == YearMonth.parse("2026-11"), AidList.state == "published")
        .limit(1)
    ).one()
    rows = history(name, number, code)
    assert [str(r.first_month) for r in rows] == ["2026-11", "2026-10", "2026-09"]
    assert {r.pay_state for r in rows[1:]} <= {"paid", "failed"}


def test_the_services_go_on_where_the_loading_stopped(province):
    """A list on its way is published; when its period is over, it is confirmed and paid."""
    waiting = db.session.scalars(select(AidList).where(AidList.state == "submitted")).first()
    bureau, this = waiting.bureau, AidList.id == waiting.id
    approver, clerk = (world.actor(f"b{bureau.code}_{d}") for d in ("approver", "clerk"))
    with scope.scope(approver.org_path):
        assert PUBLICITY.take("publish", this, approver).moved == 1
    with clock.at("2026-12-01T00:05"):
        assert PUBLICITY.take("confirm", AidList.state == "published", CLOCK).moved == 37
    with scope.scope(clerk.org_path):
        opened = open_run(waiting.month, bureau.code, clerk)
    assert opened.refused == 0
    assert opened.accepted == count(
        AidLine, CONFIRMED, AidLine.aid_list.has(AidList.bureau_id == bureau.id),
        AidLine.aid_list.has(AidList.month == waiting.month),
    )  # fmt: skip
    db.session.rollback()


def test_what_was_written_as_paid_cannot_be_paid_again_and_what_failed_can(province):
    failed = db.session.scalars(
        select(PayRun).join(Attempt, Attempt.run_id == PayRun.id).where(Attempt.state == "failed")
    ).first()
    clerk = world.actor(f"b{failed.bureau.code}_clerk")
    with scope.scope(clerk.org_path), pytest.raises(Refused):
        open_run(failed.month, failed.bureau.code, clerk)
    db.session.rollback()
    with scope.scope(clerk.org_path):
        again = open_again(failed, clerk)
    assert again.accepted == count(Attempt, Attempt.run_id == failed.id, Attempt.state == "failed")
    db.session.rollback()


def test_new_rows_get_numbers_of_their_own(province):
    last = db.session.scalar(select(func.max(Person.id)))
    db.session.add(Person(id_index=b"0" * 16, id_no="350102200812010015", id_mask="3501***0015"))
    db.session.flush()
    assert db.session.scalar(select(func.max(Person.id))) == last + 1
    db.session.rollback()


def test_more_months_are_more_lines_of_the_same_students(nothing):
    service.load_province(password=world.PASSWORD, schools=30, students=800, months=5)
    months = Counter(str(m) for m in db.session.scalars(select(AidList.month)))
    assert months == dict.fromkeys(("2026-05", "2026-06", "2026-09", "2026-10", "2026-11"), 30)
    assert {p.state for p in db.session.scalars(select(PayRun))} == {"settled"}
