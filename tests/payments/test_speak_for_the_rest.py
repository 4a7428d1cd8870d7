"""What a file says beyond its rows is believed only where it cannot be about another run."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update

from app.kernel import clock
from app.kernel.audit import Event
from app.payments import silence
from app.payments.banks import shipped
from app.payments.foretelling import foretell
from app.payments.models import Attempt, ResultLine
from app.registry.models import Card
from tests.engine import MONTHLY, lines, result_file

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


def test_the_trail_says_how_many_orders_were_answered_by_silence(world):
    """No row names them: without this nobody could tell by what they came to be paid."""
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    all_went_well(world, run, "回盘.txt")
    told = world.all(Event, verb="results")[-1].note
    assert told == "登记0，未变0，搁置0；没有逐行列出的3笔按整个文件登记"


def test_it_is_foretold_how_many_orders_silence_will_answer(world):
    world.confirmed(world.school, lines(3))
    run = world.checked(world.exported(world.opened(), bank=failures_only()))
    path = world.folder / "回盘.txt"
    path.write_bytes(b"H|3|690.00\r\nT|3|690.00|3|690.00\r\n")
    poster = world.place(run.bureau_id).poster
    seen = world.act(poster, foretell, run, path, path.name, poster, "")
    assert (seen.row_count, seen.told["unlisted"]) == (0, 3)
    assert world.states(run) == ["sent"] * 3


def said_of_one(world, run, outcome, body):
    """A file that names the first order, and the bank's totals."""
    row = result_file([world.answer(world.refs(run)[0], outcome)]).decode("gbk").split("\r\n")[1]
    path = world.folder / f"R{run.id}-{outcome}.txt"
    path.write_bytes(f"H|3|690.00\r\n{row}\r\n{body}\r\n".encode("gbk"))
    return world.post(run, path)


def test_what_was_not_clear_is_paid_once_the_bank_counts_it_among_its_successes(world):
    """A bank that lists only failures has no other way to say so, and the run could never be
    settled."""
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    assert said_of_one(world, run, "unknown", "T|3|690.00|2|460.00").aside == 0
    assert world.states(run) == ["unknown", "paid", "paid"]
    assert all_went_well(world, run, f"R{run.id}.txt").unlisted == 1
    assert world.states(run) == ["paid"] * 3
    assert {o.reason_text for o in world.all(Attempt, run_id=run.id)} == {""}


def test_what_failed_before_and_is_counted_as_a_success_now_is_asked_about(world):
    """Paid again on the first word, it would be paid twice if the second is true."""
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    said_of_one(world, run, "failed", "T|3|690.00|2|460.00")
    taken = all_went_well(world, run, f"R{run.id}.txt")
    (row,) = world.all(ResultLine, file_id=taken.id)
    assert "先前失败的1笔" in row.reason_text
    assert world.states(run) == ["failed", "paid", "paid"]
    assert said_of_one(world, run, "failed", "T|3|690.00|2|460.00").aside == 0


def test_totals_of_what_was_sent_alone_clear_nothing(world):
    world.confirmed(world.school, lines(3))
    bank = failures_only()
    fields = {k: v for k, v in bank.results.control.fields.items() if "paid" not in k}
    control = replace(bank.results.control, fields=fields)
    bank = replace(bank, results=replace(bank.results, control=control))
    run = world.exported(world.opened(), bank=bank)
    said_of_one(world, run, "unknown", "T|3|690.00")
    all_went_well(world, run, f"R{run.id}.txt")
    assert world.states(run) == ["unknown", "paid", "paid"]


def test_totals_that_contradict_are_told_in_figures(world):
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    taken = all_went_well(world, run, "回盘.txt", count=2)
    (row,) = world.all(ResultLine, file_id=taken.id)
    assert "总计，银行 2 笔、460.00 元，我方 3 笔、690.00 元" in row.reason_text
    assert world.states(run) == ["sent"] * 3


