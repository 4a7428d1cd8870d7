"""What a file says beyond its rows is believed only where it cannot be about another run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.payments.banks import shipped
from app.payments.models import ResultLine
from tests.engine import MONTHLY, lines

REFUSED = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>{}'
    "</CstmrPmtStsRpt></Document>"
)
GROUP = "<OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>"
PART = (
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{}</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>"
    "</OrgnlPmtInfAndSts>"
)


def failures_only():
    """A bank whose files name only what failed."""
    bank = shipped()["pipe_gbk"]
    return replace(bank, results=replace(bank.results, lists="FAILED_ONLY"))


def all_went_well(world, run, name, count=3):
    """A file without a single row: its totals vouch for everybody."""
    total = f"{count * MONTHLY / 100:.2f}"
    path = world.folder / name
    path.write_bytes(f"H|{count}|{total}\r\nT|{count}|{total}|{count}|{total}\r\n".encode())
    return world.post(run, path)


def refuse(world, run, body):
    path = world.folder / "pain002.xml"
    path.write_text(REFUSED.format(body), "utf-8")
    return world.post(run, path)


def why(world, taken):
    return [r.why for r in world.all(ResultLine, file_id=taken.id)]


@pytest.fixture
def twins(world):
    """Two runs of one bureau that wait for an answer, for as many students and as much money."""
    world.confirmed(world.school, lines(3), month=world.month - 3)
    world.confirmed(world.school, lines(3), enrol=False)
    return [world.exported(world.opened(month=m), bank=failures_only())
            for m in (world.month - 3, world.month)]  # fmt: skip


def test_silence_with_totals_that_fit_is_success(world):
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    assert all_went_well(world, run, "回盘.txt").aside == 0
    assert world.states(run) == ["paid"] * 3


def test_silence_that_fits_two_runs_is_nobodys(world, twins):
    taken = all_went_well(world, twins[0], "回盘.txt")
    assert why(world, taken) == ["silence"]
    assert [world.states(run) for run in twins] == [["sent"] * 3] * 2


def test_silence_is_that_of_the_run_whose_number_the_file_bears(world, twins):
    first, second = twins
    name = f"R{second.id}_20260928_001.txt"
    assert why(world, all_went_well(world, first, name)) == ["silence"]
    assert all_went_well(world, second, name).aside == 0
    assert [world.states(run) for run in twins] == [["sent"] * 3, ["paid"] * 3]


def test_a_file_that_vouched_for_one_run_vouches_for_no_other(world, twins):
    """The other run is answered by now: only the file itself tells that it was another's."""
    first, second = twins
    all_went_well(world, first, f"R{first.id}.txt")
    assert why(world, all_went_well(world, second, "下载.txt")) == ["silence"]
    assert world.states(second) == ["sent"] * 3


@pytest.mark.parametrize("body", [GROUP, PART])
def test_a_refusal_as_a_whole_fails_the_run_it_names(world, run, body):
    assert refuse(world, run, body.format(f"R{run.id}-1")).aside == 0
    assert world.states(run) == ["failed"] * 5


@pytest.mark.parametrize("body", [GROUP, PART])
@pytest.mark.parametrize("other", ["R99-1", "R{}1-1", "XR{}-1", ""])
def test_a_refusal_of_another_file_fails_nothing(world, run, body, other):
    """What it fails would be paid again, although the bank pays it."""
    taken = refuse(world, run, body.format(other.format(run.id)))
    assert why(world, taken) == ["whole"]
    assert world.states(run) == ["sent"] * 5


def test_a_refusal_after_answers_is_looked_at_by_a_person(world, run):
    world.results(run, {world.refs(run)[0]: "paid"})
    assert why(world, refuse(world, run, GROUP.format(f"R{run.id}-1"))) == ["whole"]
    assert world.states(run) == ["paid", *["sent"] * 4]


def test_a_refusal_that_its_rows_have_told_leaves_nothing_to_explain(world, run):
    told = "".join(f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
                   "</TxInfAndSts>" for ref in world.refs(run))  # fmt: skip
    body = GROUP.format(f"R{run.id}-1") + f"<OrgnlPmtInfAndSts>{told}</OrgnlPmtInfAndSts>"
    assert refuse(world, run, body).aside == 0
    assert world.states(run) == ["failed"] * 5
