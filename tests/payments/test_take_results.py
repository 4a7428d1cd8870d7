"""The bank's answer: what agrees is posted, what does not is set aside, nothing is guessed."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.kernel import clock, scope
from app.kernel.audit import Event
from app.kernel.db import db
from app.kernel.errors import Refused
from app.payments import posting
from app.payments.banks import Outcome, shipped
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.models import NOT_CARRIED, Attempt, ResultFile, ResultLine
from app.world import answering
from tests.engine import ANSWERED, MONTHLY, OVER, card, lines, result_file, student


def fates(world, taken):
    return [r.fate for r in world.all(ResultLine, file_id=taken.id)]


def whys(world, taken):
    return [r.why for r in world.all(ResultLine, file_id=taken.id) if r.fate == "aside"]


def state(world, ref):
    return world.one(Attempt, ref=ref).state


def adds_up(taken):
    return taken.posted + taken.same + taken.aside == taken.row_count


def test_paid_failed_and_unknown_are_posted_each_to_its_order(world, run):
    a, b, c, *_rest = world.refs(run)
    taken = world.results(run, {a: "paid", b: "failed", c: "unknown"})
    assert (taken.row_count, taken.posted, taken.same, taken.aside) == (3, 3, 0, 0)
    assert world.states(run) == ["paid", "failed", "unknown", "sent", "sent"]


def test_the_day_of_arrival_and_the_banks_number_come_from_the_bank(world, run):
    ref = world.refs(run)[0]
    world.results(run, [world.answer(ref, "paid", day="20260930", bank_ref="TX77")])
    order = world.one(Attempt, ref=ref)
    assert (order.arrived_on, order.bank_ref) == (dt.date(2026, 9, 30), "TX77")


def test_a_failure_keeps_the_banks_words_and_a_reason_of_ours(world, run):
    ref = world.refs(run)[0]
    world.results(run, {ref: "failed"})
    order = world.one(Attempt, ref=ref)
    assert (order.reason, order.reason_text) == ("NAME_MISMATCH", "户名不符")
    assert order.arrived_on is None


def test_an_unknown_order_is_cleared_later_either_way(world, run):
    a, b, *_rest = world.refs(run)
    world.results(run, {a: "unknown", b: "unknown"})
    assert world.results(run, {a: "paid", b: "failed"}).posted == 2
    assert world.states(run)[:2] == ["paid", "failed"]


def test_a_payment_may_come_back_after_it_arrived(world, run):
    ref = world.refs(run)[0]
    world.results(run, {ref: "paid"})
    assert world.results(run, {ref: "returned"}).posted == 1
    assert state(world, ref) == "returned"


def days(world, ref):
    order = world.one(Attempt, ref=ref)
    return [day and day.isoformat() for day in (order.arrived_on, order.returned_on)]


def test_what_came_back_keeps_the_day_on_which_it_had_arrived(world, run):
    ref, other, *_rest = world.refs(run)
    world.results(run, [world.answer(ref, "paid", day="20260929")])
    assert days(world, ref) == ["2026-09-29", None]
    back = [world.answer(ref, "returned", day="20260930"), world.answer(other, "returned", day="")]
    assert world.results(run, back).posted == 2
    assert days(world, ref) == ["2026-09-29", "2026-09-30"]
    assert days(world, other) == [None, None]
    for row in (back[0], world.answer(ref, "paid", day="20260929")):
        assert world.results(run, [row]).same == 1, "what was said already changes nothing"
    assert days(world, ref) == ["2026-09-29", "2026-09-30"]


def test_the_answer_of_a_settled_run_may_still_be_a_return(world, run):
    world.press("check", run, world.county.reviewer)
    world.paid(run)
    assert world.press("settle", run, world.county.poster).moved == 1
    assert world.results(run, {world.refs(run)[0]: "returned"}).posted == 1


def test_the_import_stands_in_the_trail(world, run):
    taken = world.paid(run)
    told = world.one(Event, verb="results")
    assert (told.subject_id, told.count, told.digest) == (run.id, 5, taken.sha256)


# --- again


@pytest.mark.parametrize("outcome", ["paid", "failed", "unknown", "returned"])
def test_the_same_file_again_changes_nothing(world, run, outcome):
    first = world.paid(run, outcome)
    refs = dict.fromkeys(world.refs(run), outcome)
    again = world.results(run, refs)
    assert (first.posted, again.posted, again.same, again.aside) == (5, 0, 5, 0)
    assert world.states(run) == [outcome] * 5


def test_the_same_rows_in_another_order_change_nothing(world, run):
    refs = world.refs(run)
    outcomes = dict(zip(refs, ["paid", "failed", "unknown", "paid", "returned"], strict=True))
    world.results(run, outcomes)
    shuffled = list(outcomes.items())
    random.Random(7).shuffle(shuffled)
    again = world.results(run, dict(shuffled))
    assert (again.same, again.aside) == (5, 0)


def test_the_first_days_file_again_after_the_second_days_is_harmless(world, run):
    """What was in doubt then is paid now: the old file says nothing new and contradicts nobody."""
    a, b, *_rest = world.refs(run)
    old = [world.answer(a, "unknown"), world.answer(b, "paid")]
    world.results(run, old)
    world.results(run, {a: "paid"})
    world.results(run, {b: "returned"})
    again = world.results(run, old)
    assert (again.same, again.aside) == (2, 0)
    assert (state(world, a), state(world, b)) == ("paid", "returned")


def test_a_file_with_old_and_new_rows_posts_the_new_ones(world, run):
    refs = world.refs(run)
    world.results(run, dict.fromkeys(refs[:2], "paid"))
    taken = world.results(run, dict.fromkeys(refs, "paid"))
    assert (taken.posted, taken.same, taken.aside) == (3, 2, 0)


# --- set aside


@pytest.mark.parametrize(("but", "why"), [
    ({"fen": MONTHLY - 1}, "amount"), ({"fen": MONTHLY + 1}, "amount"),
    ({"fen": 10**17}, "amount"), ({"card": "6212****9999"}, "card"),
    ({"ref": "R999-1-1"}, "unknown_ref"), ({"ref": ""}, "unknown_ref"),
    ({"ref": "x" * 200}, "unknown_ref"),
])  # fmt: skip
def test_a_row_that_does_not_agree_is_set_aside_and_the_rest_posted(world, run, but, why):
    a, b, *_rest = world.refs(run)
    wrong = world.answer(a, "paid", **but)
    if why == "unknown_ref":
        wrong["seq"] = 77
    taken = world.results(run, [wrong, world.answer(b, "paid")])
    assert (whys(world, taken), taken.posted) == ([why], 1)
    assert (state(world, a), state(world, b)) == ("sent", "paid")
    assert adds_up(taken)


def test_a_row_number_too_large_for_any_table_does_not_stop_the_file(world, run):
    a = world.refs(run)[0]
    taken = world.results(run, [world.answer(a, "paid", seq=62128400000000000)])
    assert taken.posted == 1


def test_a_bank_that_hides_the_card_is_believed_by_reference_and_amount(world, run):
    a, b, *_rest = world.refs(run)
    rows = [world.answer(a, "paid", card=""), world.answer(b, "paid", card="621284*********")]
    assert world.results(run, rows).posted == 2


def test_a_row_for_an_order_of_another_run_is_set_aside(world, run):
    world.confirmed(world.second, lines(1, start=9))
    other = world.exported(world.opened())
    foreign = world.refs(other)[0]
    taken = world.results(run, {foreign: "paid"})
    assert whys(world, taken) == ["foreign_run"]
    assert state(world, foreign) == "sent"


def test_a_row_of_another_bureaus_run_is_set_aside(world, run):
    world.confirmed(world.far, lines(1, start=9))
    other = world.exported(world.opened(world.other))
    taken = world.results(run, {world.refs(other)[0]: "paid"})
    assert whys(world, taken) == ["foreign_run"]


def test_of_two_rows_for_one_order_that_agree_the_first_stands(world, run):
    a, b, *_rest = world.refs(run)
    rows = [world.answer(a, "paid"), world.answer(b, "paid"), world.answer(a, "paid")]
    taken = world.results(run, rows)
    assert (taken.posted, whys(world, taken)) == (2, ["repeated"])


@pytest.mark.parametrize("outcomes", [("failed", "paid"), ("paid", "failed"), ("paid", "unknown")])
def test_of_two_rows_for_one_order_that_contradict_each_other_neither_stands(world, run, outcomes):
    """Posted as failed it would be paid again, though the second row says it was paid."""
    a = world.refs(run)[0]
    taken = world.results(run, [world.answer(a, outcome) for outcome in outcomes])
    assert (taken.posted, whys(world, taken)) == (0, ["repeated", "repeated"])
    assert state(world, a) == "sent"


@pytest.mark.parametrize("second", [
    {"ref": ""},  # known by row number, amount and card
    {"ref": "{ref} "}, {"ref": "\u3000{ref}"},
])  # fmt: skip
def test_an_order_is_answered_twice_however_the_second_row_names_it(world, run, second):
    a, b, *_rest = world.refs(run)
    second = {name: said.format(ref=a) for name, said in second.items()}
    rows = [world.answer(a, "failed"), world.answer(b, "paid"), world.answer(a, "paid") | second]
    taken = world.results(run, rows)
    assert (taken.posted, whys(world, taken)) == (1, ["repeated", "repeated"])
    assert state(world, a) == "sent"


@pytest.mark.parametrize("second", ["{ref}x", "{ref}-1", "r{ref}", "1" * 70])
def test_a_number_that_is_only_like_ours_answers_nothing(world, run, second):
    a = world.refs(run)[0]
    other = world.answer(a, "failed") | {"ref": second.format(ref=a)}
    taken = world.results(run, [world.answer(a, "paid"), other])
    assert (taken.posted, whys(world, taken), state(world, a)) == (1, ["unknown_ref"], "paid")


@pytest.mark.parametrize(("first", "then"), [
    ("paid", "failed"), ("paid", "unknown"), ("failed", "paid"), ("failed", "unknown"),
    ("failed", "returned"), ("returned", "paid"), ("returned", "failed"),
])  # fmt: skip
def test_an_answer_that_contradicts_the_one_posted_is_set_aside(world, run, first, then):
    a = world.refs(run)[0]
    world.results(run, {a: first})
    taken = world.results(run, {a: then})
    assert whys(world, taken) == ["conflict"]
    assert state(world, a) == first


def test_an_order_that_was_never_sent_cannot_be_answered(world):
    """The bank's layout could not carry it: it is not in the file, whatever the bank says."""
    rows = [*lines(1), *lines(1, start=1, name="王\u4dae", holder_name="王\u4dae")]
    world.confirmed(world.school, rows)
    run = world.exported(world.opened())
    assert world.states(run) == ["sent", "failed"]
    never = world.refs(run)[1]
    for outcome in ("paid", "failed", "returned"):
        taken = world.results(run, [world.answer(never, outcome, name="王某")])
        assert whys(world, taken) == ["not_sent"]
    assert state(world, never) == "failed"