def test_a_file_of_failures_without_totals_is_not_called_unreadable(world):
    world.confirmed(world.school, lines(3))
    run = world.exported(world.opened(), bank=failures_only())
    path = world.folder / "回盘.txt"
    path.write_bytes(b"H|3|690.00\r\n")
    whys = [r.reason_text for r in world.all(ResultLine, file_id=world.post(run, path).id)]
    assert any("请向银行要带合计的完整文件" in w for w in whys)
    assert not any("读不懂" in w for w in whys)


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


def test_one_failure_without_our_number_does_not_say_whose_the_silence_is(world, twins):
    """Both months have the student, the card, the sum and the totals; one of them was answered."""
    first, second = twins
    all_went_well(world, first, f"R{first.id}.txt")
    world.confirmed(world.second, lines(3, start=7), month=world.month - 4)
    third = world.exported(world.opened(month=world.month - 4), bank=failures_only())
    row = world.answer(world.refs(second)[0], "failed") | {"ref": ""}
    total = f"{3 * MONTHLY / 100:.2f}"
    told = result_file([row]).decode("gbk").split("\r\n")[1]
    body = f"H|3|{total}\r\n{told}\r\nT|3|{total}|2|{2 * MONTHLY / 100:.2f}\r\n"
    for name, whys in (("下载.txt", ["", "silence"]), (f"R{second.id}.txt", [""])):
        path = world.folder / name
        path.write_bytes(body.encode("gbk"))
        taken = world.post(second, path)
        assert why(world, taken) == whys
    assert world.states(second) == ["failed", "paid", "paid"]
    assert world.states(third) == ["sent"] * 3


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


DUPLICATE = "<StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>"
ROWS = "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>"


@pytest.mark.parametrize("part", ["", PART, PART.replace("RJCT</PmtInfSts>", "RJCT</PmtInfSts>"
                                  "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>")])  # fmt: skip
def test_a_message_refused_as_a_duplicate_fails_nobody(world, run, part):
    """The bank pays the one that came first."""
    group = GROUP.replace("</GrpSts>", "</GrpSts>" + DUPLICATE)
    taken = refuse(world, run, (group + part).replace("{}", f"R{run.id}-1"))
    assert why(world, taken) == ["whole"]
    assert "AM05" in told(world, taken)[0]
    assert world.states(run) == ["sent"] * 5


def test_a_part_refused_as_a_duplicate_fails_nobody(world, run):
    part = PART.replace("</PmtInfSts>", "</PmtInfSts>" + DUPLICATE).format(f"R{run.id}-1")
    assert why(world, refuse(world, run, part)) == ["whole"]
    assert world.states(run) == ["sent"] * 5


@pytest.mark.parametrize("above", ["group", "part"])
def test_a_row_of_what_was_refused_as_a_duplicate_has_to_be_asked_about(world, run, above):
    group = GROUP.format(f"R{run.id}-1")
    if above == "group":
        group = group.replace("</GrpSts>", "</GrpSts>" + DUPLICATE)
    reason = DUPLICATE if above == "part" else ""
    rows = "".join(map(ROWS.format, world.refs(run)))
    body = (f"{group if above == 'group' else ''}<OrgnlPmtInfAndSts><PmtInfSts>PART</PmtInfSts>"
            f"{reason}{rows}</OrgnlPmtInfAndSts>")  # fmt: skip
    refuse(world, run, body)
    assert world.states(run) == ["unknown"] * 5


# --- one message of several


SMALL = 2
"""Rows of one message; five orders make messages of two, two and one."""
TOTALS = ("<OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId><OrgnlNbOfTxs>{}</OrgnlNbOfTxs>"
          "<OrgnlCtrlSum>{:.2f}</OrgnlCtrlSum><GrpSts>RJCT</GrpSts>"
          "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn><AddtlInf>余额不足</AddtlInf></StsRsnInf>"
          "</OrgnlGrpInfAndSts>")  # fmt: skip


