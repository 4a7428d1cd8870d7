"""The package for the bank: files, rows and state change together, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import delete

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import exporting
from app.payments.banks import shipped
from app.payments.models import NOT_CARRIED, Attempt, PayFile, PayRun
from app.registry.models import Card
from tests.engine import MONTHLY, OVER, card, line, lines, student

RARE = "王\u4dae"
"""A name GBK cannot write."""


def text(world, run):
    """All files of the package, one after the other."""
    return b"".join(world.package(run).values()).decode("gbk")


def small_files(rows: int):
    return replace(shipped()["pipe_gbk"], max_rows_per_file=rows)


def untouched(world, run):
    """The run is as it was before anybody tried to export it."""
    fresh = world.fresh(run)
    return (
        fresh.state == "open" and not fresh.digest and not fresh.profile
        and set(world.states(run)) == {"waiting"} and world.count(PayFile) == 0
    )  # fmt: skip


def test_every_line_stands_in_the_file_with_the_full_card_and_our_reference(world, waiting_run):
    run = world.exported(waiting_run)
    written = text(world, run)
    for n, ref in enumerate(world.refs(run)):
        assert f"|{student(n).name}|{card(n)}|230.00|{student(n).id_no}|" in written
        assert written.count(ref) == 1


def test_the_run_waits_for_a_second_person_and_its_lines_are_sent(world, waiting_run):
    run = world.exported(waiting_run)
    assert (run.state, run.profile) == ("exported", "pipe_gbk")
    assert clock.moment_of(run.exported_at) == OVER
    assert world.states(run) == ["sent"] * 5


def test_the_files_stand_on_the_run_with_count_sum_and_hash(world, waiting_run):
    run = world.exported(waiting_run, bank=small_files(2))
    files = world.all(PayFile, run_id=run.id)
    assert [(f.row_count, f.fen) for f in files] == [
        (2, 2 * MONTHLY), (2, 2 * MONTHLY), (1, MONTHLY),
    ]  # fmt: skip
    for f in files:
        content = world.package(run)[f.name]
        assert hashlib.sha256(content).hexdigest() == f.sha256
    together = hashlib.sha256("".join(f.sha256 for f in files).encode()).hexdigest()
    assert run.digest == together == world.one(Event, verb="export").digest


def test_the_run_keeps_the_profile_it_was_written_with(world, waiting_run):
    run = world.exported(waiting_run, bank=small_files(3))
    assert run.profile_data["max_rows_per_file"] == 3
    assert world.paid(run).posted == 5


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_same_lines_give_the_same_bytes(world, five_waiting, name):
    """Two hands, one moment, one run: nothing of the machine slips in."""
    made = []
    for _hand in range(2):
        run = world.exported(five_waiting(), name)
        made.append(world.package(run))
    assert made[0] == made[1]
    assert made[0]


def test_the_holder_of_the_card_is_named_not_the_student(world):
    row = line(student(0), holder_name="王妈妈")
    target = world.listed(world.school, [row])
    world.overrule(target, "HOLDER_DIFFERS")
    world.through(target)
    run = world.exported(world.opened())
    assert f"|王妈妈|{card(0)}|" in text(world, run)


def test_a_bank_number_mended_by_the_school_reaches_the_bank(world):
    target = world.fill(world.draft(), [line(student(0), cnaps="313391080007")])
    world.enrol(world.school, lines(1))
    world.fill(target, [line(student(0), cnaps="105391000018")])
    world.overrule(target, "NOT_IN_REGISTRY") if world.codes(target) else None
    world.through(target)
    assert "|105391000018|" in text(world, world.exported(world.opened()))


# --- lines the layout cannot carry


@pytest.fixture
def mixed(world):
    """Two lines GBK can write and one it cannot."""
    world.confirmed(world.school, [*lines(2), line(student(2), name=RARE, holder_name=RARE)])
    return world.opened()


def test_a_line_the_bank_cannot_write_fails_with_the_reason_and_the_rest_is_sent(world, mixed):
    run = world.exported(mixed)
    assert world.states(run) == ["sent", "sent", "failed"]
    never = world.all(Attempt)[-1]
    assert never.reason == NOT_CARRIED
    assert never.reason_text
    assert never.ref not in text(world, run)
    assert world.one(PayFile).row_count == 2


def test_files_and_failures_add_up_to_the_run(world, mixed):
    run = world.exported(mixed)
    sent = world.total(PayFile.fen)
    failed = world.total(Attempt.fen, reason=NOT_CARRIED)
    assert sent + failed == run.total_fen


def test_a_line_that_was_never_carried_can_be_paid_again_in_another_way(world, mixed):
    run = world.exported(mixed)
    later = world.again(run)
    assert later.line_count == 1
    world.exported(later, bank=replace(shipped()["pipe_gbk"], encoding="gb18030"))
    assert world.states(later) == ["sent"]


def test_a_run_of_which_nothing_can_be_written_stays_open(world):
    world.confirmed(world.school, [line(student(2), name=RARE, holder_name=RARE)])
    run = world.opened()
    with pytest.raises(Refused, match="没有一行能写入"):
        world.exported(run)
    assert untouched(world, run)


# --- once


def test_a_second_export_is_refused_and_leaves_the_files_alone(world, waiting_run):
    run = world.exported(waiting_run)
    before = text(world, run)
    with pytest.raises(Refused, match="不能重复导出"):
        world.exported(run, "icbc_batch_xlsx")
    assert text(world, run) == before
    assert world.fresh(run).profile == "pipe_gbk"


def test_a_void_run_is_not_exported(world, waiting_run):
    world.press("void", waiting_run, world.county.clerk)
    with pytest.raises(Refused):
        world.exported(waiting_run)


# --- whose business it is


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "approver", "poster"])
def test_only_the_exporter_exports(world, waiting_run, duty):
    with pytest.raises(Refused, match="导出付款岗位"):
        world.exported(waiting_run, actor=world.county.actor(duty))
    assert untouched(world, waiting_run)


@pytest.mark.parametrize("place", ["province", "other"])
def test_another_bureaus_exporter_changes_nothing(world, waiting_run, place):
    """The province sees the county's run: seeing is not exporting, and half an export is worse."""
    with pytest.raises(Refused):
        world.exported(waiting_run, actor=getattr(world, place).exporter)
    assert untouched(world, waiting_run)
    assert not world.package_of(waiting_run).exists()
    assert world.exported(waiting_run).state == "exported"