def test_an_order_of_a_later_run_that_still_waits_is_not_answered(world, run):
    world.results(run, dict.fromkeys(world.refs(run), "failed"))
    later = world.again(run)
    taken = world.results(run, {world.refs(later)[0]: "paid"})
    assert whys(world, taken) == ["foreign_run"]
    assert world.states(later) == ["waiting"] * 5


def test_rows_nobody_can_read_are_set_aside_with_their_number(world, run):
    good = result_file([world.answer(ref, "paid") for ref in world.refs(run)])
    broken = good.replace(b"|230.00|", b"|two hundred|", 1)
    path = world.folder / "bad.txt"
    path.write_bytes(broken)
    taken = world.post(run, path)
    assert taken.posted == 4
    assert "unreadable" in whys(world, taken)
    assert adds_up(taken)
    assert state(world, world.refs(run)[0]) == "sent"


@pytest.mark.parametrize("bytes_", [b"\x00", b"\xff\xff", "退".encode()])
@pytest.mark.parametrize("cell", ["name", "ref", "reason", "bank_ref"])
def test_a_row_with_bytes_that_are_no_text_is_set_aside(world, run, cell, bytes_):
    a, b, *_rest = world.refs(run)
    rows = [world.answer(a, "paid"), world.answer(b, "failed")]
    rows[1][cell] += "@@"
    (world.folder / "a.txt").write_bytes(result_file(rows).replace(b"@@", bytes_))
    taken = world.post(run, world.folder / "a.txt")
    assert (taken.posted, state(world, a)) == (1, "paid")
    assert (whys(world, taken), state(world, b)) == (["unreadable", "totals"], "sent")


