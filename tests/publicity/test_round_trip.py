"""A draft goes out as a file, is edited in a spreadsheet, and comes back by row key and version."""

from __future__ import annotations

import io

import openpyxl
import pytest

from app.kernel import clock, files, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import BankCard, IdNumber
from app.publicity import handing_out, returning, service
from app.publicity.models import AidLine
from app.publicity.previewing import changes, preview
from app.publicity.sheets import RETURNED
from app.registry.models import Card, Person
from tests.engine import MONTHLY, card, line, lines, looking, student
from tests.stage import counted

AT = {column.key: n for n, column in enumerate(RETURNED.columns, 1)}


class Edited:
    """The exported file in somebody's spreadsheet; rows are counted as in the list, from 0."""

    def __init__(self, content):
        self.book = openpyxl.load_workbook(content)
        self.table = self.book.worksheets[0]

    def get(self, row, key):
        return self.table.cell(row + 2, AT[key]).value

    def set(self, row, **values):
        for key, value in values.items():
            self.table.cell(row + 2, AT[key]).value = value

    def drop(self, row):
        self.table.delete_rows(row + 2)

    def add(self, who, **but):
        """A new row under the foot, as people write it, without a key."""
        told = {"name": who.name, "id_no": who.id_no, "grade": "一年级", "major": "汽修",
                "class_name": "1班", "amount_fen": 230, "card_no": who.card_no} | but  # fmt: skip
        last = self.table.max_row + 1
        for key, value in told.items():
            self.table.cell(last, AT[key]).value = value
        return last - 2

    def saved(self):
        out = io.BytesIO()
        self.book.save(out)
        out.seek(0)
        return out


def handed_out(world, target, whole=False, actor=None):
    actor = actor or world.place(target.school_id).clerk
    with clock.at(world.moment), scope.scope(actor.org_path):
        made = service.hand_out(target, actor, whole, "核对纸质材料" if whole else "")
        db.session.commit()
    return Edited(made)


def sent_back(world, target, edited):
    clerk = world.place(target.school_id).clerk
    with clock.at(world.moment), scope.scope(clerk.org_path):
        with files.received(edited.saved()) as path:
            staged = service.stage(path, "改.xlsx", target, clerk)
        db.session.commit()
    return staged


def why(staged):
    return [p["sentence"] for p in staged.problems]


def as_it_is(world, target):
    names = ("id", "name", "class_name", "amount_fen", "card_id", "person_id", "state")
    return [[getattr(row, n) for n in names] for row in world.all(AidLine, list_id=target.id)]


@pytest.fixture
def target(world):
    return world.fill(world.draft(), lines(3))


def test_what_goes_out_untouched_comes_back_as_no_change(world, target):
    before = as_it_is(world, target)
    staged = sent_back(world, target, handed_out(world, target))
    assert (staged.accepted, staged.rejected, staged.doubts) == (3, 0, [])
    with scope.scope(world.school.path):
        assert changes(staged) == {"new": 0, "changed": 0, "same": 3, "gone": 0}
    world.take(staged)
    assert as_it_is(world, target) == before
    taken = world.fresh(staged)
    assert (taken.added, taken.changed, taken.unchanged, taken.gone) == (0, 0, 3, 0)


def test_no_number_is_whole_in_the_file_and_none_is_lost_when_it_comes_back(world, target):
    edited = handed_out(world, target)
    assert [edited.get(n, "id_no") for n in range(3)] == [
        IdNumber.mask(student(n).id_no) for n in range(3)
    ]
    assert edited.get(0, "card_no") == BankCard.mask(student(0).card_no)
    edited.set(0, class_name="9班")
    world.take(sent_back(world, target, edited))
    assert world.line(target, 2).class_name == "9班"
    with looking():
        assert {p.id_no for p in world.all(Person)} == {student(n).id_no for n in range(3)}
        assert {c.card_no for c in world.all(Card)} == {card(n) for n in range(3)}


