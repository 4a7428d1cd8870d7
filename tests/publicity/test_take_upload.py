"""Taking an upload: the list's lines become the rows of the file, and nothing else changes."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from app.kernel import clock, jobs, legs, receiving, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.pulse import Stopped
from app.publicity import service, work
from app.publicity.models import AidLine, AidList, Finding, StagedLine, Upload
from app.registry.models import Card, Person
from tests.engine import MONTHLY, card, line, lines, student
from tests.listening import Heard


def ids(world, target):
    """Line number by row of the file."""
    return {row.seq: row.id for row in world.all(AidLine, list_id=target.id)}


def test_the_lines_of_an_empty_draft_are_the_rows_of_the_file(world):
    target = world.fill(world.draft(), lines(3))
    taken = world.all(AidLine, list_id=target.id)
    assert [row.name for row in taken] == [student(n).name for n in range(3)]
    assert [row.amount_fen for row in taken] == [MONTHLY] * 3
    assert {row.state for row in taken} == {"normal"}
    assert {row.org_path for row in taken} == {world.school.path}


def test_months_left_blank_are_those_of_the_list(world):
    target = world.draft(month=world.month, first=world.month - 2, kind="SUPPLEMENT")
    world.fill(target, [line(student(1), amount_fen=3 * MONTHLY)])
    taken = world.line(target, 2)
    assert (str(taken.first_month), str(taken.last_month)) == ("2026-07", "2026-09")


def test_the_list_says_how_many_lines_and_how_many_fen(world):
    target = world.fill(world.draft(), lines(3))
    assert (target.line_count, target.total_fen) == (3, 3 * MONTHLY)
    assert len(target.digest) == 64


def test_the_same_rows_again_leave_every_line_its_number(world):
    target = world.fill(world.draft(), lines(3))
    before, digest = ids(world, target), target.digest
    world.fill(target, lines(3))
    assert ids(world, target) == before
    assert world.fresh(target).digest == digest


def test_rows_in_another_order_keep_their_lines_and_take_the_new_places(world):
    target = world.fill(world.draft(), lines(3))
    before = {row.name: row.id for row in world.all(AidLine)}
    world.fill(target, list(reversed(lines(3))))
    assert {row.name: row.id for row in world.all(AidLine)} == before
    assert world.line(target, 2).name == student(2).name


def test_a_changed_row_changes_its_line_in_place(world):
    target = world.fill(world.draft(), lines(2))
    before = ids(world, target)
    world.fill(target, [line(student(0), amount_fen=10000), line(student(1))])
    assert ids(world, target) == before
    assert world.line(target, 2).amount_fen == 10000
    assert world.fresh(target).total_fen == 10000 + MONTHLY


@pytest.mark.parametrize(("column", "value"), [
    ("name", "王小明"), ("grade", "2"), ("major", "汽修"), ("class_name", "2班"),
    ("amount_fen", 100), ("remark", "插班"), ("card_no", card(99)), ("holder_name", "王大明"),
])  # fmt: skip
def test_any_column_that_differs_is_carried_over(world, column, value):
    target = world.fill(world.draft(), lines(1))
    world.fill(target, [line(student(0), **{column: value})])
    taken = world.line(target, 2)
    with scope.everyone("a test looks"):
        used = db.session.get_one(Card, taken.card_id)
        said = {"card_no": used.card_no, "holder_name": used.holder_name}
    assert said.get(column, getattr(taken, column, None)) == value


def test_a_missing_row_takes_its_line_away_and_a_new_row_adds_one(world):
    target = world.fill(world.draft(), lines(3))
    before = ids(world, target)
    world.fill(target, lines(3, start=1))
    now = {row.name: row.id for row in world.all(AidLine, list_id=target.id)}
    assert set(now) == {student(n).name for n in (1, 2, 3)}
    assert now[student(1).name] == before[3]


def test_a_line_that_stays_the_same_keeps_what_the_bureau_overruled(world):
    target = world.fill(world.draft(), lines(2))
    world.overrule(target, "NOT_IN_REGISTRY")
    world.fill(target, lines(2))
    assert world.codes(target, state="overruled") == {"NOT_IN_REGISTRY"}
    assert world.codes(target) == set()


def test_a_line_that_changes_loses_what_was_overruled_on_it_and_no_other_does(world):
    target = world.fill(world.draft(), lines(2))
    world.overrule(target, "NOT_IN_REGISTRY")
    world.fill(target, [line(student(0), class_name="2班"), line(student(1))])
    assert world.codes(target, 2) == {"NOT_IN_REGISTRY"}
    assert world.codes(target, 3, "overruled") == {"NOT_IN_REGISTRY"}


def test_findings_of_a_line_that_is_gone_are_gone(world):
    target = world.fill(world.draft(), lines(2))
    world.fill(target, lines(1))
    assert world.count(Finding, list_id=target.id) == 1


def test_a_removed_line_that_comes_again_is_normal_again(world):
    target = world.listed(world.school, lines(2))
    world.remove(target, 2, world.school.clerk)
    assert world.fresh(target).line_count == 1
    world.fill(target, lines(2))
    assert world.line(target, 2).state == "normal"
    assert world.fresh(target).line_count == 2


def test_an_objection_outlives_a_new_upload(world):
    """What the bureau froze, no file of the school thaws."""
    target = world.listed(world.school, lines(2))
    world.through(target, "published")
    world.object_to(target, 2)
    world.press("withdraw", target, world.county.approver)
    world.fill(target, [line(student(0), class_name="2班"), line(student(1))])
    assert world.line(target, 2).state == "objected"
    assert world.line(target, 2).class_name == "2班"


def test_one_person_may_stand_twice_for_different_months(world):
    rows = [line(student(0), first_month=world.month - 3, last_month=world.month - 2,
                 amount_fen=100), line(student(0))]  # fmt: skip
    target = world.fill(world.draft(), rows)
    assert target.line_count == 2
    assert world.count(Person) == 1
    assert world.codes(target) & {"TWICE_ON_LIST"} == set()


def test_the_same_person_twice_from_the_same_month_is_staged_once(world):
    staged = world.upload(world.draft(), [line(student(0)), line(student(0), grade="2")])
    assert (staged.accepted, staged.rejected) == (1, 1)
    assert len(staged.problems) == 1


def test_persons_and_cards_are_registered_once_over_schools_and_files(world):
    world.fill(world.draft(world.school), lines(3))
    world.fill(world.draft(world.far), lines(3))
    world.fill(world.draft(world.school), lines(3))
    assert (world.count(Person), world.count(Card)) == (3, 3)
    assert {c.state for c in world.all(Card)} == {"claimed"}


def test_another_card_of_a_known_person_is_another_row(world):
    target = world.fill(world.draft(), lines(1))
    world.fill(target, [line(student(0), card_no=card(50))])
    assert (world.count(Person), world.count(Card)) == (1, 2)
    assert world.line(target, 2).card_mask.endswith(card(50)[-4:])


def test_one_number_for_two_names_of_holder_is_two_cards(world):
    """What the bank is told must be what the school said, name by name."""
    target = world.fill(world.draft(), [line(student(0)), line(student(1), card_no=card(0))])
    assert world.count(Card) == 2
    assert world.line(target, 2).card_id != world.line(target, 3).card_id


def test_a_bank_told_later_is_another_row_of_the_same_card(world):
    """A wrong bank number must be mendable, and the file of then must still say the old one."""
    target = world.fill(world.draft(), [line(student(0), cnaps="313391080007")])
    world.fill(target, [line(student(0), cnaps="105391000018")])
    told = {c.cnaps: c.id for c in world.all(Card)}
    assert set(told) == {"313391080007", "105391000018"}
    assert world.line(target, 2).card_id == told["105391000018"]


def test_a_bank_left_blank_is_the_one_that_is_known(world):
    target = world.fill(world.draft(), [line(student(0), cnaps="313391080007", bank_name="海峡")])
    before = world.line(target, 2).card_id
    world.fill(target, [line(student(0), class_name="2班")])
    assert world.line(target, 2).card_id == before
    assert world.count(Card) == 1


def test_a_card_given_up_and_used_again_is_claimed_again(world):
    old = world.card_of(line(student(0)), state="closed")
    world.fill(world.draft(), lines(1))
    assert world.fresh(old).state == "claimed"


def test_good_rows_are_taken_when_others_were_refused(world):
    staged = world.upload(world.draft(), lines(2), bad=1)
    assert world.take(staged).line_count == 2


def test_the_staged_rows_are_cleared_away(world):
    world.fill(world.draft(), lines(2))
    assert world.count(StagedLine) == 0
    assert world.one(Upload).state == "taken"


def test_the_trail_says_who_took_which_file_and_the_seal_of_the_list(world):
    target = world.fill(world.draft(), lines(2))
    told = world.one(Event, verb="upload")
    assert (told.actor, told.subject_id) == (world.school.clerk.username, target.id)
    assert (told.count, told.fen, told.digest) == (2, 2 * MONTHLY, target.digest)


def test_a_file_after_a_zero_report_withdraws_the_report(world):
    target = world.draft()
    with scope.scope(world.school.path):
        service.report_nobody(target, world.school.clerk)
        db.session.commit()
    assert world.fill(target, lines(1)).zero_report is False


def test_dropping_an_upload_leaves_the_list_alone(world):
    target = world.fill(world.draft(), lines(2))
    staged = world.upload(target, lines(1))
    with scope.scope(world.school.path):
        service.drop(staged, world.school.clerk)
        db.session.commit()
    assert world.fresh(target).line_count == 2
    assert world.count(StagedLine) == 0


def test_a_file_nobody_takes_is_put_aside_after_a_month_and_its_people_wait_no_more(world):
    target = world.fill(world.draft(), lines(2))
    staged = world.upload(target, lines(3))
    with clock.at(clock.moment_of(staged.at) + dt.timedelta(days=29)):
        assert receiving.put_aside_forgotten() == 0
    with clock.at(clock.moment_of(staged.at) + dt.timedelta(days=31)):
        assert receiving.put_aside_forgotten() == 1
        assert receiving.put_aside_forgotten() == 0
    db.session.commit()
    assert [row.state for row in world.all(Upload)] == ["taken", "dropped"]
    assert world.count(StagedLine) == 0
    assert world.fresh(target).line_count == 2
    [event] = world.all(Event, verb="drop_upload")
    assert (event.actor, event.subject_id, event.count) == ("clock", staged.id, 3)


# --- refused


def test_all_or_nothing_writes_nothing_when_a_row_was_refused(world):
    staged = world.upload(world.draft(), lines(2), bad=1)
    with pytest.raises(Refused, match="全部或全不"):
        world.take(staged, all_or_nothing=True)
    db.session.rollback()
    assert world.count(AidLine) == 0


def test_a_file_without_one_good_row_changes_nothing(world):
    target = world.fill(world.draft(), lines(2))
    with pytest.raises(Refused, match="没有一行合格"):
        world.take(world.upload(target, [], bad=2))
    db.session.rollback()
    assert world.count(AidLine) == 2


def test_an_upload_is_taken_once(world):
    staged = world.upload(world.draft(), lines(2))
    world.take(staged)
    with pytest.raises(Refused, match="已经处理过"):
        world.take(staged)


def test_a_second_press_that_still_remembers_the_upload_as_staged_empties_nothing(world):
    """Two presses at once: the later one must look again once the earlier one is through."""
    staged = world.upload(world.draft(), lines(2))
    world.take(staged)
    for late in (service.take, service.drop):
        set_committed_value(staged, "state", "staged")
        with scope.scope(world.school.path), pytest.raises(Refused, match="已经处理过"):
            late(staged, world.school.clerk)
        db.session.rollback()
    assert world.count(AidLine) == 2


def test_a_dropped_upload_cannot_be_taken_nor_a_taken_one_dropped(world):
    target = world.draft()
    dropped, taken = world.upload(target, lines(1)), world.upload(target, lines(2))
    world.take(taken)
    with scope.scope(world.school.path):
        service.drop(dropped, world.school.clerk)
        db.session.commit()
        with pytest.raises(Refused, match="已经处理过"):
            service.drop(taken, world.school.clerk)
        with pytest.raises(Refused, match="已经处理过"):
            service.take(dropped, world.school.clerk)


@pytest.mark.parametrize("state", ["submitted", "published", "confirmed"])
def test_a_list_that_left_the_school_takes_no_file(world, state):
    target = world.listed(world.school, lines(2))
    late = world.upload(target, lines(1))
    world.through(target, state)
    with pytest.raises(Refused, match="已不是草稿"):
        world.take(late)
    db.session.rollback()
    assert world.fresh(target).line_count == 2


def test_two_drafts_of_one_month_are_one(world):
    assert world.draft().id == world.draft().id
    assert world.count(AidList) == 1


def test_a_big_file_being_taken_says_by_name_which_step_it_is_at(world):
    staged = world.upload(world.draft(), lines(2))
    heard = Heard(world.school.clerk)
    with clock.at(world.moment), scope.scope(world.school.path):
        take = jobs.KINDS[f"take_{work.LISTS.code}"].run
        take(heard, upload_id=staged.id, all_or_nothing=False)
        db.session.commit()
    assert [done for done, _sentence in heard.all] == [0, *range(7), 7]
    assert (heard.total, heard.foretold) == (7, [])
    assert heard.all[2][1] == "第2步，共7步：登记学生和银行卡"
    assert len({sentence for _done, sentence in heard.all}) == 8


def test_called_off_between_two_steps_nothing_was_written(world):
    staged = world.upload(world.draft(), lines(2))
    heard = Heard(world.school.clerk, patience=4)
    with pytest.raises(Stopped), legs.told(heard):
        world.act(world.school.clerk, service.take, staged, world.school.clerk)
    assert [done for done, _sentence in heard.all] == [0, 1, 2, 3]
    assert world.count(AidLine) == 0
    assert world.fresh(staged).state == "staged"