def test_a_word_the_profile_does_not_know_leaves_the_order_in_doubt(world, run):
    a = world.refs(run)[0]
    row = world.answer(a, "paid")
    row["outcome"] = "大概成功"
    world.results(run, [row])
    assert state(world, a) == "unknown"


def test_totals_that_do_not_agree_with_the_rows_are_said(world, run):
    rows = [world.answer(ref, "paid") for ref in world.refs(run)]
    path = world.folder / "short.txt"
    path.write_bytes(result_file(rows).replace(b"T|5|1150.00", b"T|6|1380.00"))
    taken = world.post(run, path)
    assert taken.posted == 5
    assert whys(world, taken) == ["totals"]
    assert adds_up(taken)


def test_a_file_cut_short_is_said_to_be_incomplete(world, run):
    rows = result_file([world.answer(ref, "paid") for ref in world.refs(run)]).split(b"\r\n")
    path = world.folder / "cut.txt"
    path.write_bytes(b"\r\n".join(rows[:4]))
    taken = world.post(run, path)
    assert taken.posted == 3
    assert taken.aside >= 1
    assert adds_up(taken)


@pytest.mark.parametrize("seed", range(5))
def test_every_row_has_one_fate(world, run, seed):
    """Whatever a file holds, posted, same and set aside add up to its rows."""
    dice = random.Random(seed)
    for _day in range(3):
        rows = []
        for ref in dice.choices(world.refs(run), k=8):
            row = world.answer(ref, dice.choice(["paid", "failed", "unknown", "returned"]))
            row |= dice.choice([{}, {}, {"fen": 1}, {"card": "6212****0000"}, {"ref": "R0-0-0"}])
            rows.append(row)
        taken = world.results(run, rows)
        assert taken.row_count == 8
        assert adds_up(taken)
        assert "" not in fates(world, taken)