def messages(**but):
    return replace(shipped()["iso20022_pain001"], max_rows_per_file=SMALL, **but)


@pytest.fixture
def parted(world):
    world.confirmed(world.school, lines(5))
    return world.exported(world.opened(), bank=messages())


def told(world, taken):
    return [r.reason_text for r in world.all(ResultLine, file_id=taken.id)]


@pytest.mark.parametrize("body", [GROUP, PART])
@pytest.mark.parametrize(("number", "failed"), [(1, (0, 1)), (2, (2, 3)), (3, (4,))])
def test_a_refusal_of_one_message_of_several_fails_its_orders_alone(world, parted, body, number,
                                                                    failed):  # fmt: skip
    assert refuse(world, parted, body.format(f"R{parted.id}-{number}")).aside == 0
    assert world.states(parted) == ["failed" if n in failed else "sent" for n in range(5)]


def test_files_that_bear_the_payers_account_are_known_by_their_number_too(world):
    world.confirmed(world.school, lines(5))
    named = messages(file_name="{payer_account}_{run_no}_{file_no:03d}.xml")
    run = world.exported(world.opened(), bank=named)
    assert refuse(world, run, GROUP.format(f"R{run.id}-2")).aside == 0
    assert world.states(run) == ["sent", "sent", "failed", "failed", "sent"]


def test_the_reason_of_the_refusal_stands_on_its_orders(world, parted):
    refuse(world, parted, TOTALS.format(f"R{parted.id}-2", 2, 2 * MONTHLY / 100))
    (one, two) = world.all(Attempt, run_id=parted.id, state="failed")
    assert {(a.reason, a.reason_text) for a in (one, two)} == {("FUNDS", "余额不足")}


@pytest.mark.parametrize(("number", "count", "fen"), [
    ("R{}-2", 5, 5 * MONTHLY), ("R{}-2", 1, 2 * MONTHLY), ("R{}-2", 2, MONTHLY),
    ("R{}-4", 2, 2 * MONTHLY), ("R{}-02", 2, 2 * MONTHLY), ("R{}", 2, 2 * MONTHLY),
    ("R{}1-2", 2, 2 * MONTHLY), ("", 2, 2 * MONTHLY),
])  # fmt: skip
def test_a_refusal_that_fits_no_message_for_certain_fails_nothing(world, parted, number, count,
                                                                  fen):  # fmt: skip
    body = TOTALS.format(number.format(parted.id), count, fen / 100)
    taken = refuse(world, parted, body)
    assert why(world, taken) == ["whole"]
    assert world.states(parted) == ["sent"] * 5


def test_a_refusal_of_a_message_that_has_answers_is_looked_at_by_a_person(world, parted):
    paid = ("<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId>"
            "<TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>")  # fmt: skip
    assert refuse(world, parted, paid.format(world.refs(parted)[3])).posted == 1
    (sentence,) = told(world, refuse(world, parted, GROUP.format(f"R{parted.id}-2")))
    assert "已有结果" in sentence
    assert world.states(parted) == ["sent", "sent", "sent", "paid", "sent"]
    assert refuse(world, parted, GROUP.format(f"R{parted.id}-1")).aside == 0
    assert world.states(parted) == ["failed", "failed", "sent", "paid", "sent"]


def test_two_messages_refused_in_one_answer_both_fail(world, parted):
    body = "".join(PART.format(f"R{parted.id}-{n}") for n in (1, 3, 1))
    assert refuse(world, parted, body).aside == 0
    assert world.states(parted) == ["failed", "failed", "sent", "sent", "failed"]


def test_a_known_refusal_beside_an_unknown_one_is_heard_alone(world, parted):
    body = "".join(PART.format(n) for n in (f"R{parted.id}-9", f"R{parted.id}-3"))
    taken = refuse(world, parted, body)
    assert why(world, taken) == ["whole"]
    assert world.states(parted) == ["sent"] * 4 + ["failed"]


