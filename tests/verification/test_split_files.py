"""Taking a file of suspicious records: every row is a case at its school, or says why not."""

from __future__ import annotations

import pytest

from app.kernel import scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.kernel.types import YearMonth
from app.verification import intake
from app.verification.models import Case, CaseUpload, StagedCase
from app.verification.previewing import preview
from app.verification.staging import all_problems
from tests.engine import student, students
from tests.verification.suspects import answer, cases, end, load, opened, send, suspect, take


def test_every_row_becomes_a_case_at_its_school(world):
    of = opened(world)
    rows = [suspect(student(0), world.school), suspect(student(1), world.far)]
    done = load(world, of, rows)
    assert (done.added, done.changed, done.unchanged, done.rejected) == (2, 0, 0, 0)
    one, two = (cases(world, of)[student(n).name] for n in (0, 1))
    assert (one.school_id, one.org_path) == (world.school.id, world.school.path)
    assert (two.school_id, two.org_path) == (world.far.id, world.far.path)
    assert (one.kind, one.state, one.seq, one.fen) == ("DUP_HE", "waiting", 2, 100_000)
    assert (one.first_month, one.last_month) == (YearMonth.at(2025, 9), YearMonth.at(2026, 1))
    assert (one.id_no, one.round_title, one.due_on) == (student(0).id_no, of.title, of.due_on)
    assert world.count(StagedCase) == 0


def test_a_school_is_found_by_its_name_as_well(world):
    of = opened(world)
    named = suspect(student(0), world.school, 学校标识码="", 学校名称=" 闽侯 职业中专")
    load(world, of, [named])
    assert cases(world, of)[student(0).name].school_id == world.school.id


@pytest.mark.parametrize(("but", "said"), [
    ({"学校标识码": "3599999999"}, "没有这所学校"),
    ({"学校标识码": "", "学校名称": "某某中专"}, "没有这所学校"),
    ({"学校标识码": ""}, "学校标识码或学校名称"),
    ({"学校标识码": "3135012201"}, "管辖范围"),
    ({"学校标识码": "", "学校名称": "连江职业中专"}, "管辖范围"),
    ({"学校名称": "闽侯工业学校"}, "不符"),
    ({"身份证件号": "350102200812010016"}, "校验码"),
    ({"身份证件号": "35010220081201"}, "18位"),
    ({"姓名": ""}, "不能为空"),
    ({"异常类型": "属实"}, "只能填写"),
    ({"截止年月": "2025-01"}, "早于起始年月"),
])  # fmt: skip
def test_a_row_that_belongs_nowhere_is_refused_in_a_sentence(world, but, said):
    of = opened(world, world.county)
    upload = send(world, of, [suspect(student(0), world.school, **but),
                              suspect(student(1), world.school)])  # fmt: skip
    assert (upload.accepted, upload.rejected) == (1, 1)
    (problem,) = upload.problems
    assert said in problem["sentence"]
    assert problem["row"] == 2


def test_the_errors_workbook_judges_the_file_as_it_was_judged(world):
    of = opened(world, world.county)
    upload = send(world, of, [suspect(student(0), world.far), suspect(student(1), world.school)])
    with scope.scope(world.county.path):
        from app.kernel import files

        with files.kept(upload.sha256) as path:
            problems, counts = all_problems(path, upload)
    assert [p.coordinate for p in problems] == ["A2"]
    assert (counts.taken, counts.refused) == (1, 1)


def test_two_rows_of_one_suspicion_are_one_case_and_two_suspicions_are_two(world):
    of = opened(world)
    one = suspect(student(0), world.school)
    upload = send(world, of, [one, one, one | {"异常类型": "年龄异常"},
                              one | {"学校标识码": world.far.code}])  # fmt: skip
    assert (upload.accepted, upload.rejected) == (3, 1)
    assert "第2行" in upload.problems[0]["sentence"]
    take(world, upload)
    assert world.count(Case, round_id=of.id) == 3


def test_the_same_file_again_changes_nothing_and_is_recognised(world):
    of = opened(world)
    rows = [suspect(who, world.school) for who in students(3)]
    first = load(world, of, rows)
    again = send(world, of, rows)
    with scope.scope(world.province.path):
        assert intake.earlier(again).id == first.id
    done = take(world, again)
    assert (done.added, done.changed, done.unchanged) == (0, 0, 3)
    assert world.count(Case) == 3


def test_a_later_file_corrects_what_waits_and_leaves_what_was_answered(world):
    of = opened(world)
    load(world, of, [suspect(student(n), world.school) for n in (0, 1)])
    answer(world, cases(world, of)[student(0).name])
    rows = [suspect(student(n), world.school, 异常说明="新的说明") for n in (0, 1)]
    upload = send(world, of, rows)
    with scope.scope(world.province.path):
        seen = preview(upload)
    assert [seen.total(fate) for fate in ("new", "changed", "same")] == [0, 1, 1]
    assert seen.beside.total == 1
    done = take(world, upload)
    assert (done.added, done.changed, done.unchanged) == (0, 1, 1)
    now = cases(world, of)
    assert now[student(1).name].clue == "新的说明"
    assert now[student(0).name].clue == "2025年9月在某大学注册"


def test_all_or_nothing_writes_nothing_when_a_row_is_refused(world):
    of = opened(world)
    upload = send(world, of, [suspect(student(0), world.school, 姓名=""),
                              suspect(student(1), world.school)])  # fmt: skip
    with pytest.raises(Refused, match="全部或全不"):
        take(world, upload, all_or_nothing=True)
    assert world.count(Case) == 0


def test_only_the_clerk_of_the_bureau_whose_round_it_is_brings_files_in(world):
    of = opened(world, world.county)
    for actor in (world.province.clerk, world.other.clerk, world.county.reviewer,
                  world.school.clerk):  # fmt: skip
        with pytest.raises(Refused, match="设立这一轮"):
            send(world, of, [suspect(student(0), world.school)], actor)


def test_a_round_that_is_over_takes_no_file(world):
    of = opened(world)
    waiting = send(world, of, [suspect(student(0), world.school)])
    assert end(world, of).moved == 1
    with pytest.raises(Refused, match="已经结束"):
        take(world, waiting)
    with pytest.raises(Refused, match="已经结束"):
        send(world, of, [suspect(student(0), world.school)])
    assert world.count(Case) == 0


def test_a_dropped_file_leaves_no_row_and_no_case(world):
    of = opened(world)
    upload = send(world, of, [suspect(student(0), world.school)])
    actor = world.province.clerk
    world.act(actor, intake.drop, upload, actor)
    assert (world.one(CaseUpload).state, world.count(StagedCase), world.count(Case)) == (
        "dropped", 0, 0)  # fmt: skip


def test_taking_costs_the_same_for_few_and_for_many(world, statements):
    of, costs = opened(world), []
    for start, n in ((0, 3), (10, 400)):
        upload = send(world, of, [suspect(who, world.school) for who in students(n, start)])
        db.session.commit()
        with statements() as seen:
            take(world, upload)
        costs.append(len([s for s in seen if not s.startswith(("SET", "SAVEPOINT", "RELEASE"))]))
    assert costs[0] == costs[1]
    assert costs[1] < 20


def test_who_took_which_file_stands_on_the_trail(world):
    of = opened(world)
    done = load(world, of, [suspect(student(0), world.school)])
    event = world.one(Event, verb="import_cases")
    assert (event.subject_id, event.count, event.digest) == (done.id, 1, done.sha256)