# --- banks that repeat no number of ours


def three_columns(world, rows, **but):
    """A run in ICBC's three columns: account, name, amount; and what the bank says of it."""
    world.confirmed(world.school, rows)
    run = world.exported(world.opened(), "icbc_payroll_xls")
    profile = shipped()["icbc_payroll_xls"]
    said = [Answer(line, bank_ref=f"B{line.seq}", arrived_on=OVER.date())
            for line in answering._sent(run)]  # fmt: skip
    changed = [a._replace(line=a.line._replace(**but)) if n == 0 else a for n, a in enumerate(said)]
    make_result_file(profile, changed, world.folder / "回盘.xls")
    return run, world.post(run, world.folder / "回盘.xls")


def test_whole_card_and_amount_say_which_order_where_nothing_else_does(world):
    run, taken = three_columns(world, lines(5))
    assert (taken.posted, taken.aside) == (5, 0)
    assert world.states(run) == ["paid"] * 5
    again = world.post(run, world.folder / "回盘.xls")
    assert (again.same, again.aside) == (5, 0)


@pytest.mark.parametrize("but", [
    {"fen": MONTHLY - 1}, {"card_no": card(77)}, {"card_no": "6212****" + card(0)[-4:]},
])  # fmt: skip
def test_a_row_by_another_card_or_amount_answers_no_order(world, but):
    run, taken = three_columns(world, lines(3), **but)
    assert (taken.posted, whys(world, taken)) == (2, ["unknown_ref"])
    assert world.states(run) == ["sent", "paid", "paid"]


def test_of_two_orders_that_the_answer_could_not_tell_apart_one_is_sent(world):
    """A month and the month before, for the same student, the same sum, in one run."""
    world.confirmed(world.school, lines(2))
    target = world.listed(world.second, lines(1, first_month=world.month - 3,
                                              last_month=world.month - 3),
                          kind="SUPPLEMENT", first=world.month - 3)  # fmt: skip
    for code in world.codes(target):
        world.overrule(target, code)
    world.through(target)
    run = world.exported(world.opened(), "icbc_payroll_xls")
    assert sorted(world.states(run)) == ["failed", "sent", "sent"]
    (left_out,) = world.all(Attempt, state="failed")
    assert (left_out.name, left_out.reason) == (student(0).name, NOT_CARRIED)
    assert "分不清" in left_out.reason_text


@pytest.fixture
def months(world):
    """Two months of the same students with the bank, in a layout that repeats no number."""
    world.confirmed(world.school, lines(3), month=world.month - 3)
    world.confirmed(world.school, lines(3), enrol=False)
    return [world.exported(world.opened(month=m), "icbc_payroll_xls")
            for m in (world.month - 3, world.month)]  # fmt: skip


THAT_DAY = OVER.date()