# --- broken off


PLACES = ["write_lots", "_write_down", "commit"]


@pytest.mark.parametrize("place", PLACES)
def test_an_export_that_breaks_off_leaves_the_run_open_and_works_again(
    world, waiting_run, place, monkeypatch
):
    def break_after(real):
        def broken(*given, **more):
            real(*given, **more)
            raise OSError("the disk is full")

        return broken

    with monkeypatch.context() as patch:
        if place == "commit":
            patch.setattr(db.session, "commit", break_after(db.session.flush))
        else:
            patch.setattr(exporting, place, break_after(getattr(exporting, place)))
        with pytest.raises(OSError, match="disk is full"):
            world.exported(waiting_run)
    assert untouched(world, waiting_run)
    world.package_of(waiting_run).mkdir(parents=True, exist_ok=True)
    (world.package_of(waiting_run) / "stale.txt").write_text("left by the crash")
    run = world.exported(waiting_run)
    assert {p.name for p in world.package_of(run).iterdir()} == {f.name for f in world.all(PayFile)}


def test_a_package_that_does_not_hold_what_the_run_owes_is_not_sent(world, waiting_run):
    """A row gone from the tables would silently shorten the file."""
    with scope.everyone("a test plays the thief"):
        db.session.execute(delete(Attempt.__table__).where(Attempt.seq == 1))
        db.session.commit()
    with pytest.raises(RuntimeError, match="owes 5 lines"):
        world.exported(waiting_run)
    assert untouched(world, waiting_run)


# --- checked by another


def press(world, step, run, actor):
    with clock.at(OVER):
        return world.press(step, run, actor)


def test_another_person_checks_the_files(world, run):
    assert press(world, "check", run, world.county.reviewer).moved == 1
    assert world.one(PayRun).state == "checked"


def test_who_exported_cannot_check(world, run):
    both = replace(world.county.reviewer, id=world.county.exporter.id)
    out = press(world, "check", run, both)
    assert "不同的人" in out.refused[run.id]


def test_who_opened_cannot_check(world, run):
    both = replace(world.county.approver, id=world.county.clerk.id)
    out = press(world, "check", run, both)
    assert "不同的人" in out.refused[run.id]


@pytest.mark.parametrize("duty", ["clerk", "exporter", "poster"])
def test_only_reviewer_or_approver_checks(world, run, duty):
    with pytest.raises(Refused, match="您的岗位不能"):
        press(world, "check", run, world.county.actor(duty))


def test_another_bureau_checks_nothing(world, run):
    out = press(world, "check", run, world.province.reviewer)
    assert "开立它的主管部门" in out.refused[run.id]


def test_nothing_is_checked_before_it_is_exported(world, waiting_run):
    out = press(world, "check", waiting_run, world.county.reviewer)
    assert "当前状态" in out.refused[waiting_run.id]


def test_the_step_alone_does_not_export(world, waiting_run):
    """Without files there is nothing to send; the step is only taken together with them."""
    out = press(world, "export", waiting_run, world.county.exporter)
    assert "还没有生成银行文件" in out.refused[waiting_run.id]


def test_the_card_in_the_file_is_the_one_of_the_order(world, waiting_run):
    """Another school's list that changes the card before the export changes the order with it."""
    world.confirmed(world.second, [line(student(0), card_no=card(60))], month=world.month - 3)
    assert world.one(Card, state="active", card_mask=world.all(Card)[-1].card_mask)
    run = world.exported(waiting_run)
    assert f"|{card(60)}|" in text(world, run)
    first = world.one(Attempt, ref=world.refs(run)[0])
    assert world.one(Card, id=first.card_id).card_no == card(60)