def test_the_same_refusal_again_changes_nothing(world, parted):
    for _time in range(2):
        taken = refuse(world, parted, GROUP.format(f"R{parted.id}-2"))
        assert taken.aside == 0
    assert world.states(parted) == ["sent", "sent", "failed", "failed", "sent"]


def test_rows_of_one_refused_message_say_so_once(world, parted):
    rows = "".join(f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
                   "</TxInfAndSts>" for ref in world.refs(parted)[2:4])  # fmt: skip
    body = GROUP.format(f"R{parted.id}-2") + f"<OrgnlPmtInfAndSts>{rows}</OrgnlPmtInfAndSts>"
    assert refuse(world, parted, body).aside == 0
    assert world.states(parted) == ["sent", "sent", "failed", "failed", "sent"]


def test_messages_numbered_alike_in_two_kinds_of_file_are_told_apart_by_their_totals(world, sql):
    """Own bank and other banks, each counted from one: only what was in it says which it was."""
    world.confirmed(world.school, lines(3))
    run = world.opened()
    orders = sorted(world.all(Attempt, run_id=run.id), key=lambda a: a.seq)
    sql(update(Card).values(cnaps="313391080007"))
    sql(update(Card).where(Card.id == orders[0].card_id).values(cnaps="102391000012"))
    split = messages(split="by_bank", bank_code="102", file_name="{run_no}_{split}_{file_no}.xml")
    world.exported(run, bank=split)
    assert why(world, refuse(world, run, GROUP.format(f"R{run.id}-1"))) == ["whole"]
    assert world.states(run) == ["sent"] * 3
    assert refuse(world, run, TOTALS.format(f"R{run.id}-1", 2, 2 * MONTHLY / 100)).aside == 0
    assert world.states(run) == ["sent", "failed", "failed"]


def test_the_orders_of_a_refused_message_are_paid_again_and_no_others(world, parted):
    refuse(world, parted, GROUP.format(f"R{parted.id}-2"))
    again = world.again(parted)
    assert world.states(again) == ["waiting", "waiting"]
    assert {a.no for a in world.all(Attempt, run_id=again.id)} == {2}


# --- the day that the totals bear


def dated(**control):
    """A bank that lists failures only and says in its totals on which day it paid the rest."""
    bank = failures_only()
    held = bank.results.control
    held = replace(held, fields={**held.fields, "arrived_on": 6}, **control)
    return replace(bank, results=replace(bank.results, control=held))


def all_arrived(world, run, day, name=""):
    path = world.folder / (name or f"R{run.id}.txt")
    path.write_bytes(f"H|3|690.00\r\nT|3|690.00|3|690.00|{day}\r\n".encode())
    return world.post(run, path)


def days(world, run):
    return [order.arrived_on for order in world.all(Attempt, run_id=run.id)]


@pytest.fixture
def in_totals(world):
    """A run of three whose bank names the day in its totals."""
    world.confirmed(world.school, lines(3))
    return world.exported(world.opened(), bank=dated())


def test_what_silence_pays_arrived_on_the_day_the_totals_bear(world, in_totals):
    sent_on = clock.moment_of(in_totals.exported_at).date()
    taken = all_arrived(world, in_totals, f"{sent_on:%Y%m%d}")
    assert (taken.aside, taken.unlisted, days(world, in_totals)) == (0, 3, [sent_on] * 3)
    assert f"到账日期{sent_on}" in world.all(Event, verb="results")[-1].note
    again = all_arrived(world, in_totals, f"{sent_on:%Y%m%d}")
    assert (again.aside, again.unlisted, days(world, in_totals)) == (0, 0, [sent_on] * 3)


