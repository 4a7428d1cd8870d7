"""The small Fujian: whole or not at all, the same for a seed, and alive on whatever day."""

from __future__ import annotations

import dataclasses

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.accounts import entry
from app.accounts.models import DUTIES, Org, Post
from app.kernel import clock, names
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments.models import Attempt, Payment, PayRun
from app.payments.queries import history
from app.publicity.models import AidLine, AidList, Finding
from app.publicity.queries import on_notice, shown_lines
from app.publicity.rules import BY_CODE
from app.publicity.seal import differing
from app.registry.models import Absence, Card, CardChange, CoveredMonth, Enrolment, Person
from app.world import service, story
from tests import world


def count(model, *which):
    return db.session.scalar(select(func.count()).select_from(model).where(*which))


def lists(month: str) -> dict[str, str]:
    """School code -> state of its list."""
    month_of = clock.YearMonth.parse(month)
    found = select(Org.code, AidList.state).join_from(AidList, Org, Org.id == AidList.school_id)
    return dict(db.session.execute(found.where(AidList.month == month_of)).all())


def test_one_account_stands_for_every_duty(fujian):
    for bureau in (world.PROVINCE, world.FUZHOU, world.MINHOU):
        found = select(Post.duty).join(Post.org).where(Org.code == bureau)
        duties = set(db.session.scalars(found))
        assert duties == set(DUTIES) if bureau == world.PROVINCE else len(duties) == 5
    for school in world.SCHOOLS:
        found = select(Post.duty).join(Post.org).where(Org.code == school)
        assert set(db.session.scalars(found)) == {"clerk", "reviewer"}


@pytest.mark.parametrize("who", [world.MINHOU_APPROVER, world.QISHAN_CLERK, world.AUDITOR])
def test_everybody_comes_in_with_the_trial_password_at_once(fujian, who):
    assert entry.sign_in(who, world.PASSWORD, "10.0.0.1")
    assert entry.sign_in(who, "Not-this-1-one", "10.0.0.1") is None
    assert not db.session.scalar(select(Post.must_change).where(Post.username == who))


def test_students_with_a_card_sit_in_every_school(fujian):
    per_school = select(Org.code, func.count()).join_from(Enrolment, Org,
                        Org.id == Enrolment.school_id).group_by(Org.code)  # fmt: skip
    found = dict(db.session.execute(per_school).all())
    assert set(found) == set(world.SCHOOLS)
    assert all(40 <= n <= 140 for n in found.values())
    assert count(Card, Card.state == "active") == count(Person) == sum(found.values())
    assert len(set(db.session.scalars(select(Enrolment.state)))) >= 5


@pytest.mark.parametrize("student", [world.LIN_SIYUAN, world.CHEN_YUXIN, world.WANG_HAIPING])
def test_the_known_students_are_where_they_are_known_to_be(fujian, student):
    found = db.session.execute(
        select(Enrolment.name, Person.id_no, Org.code, Enrolment.grade)
        .join(Person, Person.id == Enrolment.person_id)
        .join(Org, Org.id == Enrolment.school_id)
        .where(Enrolment.name == student.name)
    ).one()
    assert found == (*student, "3")


def test_names_that_banks_find_hard_are_among_them(fujian):
    found = set(db.session.scalars(select(Enrolment.name)))
    assert {world.FAR_NAME, world.RARE_NAME} <= found
    assert names.not_in(world.RARE_NAME, "gbk")


def test_a_world_is_never_loaded_over_another(fujian):
    with pytest.raises(Refused, match="不是空的"):
        world.load()
    assert count(Org) == 15


@pytest.mark.parametrize("broken", ["_past", "_present"])
def test_when_the_story_breaks_off_nothing_stands(nothing, monkeypatch, broken):
    def stop(*_args):
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(story, broken, stop)
    with pytest.raises(RuntimeError, match="the machine stopped"):
        world.load_living(3)
    assert [count(m) for m in (Org, User, Person, AidList, Event)] == [0] * 5
    monkeypatch.undo()
    assert world.load_living(1).figures["orgs"] == 15


def test_a_weak_trial_password_is_refused_before_anything_is_written(nothing):
    with pytest.raises(Refused, match="密码"):
        service.load_small(password="12345")
    assert count(Org) == 0


def test_without_a_password_a_random_one_is_made_and_told(nothing):
    loaded = service.load_small(months=0)
    assert len(loaded.password) == 16
    assert entry.sign_in("sysadmin", loaded.password, "10.0.0.1")


def people() -> list[tuple[str, str, str]]:
    found = select(Enrolment.name, Person.id_no, Card.card_no)
    joined = found.join(Person, Person.id == Enrolment.person_id).join(
        Card, Card.person_id == Person.id
    )
    return [tuple(row) for row in db.session.execute(joined.order_by(Enrolment.id))]


def test_the_same_seed_is_the_same_world_and_another_is_not(stage):
    def loaded(name: str, seed: int) -> list[tuple[str, str, str]]:
        return stage.at(name, lambda: world.load(seed) and people())

    first, again, other = loaded("one", 5), loaded("two", 5), loaded("three", 6)
    assert first == again
    assert first != other


def test_earlier_months_are_paid_and_every_confirmed_line_has_its_outcome(living):
    done = ("2026-04", "2026-05", "2026-06", "2026-09")
    for month in done:
        assert set(lists(month).values()) == {"confirmed"}
    confirmed = count(
        AidLine, AidLine.aid_list.has(AidList.state == "confirmed"),
        AidLine.aid_list.has(AidList.month < clock.YearMonth.parse("2026-10")),
    )  # fmt: skip
    paying = Payment.first_run_id.in_(
        select(PayRun.id).where(PayRun.month < clock.YearMonth.parse("2026-10"))
    )
    assert confirmed == count(Payment, paying) > 800
    states = select(Attempt.state).join(Attempt.run).where(
        PayRun.month < clock.YearMonth.parse("2026-10"))  # fmt: skip
    assert set(db.session.scalars(states)) == {"paid", "failed", "unknown"}