def told_of(world, run, name, outcome=Outcome.PAID, day=THAT_DAY):
    """What the bank says of every order of that run, in a file of that name."""
    said = [Answer(line, outcome, "户名不符" if outcome is Outcome.FAILED else "",
                   arrived_on=day) for line in answering._sent(run)]  # fmt: skip
    path = world.folder / name
    make_result_file(shipped()["icbc_payroll_xls"], said, path)
    return path


def test_the_answer_to_one_month_fails_nobody_of_another(world, months):
    """What it failed would be paid again although the bank pays it."""
    earlier, later = months
    path = told_of(world, earlier, "下载.xls", Outcome.FAILED)
    for run in (later, earlier):
        taken = world.post(run, path)
        assert (taken.posted, whys(world, taken)) == (0, ["which"] * 3)
    named = told_of(world, earlier, f"R{earlier.id}_下载.xls", Outcome.FAILED)
    named.write_bytes(path.read_bytes())
    assert world.post(later, named).posted == 0
    assert world.states(later) == ["sent"] * 3
    assert world.post(earlier, named).posted == 3


def test_a_file_that_answered_one_run_answers_no_other(world, months):
    earlier, later = months
    path = told_of(world, earlier, f"R{earlier.id}.xls", Outcome.FAILED)
    assert world.post(earlier, path).posted == 3
    for name in ("下载.xls", f"R{later.id}.xls"):
        again = world.folder / name
        again.write_bytes(path.read_bytes())
        taken = world.post(later, again)
        assert (taken.posted, whys(world, taken)) == (0, ["another"] * 3)
    assert world.states(later) == ["sent"] * 3


def test_the_very_same_success_of_another_month_is_believed_of_a_file_that_names_it(world, months):
    """A bank that tells neither day nor number answers two good months with the same bytes. What
    failed would be paid again, so of that the very same is believed of no second month."""
    earlier, later = months
    path = told_of(world, earlier, f"R{earlier.id}.xls", day=None)
    assert world.post(earlier, path).posted == 3
    for name, posted in (("下载.xls", 0), (f"R{later.id}.xls", 3)):
        again = world.folder / name
        again.write_bytes(path.read_bytes())
        assert world.post(later, again).posted == posted
    assert world.states(later) == ["paid"] * 3


def test_a_success_with_a_number_of_the_bank_belongs_to_one_month(world):
    """The bank gives a number once: with it, the very same is the answer to the other month."""
    world.confirmed(world.school, lines(3), month=world.month - 3)
    world.confirmed(world.school, lines(3), enrol=False)
    runs = [world.exported(world.opened(month=m)) for m in (world.month - 3, world.month)]
    rows = [world.answer(ref, "paid") | {"ref": "", "day": ""} for ref in world.refs(runs[0])]
    assert world.results(runs[0], rows, name=f"R{runs[0].id}.txt").posted == 3
    taken = world.results(runs[1], rows, name=f"R{runs[1].id}.txt")
    assert (taken.posted, whys(world, taken)) == (0, ["another"] * 3)


@pytest.mark.parametrize("why", ["which", "another"])
def test_who_brings_in_what_may_be_another_months_reads_what_to_do(why):
    """The clerk has the file in hand: the name of it is what he can put right."""
    said = str(posting.WHYS[why])
    assert "文件名写明批次号" in said
    assert "R12" in said


def test_a_named_file_is_believed_and_one_that_only_one_run_waits_for(world, months):
    earlier, later = months
    assert world.post(earlier, told_of(world, earlier, f"R{earlier.id}.xls")).posted == 3
    assert world.post(later, told_of(world, later, "下载.xls", Outcome.FAILED)).posted == 3
    assert [world.states(run) for run in months] == [["paid"] * 3, ["failed"] * 3]


def saved_again(path, name):
    """The same rows in other bytes."""
    again = path.with_name(name)
    again.write_bytes(path.read_bytes() + bytes(512))
    return again


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.FAILED])
def test_an_answer_saved_once_more_is_not_believed_of_another_month(world, months, outcome):
    """No run waits for it any more, and what it fails would be paid twice all the same."""
    earlier, later = months
    path = told_of(world, earlier, f"R{earlier.id}.xls", outcome)
    assert world.post(earlier, path).posted == 3
    for name, why in (("下载.xls", "which"), (f"R{earlier.id}_下载.xls", "another")):
        taken = world.post(later, saved_again(path, name))
        assert (taken.posted, whys(world, taken)) == (0, [why] * 3)
    assert world.states(later) == ["sent"] * 3


