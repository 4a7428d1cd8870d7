"""A bank that names only what failed answers file by file; silence is believed of that file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from app.payments.banks import shipped
from app.payments.models import Attempt, PayFile, ResultLine
from app.registry.models import Card
from tests.engine import MONTHLY, lines, result_file

MOST = 2
"""Rows of one file; five orders make files of two, two and one."""


def bank(**but):
    """A bank whose files name only what failed, two orders a file."""
    made = shipped()["pipe_gbk"]
    results = replace(made.results, lists="FAILED_ONLY")
    return replace(made, results=results, max_rows_per_file=MOST, **but)


@pytest.fixture
def parted(world):
    world.confirmed(world.school, lines(5))
    return world.exported(world.opened(), bank=bank())


def files_of(world, run):
    return [f.name for f in sorted(world.all(PayFile, run_id=run.id), key=lambda f: f.id)]


def answer(world, run, name, *, sent=MOST, failed=()):
    """The bank's answer to one file: who failed, and the totals of what was sent in it."""
    told = result_file([world.answer(ref, "failed") for ref in failed]).decode("gbk")
    total, paid = f"{sent * MONTHLY / 100:.2f}", sent - len(failed)
    rows = told.split("\r\n")[1:-2]
    end = f"T|{sent}|{total}|{paid}|{paid * MONTHLY / 100:.2f}"
    path = world.folder / name
    path.write_bytes("\r\n".join([f"H|{sent}|{total}", *rows, end, ""]).encode("gbk"))
    return world.post(run, path)


def said(world, taken):
    return [(r.why, r.reason_text) for r in world.all(ResultLine, file_id=taken.id, fate="aside")]


def test_silence_of_a_named_file_pays_that_file_alone(world, parted):
    second = files_of(world, parted)[1]
    assert answer(world, parted, f"回盘_{second}").aside == 0
    assert world.states(parted) == ["sent", "sent", "paid", "paid", "sent"]


def test_the_answers_of_all_files_settle_the_run(world, parted):
    first, second, third = files_of(world, parted)
    refs = world.refs(parted)
    answer(world, parted, first, failed=refs[:1])
    answer(world, parted, second)
    answer(world, parted, third, sent=1)
    assert world.states(parted) == ["failed", "paid", "paid", "paid", "paid"]


def test_a_failure_of_another_file_is_believed_and_the_silence_is_not(world, parted):
    refs, first = world.refs(parted), files_of(world, parted)[0]
    taken = answer(world, parted, first, failed=refs[4:])
    ((why, sentence),) = said(world, taken)
    assert (why, first in sentence) == ("silence", True)
    assert world.states(parted) == ["sent"] * 4 + ["failed"]


@pytest.mark.parametrize("sent", [1, 3, 5])
def test_totals_must_be_those_of_the_named_file(world, parted, sent):
    taken = answer(world, parted, files_of(world, parted)[0], sent=sent)
    assert [why for why, _sentence in said(world, taken)] == ["silence"]
    assert world.states(parted) == ["sent"] * 5


@pytest.mark.parametrize("name", ["回盘.txt", "{0}1.txt", "X{0}.txt", "{0} {1}.txt"])
def test_an_answer_that_does_not_say_which_file_is_set_aside_and_told_how(world, parted, name):
    first, second, _third = (n.removesuffix(".txt") for n in files_of(world, parted))
    taken = answer(world, parted, name.format(first, second))
    ((why, sentence),) = said(world, taken)
    assert (why, "本批次有3个银行文件" in sentence) == ("silence", True)
    assert world.states(parted) == ["sent"] * 5


def test_an_answer_for_the_whole_run_is_still_heard(world, parted):
    assert answer(world, parted, "回盘.txt", sent=5).aside == 0
    assert world.states(parted) == ["paid"] * 5


def test_a_name_that_another_run_has_too_does_not_say_which(world):
    """Some banks number their files by the day: two runs of a day have files of one name."""
    world.confirmed(world.school, lines(3), month=world.month - 3)
    world.confirmed(world.school, lines(3), enrol=False)
    by_day = bank(file_name="DF{date}{file_no:03d}.txt")
    runs = [world.exported(world.opened(month=m), bank=by_day)
            for m in (world.month - 3, world.month)]  # fmt: skip
    name = files_of(world, runs[0])[0]
    assert name == files_of(world, runs[1])[0]
    assert [why for why, _s in said(world, answer(world, runs[0], name))] == ["silence"]
    assert answer(world, runs[0], f"R{runs[0].id}_{name}").aside == 0
    assert [world.states(run) for run in runs] == [["paid", "paid", "sent"], ["sent"] * 3]


def test_own_and_other_banks_stand_in_files_of_their_own(world, sql):
    world.confirmed(world.school, lines(4))
    run = world.opened()
    every = [a.card_id for a in sorted(world.all(Attempt, run_id=run.id), key=lambda a: a.seq)]
    sql(update(Card).values(cnaps="313391080007"))
    sql(update(Card).where(Card.id == every[0]).values(cnaps="102391000012"))
    sql(update(Card).where(Card.id == every[2]).values(cnaps="102391000012"))
    split = bank(split="by_bank", file_name="{run_no}_{split}_{file_no}.txt")
    world.exported(run, bank=split)
    other = next(n for n in files_of(world, run) if "_other_" in n)
    assert answer(world, run, other).aside == 0
    assert world.states(run) == ["paid", "sent", "paid", "sent"]