def test_whole_numbers_need_a_reason_and_leave_a_trace(world, target):
    edited = handed_out(world, target, whole=True)
    assert edited.get(1, "id_no") == student(1).id_no
    told = world.one(Event, verb="reveal")
    assert (told.actor, told.subject_id, told.count) == (world.school.clerk.username, target.id, 3)
    assert told.note == "核对纸质材料"
    with scope.scope(world.school.path), pytest.raises(Refused, match="理由"):
        service.hand_out(target, world.school.clerk, True, " ")
    handed_out(world, target)
    assert world.one(Event, verb="export").count == 3


def test_the_file_says_how_many_and_how_much(world, target):
    rows = list(handed_out(world, target).table.iter_rows(min_row=5, values_only=True))
    assert "3" in rows[0][0]
    assert rows[0][AT["amount_fen"] - 1] == 3 * MONTHLY / 100


def test_a_new_card_is_written_in_full_over_the_stars(world, target):
    edited = handed_out(world, target)
    edited.set(1, card_no=card(77))
    staged = sent_back(world, target, edited)
    with scope.scope(world.school.path):
        (shown,) = preview(staged).parts[0].rows
    assert [(str(c.label), c.old, c.new) for c in shown.changes] == [
        ("银行卡", BankCard.mask(card(1)), BankCard.mask(card(77)))
    ]
    world.take(staged)
    assert world.line(target, 3).card_mask == BankCard.mask(card(77))


def test_a_row_without_a_key_is_new_and_a_row_left_out_goes(world, target):
    edited = handed_out(world, target)
    edited.add(student(9))
    edited.drop(1)
    staged = sent_back(world, target, edited)
    with scope.scope(world.school.path):
        assert changes(staged) == {"new": 1, "changed": 0, "same": 2, "gone": 1}
    world.take(staged)
    assert {row.name for row in world.all(AidLine)} == {student(n).name for n in (0, 2, 9)}


def test_a_refused_row_leaves_its_line_as_it_is(world, target):
    edited = handed_out(world, target)
    edited.set(0, amount_fen="二百")
    edited.set(1, class_name="9班")
    staged = sent_back(world, target, edited)
    assert (staged.accepted, staged.rejected, staged.held) == (2, 1, [world.line(target, 2).id])
    world.take(staged)
    assert [row.class_name for row in world.all(AidLine)] == ["1班", "9班", "1班"]


def test_the_same_file_mended_is_taken_although_its_other_rows_have_moved_on(world, target):
    edited = handed_out(world, target)
    edited.set(0, amount_fen="二百")
    edited.set(1, class_name="9班")
    world.take(sent_back(world, target, edited))
    edited.set(0, amount_fen=100)
    staged = sent_back(world, target, edited)
    assert why(staged) == []
    world.take(staged)
    assert world.line(target, 2).amount_fen == 10_000


# --- somebody else


def test_a_row_changed_meanwhile_is_refused_and_stays_as_the_other_left_it(world, target):
    edited = handed_out(world, target)
    world.fill(target, [line(student(0), class_name="8班"), *lines(2, start=1)])
    edited.set(0, class_name="9班")
    edited.set(1, class_name="9班")
    staged = sent_back(world, target, edited)
    assert len(why(staged)) == 1
    assert "已被改动" in why(staged)[0]
    world.take(staged)
    assert [row.class_name for row in world.all(AidLine)] == ["8班", "9班", "1班"]


def test_a_line_the_bureau_took_off_meanwhile_does_not_come_back(world, target):
    edited = handed_out(world, target)
    world.remove(target, 2, world.school.clerk)
    staged = sent_back(world, target, edited)
    assert staged.rejected == 1
    world.take(staged)
    assert [row.state for row in world.all(AidLine)] == ["removed", "normal", "normal"]


def test_a_line_added_meanwhile_is_not_left_out(world, target):
    edited = handed_out(world, target)
    world.fill(target, lines(4))
    staged = sent_back(world, target, edited)
    with scope.scope(world.school.path):
        assert changes(staged)["gone"] == 0
    world.take(staged)
    assert len(world.all(AidLine)) == 4


def test_a_line_that_has_gone_meanwhile_is_said_to_be_gone(world, target):
    edited = handed_out(world, target)
    world.fill(target, lines(2))
    staged = sent_back(world, target, edited)
    assert "已移出名单" in why(staged)[0]