def test_every_payment_has_locked_its_month(living):
    assert count(Payment) == count(CoveredMonth)


def test_of_the_first_months_failures_two_bureaus_paid_theirs_again(living):
    again = select(PayRun.state, PayRun.month).where(PayRun.kind == "again")
    assert [(s, str(m)) for s, m in db.session.execute(again)] == [("settled", "2026-04")] * 2


def test_last_months_lists_are_on_the_board_or_on_their_way_to_the_bank(living):
    states = lists("2026-10")
    assert sorted(states.values()) == ["confirmed"] * 3 + ["published"] * 5
    board = on_notice()
    assert len(board) == 4
    assert all(n.closes_on >= clock.today() and n.phone for n in board)
    assert all(shown_lines(n.id) for n in board)
    assert states[world.LANXI] == "published"  # and due to be confirmed
    runs = select(Org.code, PayRun.state).join(PayRun.bureau).where(
        PayRun.month == clock.YearMonth.parse("2026-10"))  # fmt: skip
    assert dict(db.session.execute(runs).all()) == {
        world.SIMING: "exported", world.PINGTAN: "checked",
    }  # fmt: skip


def test_one_line_on_the_board_is_frozen(living):
    frozen = db.session.scalars(select(AidLine).where(AidLine.state == "objected")).one()
    assert frozen.aid_list.state == "published"
    assert frozen.aid_list.school.code == world.QISHAN


def test_this_month_the_schools_are_at_work(living):
    assert lists("2026-11") == {
        world.RONGJIANG: "submitted", world.AOFENG: "draft", world.QISHAN: "draft",
        world.YURONG: "draft", world.HAITAN: "submitted",
    }  # fmt: skip
    sent_back = select(Event).where(Event.verb == "send_back")
    assert db.session.scalars(sent_back).one().note
    empty = db.session.scalars(select(AidList).where(AidList.zero_report)).one()
    assert empty.school.code == world.HAITAN


def test_the_draft_in_question_shows_every_finding_there_is(living):
    draft = select(AidList.id).join(AidList.school).where(
        Org.code == world.QISHAN, AidList.state == "draft")  # fmt: skip
    found = set(db.session.scalars(select(Finding.code).where(Finding.list_id.in_(draft))))
    assert found == set(BY_CODE)


def test_every_seal_is_that_of_the_lines(living):
    assert differing(select(AidList.id)) == []


def test_nobody_did_both_halves_of_anything(living):
    """Four eyes: of each list and run, no two unlike steps are by the same person."""
    pairs = [("upload", "submit"), ("submit", "publish"), ("open", "check"), ("export", "check")]
    first, second = Event.__table__.alias(), Event.__table__.alias()
    for one, other in pairs:
        same = select(func.count()).where(
            first.c.verb == one, second.c.verb == other, first.c.subject == second.c.subject,
            first.c.subject_id == second.c.subject_id, first.c.actor_id == second.c.actor_id,
        )  # fmt: skip
        assert db.session.scalar(same) == 0
        assert count(Event, Event.verb == one) > 5


def test_a_student_finds_his_months_with_their_arrival_dates(living):
    rows = history(*world.LIN_SIYUAN)
    assert [str(r.first_month) for r in rows] == [
        "2026-10", "2026-09", "2026-06", "2026-05", "2026-04",
    ]  # fmt: skip
    assert all(r.fen == 23000 for r in rows)
    assert rows[0].pay_state is None
    assert any(r.arrived_on for r in rows[1:])


def test_graduates_left_in_july_and_were_paid_until_june(living):
    gone = db.session.scalars(
        select(Enrolment).where(Enrolment.state == "07").order_by(Enrolment.id)
    ).all()
    assert {str(e.left_in) for e in gone} == {"2026-07"}
    theirs = select(func.max(AidLine.last_month)).where(
        AidLine.person_id.in_(e.person_id for e in gone)
    )
    assert str(clock.YearMonth(db.session.scalar(theirs))) == "2026-06"


@pytest.mark.parametrize(
    "now", ["2026-03-01T00:10", "2026-07-15T12:00", "2026-10-05T09:00", "2027-01-12T09:00"]
)
def test_the_world_is_alive_on_any_day(nothing, now):
    """A first of the month after the spring festival, a summer, a week of holidays, and a day
    in a year whose holidays nobody has announced."""
    with clock.at(now):
        world.load_living(3)
        assert len(on_notice()) == 4
        assert count(AidList, AidList.state == "submitted") == 2
        assert count(Attempt, Attempt.state == "paid") > 150
        late = [
            at for at in db.session.scalars(select(Event.at)) if clock.moment_of(at) > clock.now()
        ]
        assert late == []


def test_loading_costs_the_figures_it_tells(fujian):
    assert dataclasses.asdict(fujian)["figures"] == {"orgs": 15, "students": count(Enrolment)}


def test_a_list_changed_a_card_and_one_student_came_back(living):
    """What the registry keeps beside its students is alive too."""
    assert count(CardChange, CardChange.origin == "list") == 1
    ended = db.session.scalars(select(Absence).where(Absence.last_month.is_not(None))).one()
    assert (str(ended.first_month), str(ended.last_month)) == ("2026-04", "2026-05")