@pytest.mark.parametrize("said", ["", "|"])
def test_totals_without_the_day_invent_none(world, in_totals, said):
    assert all_arrived(world, in_totals, said).aside == 0
    assert (world.states(in_totals), days(world, in_totals)) == (["paid"] * 3, [None] * 3)


def test_totals_that_end_before_the_day_are_totals_all_the_same(world, in_totals):
    assert all_went_well(world, in_totals, "回盘.txt").aside == 0
    assert days(world, in_totals) == [None] * 3


def test_the_day_that_comes_later_is_put_where_there_was_none(world, in_totals):
    sent_on = clock.moment_of(in_totals.exported_at).date()
    all_arrived(world, in_totals, "")
    assert all_arrived(world, in_totals, f"{sent_on:%Y%m%d}").unlisted == 3
    assert days(world, in_totals) == [sent_on] * 3


@pytest.mark.parametrize("early", [True, False])
def test_on_an_impossible_day_nothing_is_concluded(world, in_totals, early):
    sent_on = clock.moment_of(in_totals.exported_at).date()
    day = sent_on - dt.timedelta(1) if early else clock.today() + dt.timedelta(30)
    taken = all_arrived(world, in_totals, f"{day:%Y%m%d}")
    (row,) = world.all(ResultLine, file_id=taken.id)
    assert (row.why, row.fate) == ("silence", "aside")
    assert f"合计行的到账日期是{day}" in row.reason_text
    assert (world.states(in_totals), days(world, in_totals)) == (["sent"] * 3, [None] * 3)


def test_a_day_nobody_can_read_is_no_day(world, in_totals):
    taken = all_arrived(world, in_totals, "99999999")
    assert any("到账日期读不懂" in r.reason_text for r in world.all(ResultLine, file_id=taken.id))
    assert world.states(in_totals) == ["sent"] * 3


def test_where_the_bank_named_no_day_the_order_says_so(world, in_totals):
    before = [order.arrival for order in world.all(Attempt, run_id=in_totals.id)]
    all_arrived(world, in_totals, "")
    after = [order.arrival for order in world.all(Attempt, run_id=in_totals.id)]
    assert (before, after) == ([""] * 3, ["银行未给出到账日期"] * 3)


# --- totals of all and of the failed


def telling(*figures):
    """A bank that lists failures only and gives no totals but these, in this order."""
    bank = failures_only()
    fields = {name: place for place, name in enumerate(figures, 2)}
    control = replace(bank.results.control, fields=fields)
    return replace(bank, results=replace(bank.results, control=control))


@pytest.fixture
def unclear(world):
    """A run with one payment that is not clear, whose bank counts all and the failed alone."""
    world.confirmed(world.school, lines(3))
    bank = telling("count", "sum", "failed_count", "failed_sum")
    run = world.exported(world.opened(), bank=bank)
    said_of_one(world, run, "unknown", "T|3|690.00|1|230.00")
    assert world.states(run) == ["unknown", "paid", "paid"]
    return run


def test_all_less_the_failed_clears_nothing(world, unclear):
    """Among the rest may be what the bank has not decided yet."""
    path = world.folder / f"R{unclear.id}.txt"
    path.write_bytes(b"H|3|690.00\r\nT|3|690.00|0|0.00\r\n")
    assert world.post(unclear, path).aside == 0
    assert world.states(unclear) == ["unknown", "paid", "paid"]


def test_the_run_says_why_no_totals_clear_it_and_what_to_do(world, unclear):
    run = world.fresh(unclear)
    assert "待查明的1笔不能凭合计认定成功" in silence.why_unclear(run, 1)
    assert silence.why_unclear(run, 0) == ""


def test_where_the_bank_counts_its_successes_totals_may_clear_it(world, in_totals):
    assert silence.why_unclear(world.fresh(in_totals), 1) == ""


def test_a_row_that_says_so_clears_it(world, unclear):
    said_of_one(world, unclear, "paid", "T|3|690.00|0|0.00")
    assert world.states(unclear) == ["paid"] * 3