def test_a_line_changed_between_the_check_and_the_press_stops_the_whole_file(world, target):
    edited = handed_out(world, target)
    edited.set(0, class_name="9班")
    staged = sent_back(world, target, edited)
    world.fill(target, [line(student(0), class_name="8班"), *lines(2, start=1)])
    with pytest.raises(Refused, match="又有1行被改动"):
        world.take(staged)
    db.session.rollback()
    assert world.line(target, 2).class_name == "8班"


# --- forged, copied, mistaken


@pytest.mark.parametrize("spoil", [
    lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
    lambda key: key.replace("-", "-1", 1),
    lambda key: "1-1-1-AAAAAAAAAAAA",
    lambda key: "随便",
    lambda key: "9" * 59,
])  # fmt: skip
def test_a_made_up_key_is_refused_and_nothing_leaves_the_list(world, target, spoil):
    edited = handed_out(world, target)
    edited.set(0, row_key=spoil(edited.get(0, "row_key")), class_name="9班")
    staged = sent_back(world, target, edited)
    assert "行标识" in why(staged)[0]
    world.take(staged)
    assert [row.class_name for row in world.all(AidLine)] == ["1班"] * 3


def test_a_key_beside_another_version_is_refused(world, target):
    edited = handed_out(world, target)
    edited.set(0, row_version="7")
    assert "行标识" in why(sent_back(world, target, edited))[0]


def test_a_key_copied_to_a_second_row_is_refused_there(world, target):
    edited = handed_out(world, target)
    edited.add(
        student(9), row_key=edited.get(0, "row_key"), row_version=edited.get(0, "row_version")
    )
    staged = sent_back(world, target, edited)
    assert (staged.accepted, staged.rejected) == (3, 1)
    assert "与第2行相同" in why(staged)[0]


@pytest.mark.parametrize("whose", ["school", "far"])
def test_the_file_of_another_list_is_refused_row_by_row(world, target, whose):
    place, month = getattr(world, whose), world.month - (whose == "school")
    other = world.fill(world.draft(place, month=month), lines(2, start=20))
    before, edited = as_it_is(world, other), handed_out(world, target)
    for row in range(3):
        edited.set(row, school_code=None, first_month=str(month), last_month=str(month))
    staged = sent_back(world, other, edited)
    assert staged.accepted == 0
    assert all("另一份名单" in sentence for sentence in why(staged))
    with pytest.raises(Refused, match="没有一行合格"):
        world.take(staged)
    db.session.rollback()
    assert as_it_is(world, other) == before


def test_stars_without_a_key_are_refused(world, target):
    edited = handed_out(world, target)
    edited.set(0, row_key=None, row_version=None)
    staged = sent_back(world, target, edited)
    assert any("遮盖过" in sentence for sentence in why(staged))


def test_the_stars_of_another_row_are_refused(world, target):
    edited = handed_out(world, target)
    edited.set(0, card_no=edited.get(1, "card_no"))
    staged = sent_back(world, target, edited)
    assert "与这一行原来的不同" in why(staged)[0]


# --- who may


def test_only_the_schools_own_clerk_gets_the_file_and_only_of_a_draft(world, target):
    for stranger in (world.school.reviewer, world.far.clerk, world.county.clerk):
        with scope.scope(stranger.org_path), pytest.raises(Refused):
            service.hand_out(target, stranger, False)
    world.enrol(world.school, lines(3))
    with scope.scope(world.school.path):
        service.recheck(target, world.school.clerk)
        db.session.commit()
    world.through(target, "submitted")
    with looking():
        late = world.fresh(target)
    with scope.scope(world.school.path), pytest.raises(Refused, match="不是草稿"):
        service.hand_out(late, world.school.clerk, False)


def test_a_file_of_many_lines_costs_the_statements_of_a_small_one(world):
    def cost(count):
        made = world.fill(world.draft(month=world.month - count), lines(count))
        with counted() as seen:
            sent_back(world, made, handed_out(world, made))
        return len(seen)

    assert cost(2) == cost(6)


def test_the_modules_of_the_way_out_and_back_name_the_same_columns():
    assert set(handing_out.OF_CARD) == set(returning.OF_CARD)
    assert set(returning.SAID) < set(handing_out.OF_LINE)