def test_a_file_that_was_believed_of_a_run_is_believed_of_it_again(world, months):
    earlier, _later = months
    path = told_of(world, earlier, f"R{earlier.id}.xls")
    assert world.post(earlier, path).posted == 3
    again = path.with_name("下载.xls")
    again.write_bytes(path.read_bytes())
    taken = world.post(earlier, again)
    assert (taken.posted, taken.same, taken.aside) == (0, 3, 0)


def test_so_are_rows_known_by_row_number_amount_and_card(world):
    world.confirmed(world.school, lines(3), month=world.month - 3)
    world.confirmed(world.school, lines(3), enrol=False)
    runs = [world.exported(world.opened(month=m)) for m in (world.month - 3, world.month)]
    rows = [world.answer(ref, "failed") | {"ref": ""} for ref in world.refs(runs[0])]
    taken = world.results(runs[1], rows)
    assert (taken.posted, whys(world, taken)) == (0, ["which"] * 3)
    assert world.results(runs[0], rows, name=f"R{runs[0].id}.txt").posted == 3
    taken = world.results(runs[1], rows)
    assert (taken.posted, whys(world, taken)) == (0, ["another"] * 3)


# --- refused


def test_an_open_run_has_no_results(world):
    world.confirmed(world.school, lines(1))
    with pytest.raises(Refused, match="还没有导出"):
        world.results(world.opened(), [])


def test_a_run_that_nobody_checked_has_no_results_either(world, run):
    """Until a second person has checked its files, none of them may be with the bank."""
    path = world.folder / "r.txt"
    path.write_bytes(result_file([world.answer(ref, "paid") for ref in world.refs(run)]))
    poster = world.county.poster
    with clock.at(ANSWERED), pytest.raises(Refused, match="还没有复核，不能导入回盘：请先由另一人"):
        world.act(poster, posting.take_results, run, path, path.name, poster)
    assert (set(world.states(run)), world.count(ResultFile)) == ({"sent"}, 0)
    assert world.post(run, path).posted == 5


@pytest.mark.parametrize("duty", ["clerk", "reviewer", "approver", "exporter"])
def test_only_the_poster_imports(world, run, duty):
    path = world.folder / "r.txt"
    path.write_bytes(result_file([]))
    with pytest.raises(Refused, match="导入回盘岗位"):
        world.post(run, path, world.county.actor(duty))


def test_only_the_runs_own_bureau_imports(world, run):
    path = world.folder / "r.txt"
    path.write_bytes(result_file([]))
    with pytest.raises(Refused, match="开立它的主管部门"):
        world.post(run, path, world.province.poster)
    assert world.count(ResultFile) == 0


def test_a_file_that_is_no_such_file_leaves_nothing_behind(world):
    world.confirmed(world.school, lines(2))
    run = world.exported(world.opened(), "icbc_batch_xlsx")
    path = world.folder / "r.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(Refused):
        world.post(run, path)
    assert (world.count(ResultFile), world.count(ResultLine)) == (0, 0)


# --- the database itself


def test_the_database_holds_one_paid_attempt_for_a_payment(world, run):
    """By brute force, past every rule of ours."""
    world.results(run, dict.fromkeys(world.refs(run), "failed"))
    later = world.exported(world.again(run))
    world.paid(later)
    first = world.one(Attempt, ref=world.refs(run)[0])
    t = Attempt.__table__
    with scope.everyone("a test plays the thief"):
        with pytest.raises(IntegrityError):
            db.session.execute(update(t).where(t.c.id == first.id).values(state="paid"))
        db.session.rollback()
        with pytest.raises(IntegrityError):
            db.session.execute(update(t).where(t.c.run_id == run.id).values(state="paid"))
        db.session.rollback()
        paid = select(t.c.payment_id).where(t.c.state == "paid")
        assert len(db.session.scalars(paid).all()) == 5


@pytest.mark.parametrize("values", [{"state": "gone"}, {"payment_id": 10**9}, {"run_id": 10**9}])
def test_the_database_knows_what_an_attempt_may_be(world, run, values):
    with scope.everyone("a test plays the thief"), pytest.raises(IntegrityError):
        db.session.execute(update(Attempt.__table__).values(values))
    db.session.rollback()
