"""Taking a registry file: the school's students are as the file says, and nobody is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.registry import intake
from app.registry.models import Enrolment, Person, RegistryUpload, StagedEnrolment
from app.registry.previewing import preview
from tests.engine import lines, student
from tests.registry.rolls import load, pupil, pupils, roll, send, take

TOLD = ("name", "grade", "major_code", "major", "class_name", "enrolled_in", "left_in", "state",
        "reg_no")  # fmt: skip


def as_it_is(world, school):
    return {e.person_id: [getattr(e, n) for n in TOLD] for e in roll(world, school).values()}


def test_the_registry_of_an_empty_school_is_the_file(world):
    done = load(world, world.school, pupils(3))
    held = roll(world, world.school)
    assert set(held) == {student(n).name for n in range(3)}
    assert (done.added, done.changed, done.unchanged) == (3, 0, 0)
    one = held[student(0).name]
    assert (one.grade, one.major_code, one.class_name, one.state) == ("1", "610102", "1班", "01")
    assert (str(one.enrolled_in), one.left_in) == ("2026-09", None)
    assert (one.reg_no, one.org_path) == (f"G{student(0).id_no}", world.school.path)


def test_the_same_file_again_changes_nothing(world):
    load(world, world.school, pupils(3))
    before = {e.id: as_it_is(world, world.school) for e in world.all(Enrolment)}
    done = load(world, world.school, pupils(3))
    assert (done.added, done.changed, done.unchanged) == (0, 0, 3)
    assert {e.id: as_it_is(world, world.school) for e in world.all(Enrolment)} == before


@pytest.mark.parametrize(("heading", "value", "column", "held"), [
    ("姓名", "王小明", "name", "王小明"), ("年级", "二年级", "grade", "2"),
    ("专业名称", "汽修", "major", "汽修"), ("班级", "2班", "class_name", "2班"),
    ("专业代码", "700206", "major_code", "700206"), ("学籍号", "J350102200801010019", "reg_no",
                                                "J350102200801010019"),
    ("入学年月", "2025-09", "enrolled_in", YearMonth.at(2025, 9)),
])  # fmt: skip
def test_any_column_that_differs_is_carried_over(world, heading, value, column, held):
    load(world, world.school, pupils(2))
    (before, _other) = world.all(Enrolment)
    done = load(world, world.school, [pupil(student(0), **{heading: value}), pupil(student(1))])
    now = world.fresh(before)
    assert (done.added, done.changed, done.unchanged) == (0, 1, 1)
    assert getattr(now, column) == held


@pytest.mark.parametrize("heading", ["学籍号", "专业代码", "入学年月", "学籍状态"])
def test_a_cell_left_blank_leaves_what_is_known(world, heading):
    load(world, world.school, pupils(1))
    before = as_it_is(world, world.school)
    done = load(world, world.school, [pupil(student(0), **{heading: ""})])
    assert done.unchanged == 1
    assert as_it_is(world, world.school) == before


def test_a_column_the_file_lacks_leaves_what_is_known(world):
    load(world, world.school, [pupil(student(0), 学籍状态="休学", 异动年月="2026-09")])
    short = {k: v for k, v in pupil(student(0)).items()
             if k in {"姓名", "身份证件号", "年级", "专业名称", "班级"}}  # fmt: skip
    load(world, world.school, [short])
    (one,) = world.all(Enrolment)
    assert (one.state, str(one.left_in), one.reg_no) == ("02", "2026-09", f"G{student(0).id_no}")


def test_a_new_student_of_whom_no_state_is_told_studies(world):
    load(world, world.school, [pupil(student(0), 学籍状态="")])
    assert world.one(Enrolment).state == "01"


def test_students_the_file_does_not_name_stay(world):
    load(world, world.school, pupils(3))
    load(world, world.school, pupils(1))
    assert world.count(Enrolment) == 3


def test_who_comes_back_is_away_no_longer(world):
    load(world, world.school, [pupil(student(0), 学籍状态="休学", 异动年月="2026-09")])
    load(world, world.school, [pupil(student(0), 学籍状态="复学", 异动年月="2026-10")])
    back = world.one(Enrolment)
    assert (back.state, back.left_in) == ("05", None)


def test_one_human_at_two_schools_is_one_person(world):
    load(world, world.school, pupils(2))
    load(world, world.far, pupils(2))
    assert (world.count(Person), world.count(Enrolment)) == (2, 4)


FILES = {
    "into_an_empty_school": ([], pupils(3)),
    "the_same_again": (pupils(3), pupils(3)),
    "one_more_one_less": (pupils(3), pupils(3, start=1)),
    "another_class": (pupils(3), [pupil(student(0), 班级="9班"), *pupils(2, start=1)]),
    "somebody_leaves": (pupils(3), [pupil(student(0), 学籍状态="退学", 异动年月="2026-09"),
                                    *pupils(2, start=1)]),
    "another_month_of_leaving": (
        [pupil(student(0), 学籍状态="退学", 异动年月="2026-09"), pupil(student(1))],
        [pupil(student(0), 学籍状态="退学", 异动年月="2026-10")],
    ),
    "blanks": (pupils(2), pupils(3, 学籍号="", 学籍状态="", 专业代码="")),
    "a_late_number": (pupils(2, 学籍号=""), pupils(2)),
}  # fmt: skip


@pytest.mark.parametrize(("held", "sent"), FILES.values(), ids=FILES)
def test_the_preview_says_what_taking_does(world, held, sent):
    if held:
        load(world, world.school, held)
    before, staged = as_it_is(world, world.school), send(world, world.school, sent)
    seen = preview(staged)
    done = take(world, staged)
    after = as_it_is(world, world.school)
    changed = sum(before[pk] != after[pk] for pk in before)
    fates = [part(seen, fate).total for fate in ("new", "changed", "same")]
    assert fates == [done.added, done.changed, done.unchanged]
    assert (done.added, done.changed) == (len(after) - len(before), changed)
    assert sum(fates) + done.rejected == done.row_count
    shown = part(seen, "changed").rows
    assert len(shown) == changed
    assert all(row.changes for row in shown)


def part(seen, code):
    (found,) = [each for each in seen.parts if each.code == code]
    return found


def test_the_preview_names_the_students_the_file_lacks_and_only_those_who_study(world):
    load(world, world.school, [*pupils(2), pupil(student(2), 学籍状态="退学", 异动年月="2026-09")])
    seen = preview(send(world, world.school, pupils(1)))
    assert seen.beside.total == 1
    assert [row.name for row in seen.beside.rows] == [student(1).name]


def test_the_preview_tells_old_and_new_in_words(world):
    load(world, world.school, pupils(1))
    left = [pupil(student(0), 学籍状态="休学", 异动年月="2026-09", 年级="二年级")]
    (row,) = part(preview(send(world, world.school, left)), "changed").rows
    said = {str(column): (old, new) for column, old, new in row.changes}
    assert said == {"年级": ("一年级", "二年级"), "学籍状态": ("在读", "休学"),
                    "离校年月": ("", "2026-09")}  # fmt: skip


def test_the_statements_do_not_grow_with_the_rows(world, statements):
    def cost(count, start):
        staged = send(world, world.school, pupils(count, start))
        with statements() as seen:
            preview(staged)
            take(world, staged)
        return len([s for s in seen if "enable_nestloop" not in s])

    few, many = cost(3, 0), cost(300, 100)
    assert few == many


def test_a_bureau_takes_a_file_for_a_school_right_below_it(world):
    staged = send(world, world.school, pupils(2), actor=world.county.clerk)
    take(world, staged, actor=world.county.clerk)
    assert world.count(Enrolment, school_id=world.school.id) == 2
    assert world.one(Event, verb="import_registry").actor == world.county.clerk.username


def test_the_trail_counts_those_who_left_and_says_how(world):
    load(world, world.school, pupils(4))
    assert world.count(Event, verb="change_states") == 0
    load(world, world.school, [
        pupil(student(0), 学籍状态="休学", 异动年月="2026-09"),
        pupil(student(1), 学籍状态="退学", 异动年月="2026-09"),
        pupil(student(2), 学籍状态="退学", 异动年月="2026-09"), pupil(student(3)),
    ])  # fmt: skip
    told = world.one(Event, verb="change_states")
    assert (told.count, told.note) == (3, "在读→休学 1、在读→退学 2")
    assert told.org_path == world.school.path


def test_the_trail_names_the_very_file(world):
    done = load(world, world.school, pupils(2))
    told = world.one(Event, verb="import_registry")
    assert (told.count, told.digest, told.note) == (2, done.sha256, "学籍.csv")
    assert world.count(StagedEnrolment) == 0


def test_findings_of_the_schools_drafts_follow_the_registry(world):
    from app.publicity import following

    assert following.recheck_open in intake._followers
    target = world.listed(world.school, lines(2), enrol=False)
    assert world.codes(target) == {"NOT_IN_REGISTRY"}
    load(world, world.school, pupils(2))
    assert world.codes(target) == set()
    load(world, world.school, [pupil(student(0), 学籍状态="退学", 异动年月="2026-09")])
    assert world.codes(target) == {"NOT_AT_SCHOOL"}


def test_the_same_file_is_known_again(world):
    first = load(world, world.school, pupils(2))
    again, other = send(world, world.school, pupils(2)), send(world, world.far, pupils(2))
    with scope.everyone("a test looks"):
        assert intake.earlier(again).id == first.id
        assert intake.earlier(other) is None


# --- refused


def test_all_or_nothing_writes_nothing_when_a_row_was_refused(world):
    staged = send(world, world.school, [*pupils(2), pupil(student(2), 年级="四年级")])
    assert (staged.accepted, staged.rejected) == (2, 1)
    with pytest.raises(Refused, match="全部或全不"):
        take(world, staged, all_or_nothing=True)
    assert world.count(Enrolment) == 0


def test_the_good_rows_are_taken_when_that_is_chosen(world):
    take(world, send(world, world.school, [*pupils(2), pupil(student(2), 年级="四年级")]))
    assert world.count(Enrolment) == 2


def test_a_file_without_one_good_row_is_not_taken(world):
    staged = send(world, world.school, pupils(2, 年级="四年级"))
    with pytest.raises(Refused, match="没有一行合格"):
        take(world, staged)


def test_an_upload_is_taken_once_and_never_after_it_was_dropped(world):
    done, dropped = load(world, world.school, pupils(1)), send(world, world.school, pupils(2))
    with scope.scope(world.school.path):
        intake.drop(dropped, world.school.clerk)
        db.session.commit()
    for upload in (done, dropped):
        with pytest.raises(Refused, match="已经处理过"):
            take(world, upload)
    assert (world.count(Enrolment), world.count(StagedEnrolment)) == (1, 0)
    assert world.one(Event, verb="drop_upload").subject == "registry_upload"


@pytest.mark.parametrize(("place", "duty"), [
    ("school", "reviewer"), ("second", "clerk"), ("county", "reviewer"), ("county", "approver"),
    ("other", "clerk"), ("province", "clerk"),
])  # fmt: skip
def test_nobody_else_loads_or_takes_for_the_school(world, place, duty):
    actor, staged = getattr(world, place).actor(duty), send(world, world.school, pupils(1))
    for verb in (lambda: send(world, world.school, pupils(1), actor=actor),
                 lambda: take(world, staged, actor=actor),
                 lambda: intake.drop(staged, actor)):  # fmt: skip
        with scope.scope(actor.org_path), pytest.raises(Refused, match="您不能为"):
            verb()
    assert world.count(Enrolment) == 0
    assert world.one(RegistryUpload).state == "staged"


def problems(upload):
    return [(p["column"], p["sentence"]) for p in upload.problems]


@pytest.mark.parametrize(("said", "column", "why"), [
    ({"学籍状态": "休学"}, "异动年月", "须填异动年月"),
    ({"学籍状态": "99"}, "异动年月", "须填异动年月"),
    ({"学籍状态": "", "异动年月": "2026-09"}, "异动年月", "须填学籍状态"),
    ({"异动年月": "2026-09"}, "异动年月", "“在读”的不填"),
    ({"学籍状态": "退学", "异动年月": "2027-01"}, "异动年月", "晚于2026-12"),
    ({"学籍状态": "退学", "异动年月": "2026-08"}, "异动年月", "早于入学年月2026-09"),
    ({"学籍状态": "出走"}, "学籍状态", "只能填写"),
    ({"学校标识码": "3135012201"}, "学校标识码", "不是本校"),
    ({"学籍号": "G12"}, "学籍号", "学籍号"),
])  # fmt: skip
def test_a_row_that_contradicts_itself_is_refused_in_a_sentence(world, said, column, why):
    staged = send(world, world.school, [pupil(student(0), **said)])
    assert (staged.accepted, staged.rejected) == (0, 1)
    ((where, sentence),) = problems(staged)
    assert where == column
    assert why in sentence


def test_leaving_may_be_told_a_little_before_it_happens(world):
    staged = send(world, world.school, [pupil(student(0), 学籍状态="毕业", 异动年月="2026-12")])
    assert staged.accepted == 1


def test_of_two_rows_about_one_student_the_later_is_refused(world):
    staged = send(world, world.school, [pupil(student(0)), pupil(student(0), 班级="2班")])
    assert (staged.accepted, staged.rejected) == (1, 1)
    assert problems(staged) == [("身份证件号", "与第2行是同一名学生，只保留一行")]


def test_one_registration_number_belongs_to_one_student(world):
    staged = send(
        world, world.school, [pupil(student(0)), pupil(student(1), 学籍号=f"G{student(0).id_no}")]
    )
    assert problems(staged) == [("学籍号", "与第2行的学籍号相同，请核对")]


def test_a_student_whose_number_was_issued_by_his_school_is_taken(world):
    """It tells neither birth nor sex; the real one comes when he has it."""
    new = replace(student(7), id_no="999313501210100001")
    take(world, send(world, world.school, [*pupils(1), pupil(new)]))
    assert {e.name for e in world.all(Enrolment)} == {student(0).name, new.name}
    person = next(p for p in world.all(Person) if p.id_mask.startswith("999"))
    assert (person.sex, person.birth) == ("", None)
