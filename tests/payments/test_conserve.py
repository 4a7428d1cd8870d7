"""Money is conserved: both sides of every equation agree, and any row changed by hand is found."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, func, insert, select, update

from app.accounts.models import Org
from app.kernel import scope, triggers
from app.kernel.db import db, writing
from app.kernel.types import YearMonth
from app.payments import conserving
from app.payments.models import Attempt, PayFile, Payment, PayRun, Recovery
from app.payments.sums import Chosen
from app.publicity.models import AidLine, AidList
from app.registry.models import CoveredMonth
from tests import world

B = Recovery.__table__
A, L, P, T, M, R, F = (
    m.__table__ for m in (AidList, AidLine, Payment, Attempt, CoveredMonth, PayRun, PayFile)
)
NAMES = [*conserving.SHAPES, "seals"]


@pytest.fixture
def living(living):
    """The system looks at the six lived months, and may change them by hand."""
    with living.staff.app_context(), scope.everyone("a test looks at everything"):
        yield living


def run(statement):
    db.session.execute(statement)
    db.session.commit()


def any_of(column, *where):
    """The value of one row, always the same one."""
    found = db.session.scalar(select(column).where(*where).order_by(column).limit(1))
    assert found is not None
    return found


def broken(chosen=None):
    return {e.name for e in conserving.verify(chosen or Chosen()) if not e.holds}


def equation(name, chosen=None):
    return next(e for e in conserving.verify(chosen or Chosen()) if e.name == name)


def test_every_equation_holds_in_the_living_world(living):
    found = conserving.verify(Chosen())
    assert [e.name for e in found] == NAMES
    assert all(e.holds for e in found), broken()
    empty = {e.name for e in found if not any(t.count for t in (*e.left, *e.right))}
    assert empty == {"stray", "seals"}


def a_list_says_more(_):
    pk = any_of(A.c.id, A.c.state == "confirmed", A.c.line_count > 0)
    run(update(A).where(A.c.id == pk).values(total_fen=A.c.total_fen + 1))
    return {"list_id": pk}


def a_line_was_removed_after_it_was_paid(_):
    line = any_of(P.c.line_id)
    run(update(L).where(L.c.id == line).values(state="removed"))
    return {"line_id": line}


def a_paid_list_went_back(_):
    line = any_of(P.c.line_id)
    pk = any_of(L.c.list_id, L.c.id == line)
    run(update(A).where(A.c.id == pk).values(state="published"))
    return {"list_id": pk}


def a_payment_skipped_an_attempt(_):
    pk = any_of(T.c.payment_id, T.c.state == "failed", T.c.no == 1, _standing())
    run(update(P).where(P.c.id == pk).values(attempt_no=P.c.attempt_no + 1))
    return {"payment_id": pk}


def a_lock_was_lifted(_):
    pk = any_of(P.c.id)
    run(delete(M).where(M.c.payment_id == pk))
    return {"payment_id": pk}


def a_lock_without_a_payment(_):
    pk = any_of(P.c.id)
    triggers.lift(db.session.connection(), "recovery")
    run(update(M).where(M.c.payment_id == pk).values(payment_id=999_999))
    return {"payment_id": 999_999}


def a_lock_too_many(_):
    pk = any_of(P.c.id)
    kept = db.session.execute(select(M).where(M.c.payment_id == pk)).mappings().first()
    row = {k: v for k, v in kept.items() if k != "id"} | {"month": kept["month"] + 120}
    run(insert(M).values(row))
    return {"payment_id": pk}


def money_arrived_twice(_):
    """As if the unique index had never been there."""
    index = next(i for i in T.indexes if i.name == "uq_attempt_live")
    index.drop(db.session.connection())
    again = select(T.c.payment_id).where(T.c.no == 2, T.c.state == "paid")
    pk = any_of(T.c.payment_id, T.c.payment_id.in_(again))
    run(update(T).where(T.c.payment_id == pk, T.c.no == 1).values(state="paid"))
    return {"payment_id": pk}


def less_came_back_than_the_trail_says(_):
    pk = any_of(B.c.payment_id, B.c.state == "repaid")
    run(update(B).where(B.c.payment_id == pk).values(fen=B.c.fen - 1))
    return {"payment_id": pk}


def a_run_says_more(_):
    pk = any_of(R.c.id, R.c.state == "settled")
    run(update(R).where(R.c.id == pk).values(line_count=R.c.line_count + 1))
    return {"run_id": pk}


def a_file_says_more(_):
    pk = any_of(F.c.run_id)
    run(update(F).where(F.c.run_id == pk).values(fen=F.c.fen + 100))
    return {"run_id": pk}


def a_name_was_changed(_):
    line = any_of(P.c.line_id)
    pk = any_of(L.c.list_id, L.c.id == line)
    run(update(L).where(L.c.id == line).values(name="王某某"))
    return {"list_id": pk}


def _standing():
    return select(P.c.id).where(P.c.id == T.c.payment_id, P.c.attempt_no == T.c.no).exists()


BY_HAND = [
    ("payable", a_list_says_more, {"payable", "seals"}),
    ("due", a_paid_list_went_back, {"due"}),
    ("due", a_line_was_removed_after_it_was_paid, {"payable", "due", "seals"}),
    ("standing", a_payment_skipped_an_attempt, {"standing"}),
    ("months", a_lock_was_lifted, {"months"}),
    ("stray", a_lock_without_a_payment, {"months", "stray"}),
    ("stray", a_lock_too_many, {"stray"}),
    ("once", money_arrived_twice, {"once"}),
    ("recovered", less_came_back_than_the_trail_says, {"recovered"}),
    ("runs", a_run_says_more, {"runs"}),
    ("files", a_file_says_more, {"files"}),
    ("seals", a_name_was_changed, {"seals"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "breaks"), BY_HAND, ids=lambda x: getattr(
    x, "__name__", ""))  # fmt: skip
def test_a_row_changed_by_hand_breaks_its_equation_and_is_named(living, name, change, breaks):
    culprit = change(living)
    assert broken() == breaks
    told = equation(name)
    assert 0 < len(told.offenders) <= conserving.FIRST
    assert any(culprit.items() <= o.keys().items() for o in told.offenders)


def test_no_equation_is_left_that_nothing_breaks():
    assert {name for name, _change, _breaks in BY_HAND} == set(NAMES)


def test_two_errors_that_cancel_out_are_still_found(living):
    ids = list(db.session.scalars(select(F.c.run_id).distinct().order_by(F.c.run_id).limit(2)))
    for pk, more in zip(ids, (100, -100), strict=True):
        run(update(F).where(F.c.run_id == pk).values(fen=F.c.fen + more))
    told = equation("files")
    assert told.sides[0] == told.sides[1]
    assert not told.holds
    assert [o.run_id for o in told.offenders] == ids


def test_of_many_offenders_the_first_twenty_are_named(living):
    triggers.lift(db.session.connection(), "recovery")
    run(update(P).values(person_id=P.c.person_id + 1))
    told = equation("due")
    assert told.off == db.session.scalar(select(func.count()).select_from(P))
    assert len(told.offenders) == 20


def path_of(code: str) -> str:
    with scope.everyone("a test looks up a place"):
        return any_of(Org.__table__.c.path, Org.__table__.c.code == code)


def listed_at(code: str) -> int:
    """How many lines of shown lists there are below a place, counted another way."""
    shown = select(A.c.id).where(A.c.state.in_(("published", "confirmed")))
    below = L.c.org_path.startswith(path_of(code))
    with scope.everyone("a test counts"):
        found = select(func.count()).select_from(L).where(below, L.c.list_id.in_(shown))
        return db.session.scalar(found)


@pytest.mark.parametrize(
    "code", [world.PROVINCE, world.FUZHOU, world.MINHOU, world.SIMING, world.QISHAN]
)
def test_the_books_of_a_place_are_those_of_its_tree(living, code):
    expected = listed_at(code)
    with scope.scope(path_of(code)):
        left = equation("payable").left[0]
    assert left.count == expected > 0


def test_a_county_does_not_see_what_is_wrong_in_the_next(living):
    pk = any_of(A.c.id, A.c.state == "confirmed", A.c.line_count > 0,
                A.c.org_path.startswith(path_of(world.SIMING)))  # fmt: skip
    run(update(A).where(A.c.id == pk).values(line_count=A.c.line_count + 1))
    seen = {}
    for code in (world.PROVINCE, world.SIMING, world.MINHOU, world.LUJIANG, world.QISHAN):
        with scope.scope(path_of(code)):
            seen[code] = "payable" in broken()
    assert [code for code, found in seen.items() if found] == [
        world.PROVINCE, world.SIMING, world.LUJIANG
    ]  # fmt: skip


@pytest.mark.parametrize(("by", "least"), [
    ("month", 3), ("bureau", 3), ("school", 3), ("programme", 1),
])  # fmt: skip
def test_the_parts_add_up_to_the_whole(living, by, least):
    sheet = conserving.books(Chosen(), by)
    for n, whole in enumerate(sheet.total):
        parts = [row[n].sides for row in sheet.rows.values()]
        for side in (0, 1):
            added = tuple(sum(p[side][k] for p in parts) for k in (0, 1))
            assert added == whole.sides[side], whole.name
    assert len(sheet.rows) >= least


def test_the_figures_are_of_one_moment(living, statements):
    with statements() as seen:
        conserving.books(Chosen(), "bureau")
    assert len(seen) == 1


def test_a_month_is_looked_at_alone(living):
    months = conserving.books(Chosen(), "month").rows
    first, last = min(months), max(months)
    pk = any_of(R.c.id, R.c.state == "settled", R.c.month == first)
    run(update(R).where(R.c.id == pk).values(line_count=R.c.line_count + 1))
    assert broken(Chosen(month=YearMonth(first))) == {"runs"}
    assert broken(Chosen(month=YearMonth(last))) == set()


@pytest.fixture
def flask(living):
    """`flask payments verify …`"""
    runner = living.staff.test_cli_runner()
    return lambda *words: runner.invoke(args=["payments", "verify", *words])


def test_the_command_ends_well_when_all_holds(flask):
    done = flask("--as", "fujian_reviewer")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("✓") == len(NAMES)
    assert "✗" not in done.stdout


def test_the_command_ends_badly_and_names_the_rows(flask):
    pk = a_run_says_more(None)["run_id"]
    done = flask("--as", "fujian_reviewer")
    assert done.exit_code == 1
    assert done.stdout.count("✗") == 1
    assert f"批次 {pk}" in done.stdout


def test_the_command_tells_a_machine(flask):
    pk = a_lock_was_lifted(None)["payment_id"]
    done = flask("--json", "--as", world.AUDITOR)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["holds"]) == (1, False)
    wrong = [e for e in told["equations"] if not e["holds"]]
    assert [(e["name"], e["off"]) for e in wrong] == [("months", 1)]
    assert wrong[0]["offenders"][0]["payment_id"] == pk
    assert wrong[0]["left"]["count"] - wrong[0]["right"]["count"] == 1


def test_the_command_keeps_to_the_month_and_to_the_place(flask):
    pk = any_of(R.c.id, R.c.state == "settled")
    run(update(R).where(R.c.id == pk).values(line_count=R.c.line_count + 1))
    month = any_of(R.c.month, R.c.id == pk)
    assert flask("--month", str(month), "--as", "fujian_reviewer").exit_code == 1
    assert flask("--month", str(month + 1), "--as", "fujian_reviewer").exit_code == 0
    assert flask("--as", world.QISHAN_CLERK).exit_code == 0


def test_the_command_keeps_to_a_bureau_a_school_and_a_programme(flask):
    minhou = any_of(Org.id, Org.code == world.MINHOU)
    pk = any_of(R.c.id, R.c.state == "settled", R.c.bureau_id == minhou)
    run(update(R).where(R.c.id == pk).values(line_count=R.c.line_count + 1))
    ends = {words: flask(*words, "--as", "fujian_reviewer").exit_code for words in (
        ("--org", world.MINHOU), ("--org", world.SIMING), ("--org", world.QISHAN),
        ("--programme", "GRANT"), ("--programme", "TUITION_FREE"),
    )}  # fmt: skip
    assert list(ends.values()) == [1, 0, 0, 1, 0]


@pytest.mark.parametrize("words", [
    ("--as", "nobody"), ("--as", world.SYSADMIN), ("--month", "13", "--as", "fujian_reviewer"),
    ("--org", world.SIMING, "--as", world.MINHOU_CLERK),
    ("--programme", "X", "--as", world.AUDITOR),
])  # fmt: skip
def test_the_command_refuses_with_a_sentence(flask, words):
    done = flask(*words)
    assert done.exit_code == 1
    assert done.stderr.strip()
    assert "✓" not in done.stdout


def test_the_command_neither_waits_for_a_writer_nor_keeps_one_waiting(flask):
    with db.engine.connect() as writer:
        with writing():  # SQLite has one write lock for everybody, and this takes it
            writer.execute(update(R).values(line_count=R.c.line_count + 1))
        done = flask("--as", "fujian_reviewer")
        writer.rollback()
    assert done.exit_code == 0, done.output
