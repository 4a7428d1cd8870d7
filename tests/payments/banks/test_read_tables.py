"""Results as text, fixed widths, csv and sheets: three outcomes, and a fate for every row."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.payments.banks import (
    Outcome,
    Reason,
    file_sha256,
    read_results,
    shipped,
    silence_means_paid,
)
from app.payments.banks.reading import tail_of
from app.payments.banks.simulator import Answer, make_result_file
from app.payments.banks.table_results import Unreadable, fen_of, word
from tests.payments.banks.cast import line, lines, profile, with_results

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks import Profile, ResultLine, ResultReading

DAY = dt.date(2026, 9, 3)
ANSWERS = [
    Answer(line(1), Outcome.PAID, bank_ref="B1"),
    Answer(line(2), Outcome.FAILED, "户名不符"),
    Answer(line(3), Outcome.UNKNOWN),
]
FIXED = {
    "container": "fixed",
    "encoding": "gbk",
    "widths": [20, 24, 20, 14, 4, 40, 8],
    "fields": {"ref": 1, "card": 2, "name": 3, "amount": 4, "status": 5, "reason": 6,
               "arrived_on": 7},
    "statuses": {"S": "paid", "E": "failed", "P": "unknown"},
}  # fmt: skip


def read(made: Profile, path: Path) -> tuple[list[ResultLine], ResultReading]:
    reading = read_results(made, path)
    return list(reading.lines), reading


def piped(*rows: str) -> bytes:
    return "".join(row + "\r\n" for row in rows).encode("gbk")


def one_row(path: Path, row: bytes) -> tuple[list[ResultLine], ResultReading]:
    """A row between the head and totals of the `|` bank."""
    path.write_bytes(b"H\r\n" + row + b"\r\nT|1|1150.00|1|1150.00\r\n")
    return read(profile("pipe_gbk"), path)


LAYOUTS = {
    "text": profile("pipe_gbk"),
    "fixed": profile("abc_fixed", results=FIXED),
    "csv": with_results("ccb_xlsx", container="csv", separator=",", encoding="utf-8-sig"),
    "xlsx": profile("icbc_batch_xlsx"),
    "xls": with_results("ccb_xlsx", container="xls"),
    "abc": profile("abc_fixed"),
}


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_paid_failed_and_unknown_come_back_from_every_container(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "result"
    make_result_file(LAYOUTS[kind], ANSWERS, path)
    found, reading = read(LAYOUTS[kind], path)
    assert reading.problems == []
    assert [(x.ref, x.outcome, x.reason, x.fen, tail_of(x.card), x.arrived_on) for x in found] == [
        ("R12-000001-1", Outcome.PAID, Reason.OK, 115000, "0001", DAY),
        ("R12-000002-1", Outcome.FAILED, Reason.NAME_MISMATCH, 115000, "0002", None),
        ("R12-000003-1", Outcome.UNKNOWN, Reason.UNKNOWN, 115000, "0003", None),
    ]
    assert [x.name for x in found] == ["李小四", "买买提·艾力", "欧阳文文"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_profile_reads_what_its_bank_would_send(tmp_path: Path, name: str) -> None:
    made = shipped()[name]
    make_result_file(made, ANSWERS, tmp_path / "result")
    found, reading = read(made, tmp_path / "result")
    assert [(x.outcome, x.fen) for x in found] == [(a.outcome, 115000) for a in ANSWERS]
    assert reading.problems == []


@pytest.mark.parametrize("amount", [1150.001, -1.0, float("inf"), float("nan"), 1e300])
def test_an_impossible_number_in_a_cell_is_a_problem(amount: float) -> None:
    with pytest.raises(Unreadable):
        fen_of(amount, "yuan")
    with pytest.raises(Unreadable):
        word([amount + 0.5], 0)


@pytest.mark.parametrize("amount", [0.07, 0.29, 1150.5, 99999999.99])
def test_a_number_cell_is_exact_to_the_fen(amount: float) -> None:
    assert fen_of(amount, "yuan") == int(f"{amount:.2f}".replace(".", ""))


def test_a_blank_line_on_top_costs_no_row(tmp_path: Path) -> None:
    row = "D|1|张三|6212|10.00|R1|成功|||".encode("gbk")
    (tmp_path / "r").write_bytes(b"\r\n" + row + b"\r\nT|1|10.00|1|10.00\r\n")
    found, _reading = read(profile("pipe_gbk"), tmp_path / "r")
    assert [x.row for x in found] == [2]


def test_a_line_in_a_trace_back_shows_no_person(tmp_path: Path) -> None:
    make_result_file(profile("pipe_gbk"), ANSWERS, tmp_path / "r")
    found, _reading = read(profile("pipe_gbk"), tmp_path / "r")
    assert found[0].name not in repr(found[0])
    assert found[0].card not in repr(found[0])


def test_a_bank_without_our_reference_gives_account_amount_and_number(tmp_path: Path) -> None:
    made, path = profile("city_text"), tmp_path / "r.txt"
    make_result_file(made, ANSWERS, path)
    found, _reading = read(made, path)
    assert next((x.ref, x.seq, x.fen, x.card) for x in found) == (
        "",
        1,
        115000,
        "6212841234567800001",
    )


def test_the_banks_totals_are_read_and_compared(tmp_path: Path) -> None:
    made, path = profile("pipe_gbk"), tmp_path / "r.txt"
    make_result_file(made, ANSWERS, path)
    _found, reading = read(made, path)
    assert reading.control
    assert (reading.control.all, reading.control.paid) == ((3, 345000), (1, 115000))
    assert reading.disagreement() is None
    path.write_bytes(path.read_bytes().replace(b"T|3|", b"T|4|"))
    _found, reading = read(made, path)
    assert "不一致" in str(reading.disagreement())


def test_a_file_cut_short_says_that_its_totals_are_missing(tmp_path: Path) -> None:
    made, path = profile("pipe_gbk"), tmp_path / "r.txt"
    make_result_file(made, ANSWERS, path)
    path.write_bytes(b"\r\n".join(path.read_bytes().split(b"\r\n")[:3]) + b"\r\n")
    found, reading = read(made, path)
    assert (len(found), reading.control) == (2, None)
    assert [p.row for p in reading.problems] == [0]
    assert reading.rows == 2


def test_a_word_nobody_knows_is_unknown_and_kept(tmp_path: Path) -> None:
    row = "D|1|张三|6212841234567800001|1150.00|R12-000001-1|基本成功|再等等||".encode("gbk")
    ((only,), _reading) = one_row(tmp_path / "r", row)
    assert (only.outcome, only.reason) == (Outcome.UNKNOWN, Reason.UNKNOWN)
    assert "基本成功" in only.reason_text


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("失败", "系统忙", Outcome.UNKNOWN),
        ("失败", "重复业务", Outcome.UNKNOWN),
        ("失败", "退汇", Outcome.RETURNED),
        ("失败", "账户已销户", Outcome.FAILED),
        ("成功", "户名不符", Outcome.UNKNOWN),
        ("成功", "交易成功", Outcome.PAID),
        ("处理中", "户名不符", Outcome.UNKNOWN),
        ("", "", Outcome.UNKNOWN),
        ("已退汇", "", Outcome.RETURNED),
    ],
)
def test_where_word_and_reason_disagree_nothing_is_certain(
    tmp_path: Path, status: str, reason: str, outcome: Outcome
) -> None:
    row = f"D|1|张三|6212841234567800001|1150.00|R12-000001-1|{status}|{reason}||".encode("gbk")
    ((only,), _reading) = one_row(tmp_path / "r", row)
    assert only.outcome is outcome


@pytest.mark.parametrize(
    ("amount", "fen"),
    [("1150.00", 115000), ("1,150.00", 115000), ("\uffe51150", 115000), ("0001150.5", 115050),
     ("0.07", 7), ("1150.000", 115000), ("1150元", 115000)],
)  # fmt: skip
def test_amounts_are_read_to_the_fen(tmp_path: Path, amount: str, fen: int) -> None:
    row = f"D|1|张三|6212|{amount}|R12-000001-1|成功|||".encode("gbk")
    ((only,), _reading) = one_row(tmp_path / "r", row)
    assert only.fen == fen


@pytest.mark.parametrize(
    "row",
    [
        "D|1|张三|6212|1150.001|R1|成功|||",
        "D|1|张三|6212|-5|R1|成功|||",
        "D|1|张三|6212|1150|R1",
        "D|1|张三|6212|壹仟|R1|成功|||",
        "D|1|张三|6212|1１50|R1|成功|||",
        "D|1|张三|6212|1150|R1|成功|||2026-13-01",
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_and_the_rest_goes_on(
    tmp_path: Path, row: str
) -> None:
    good = "D|2|李四|6212|10.00|R2|成功|||".encode("gbk")
    found, reading = one_row(tmp_path / "r", row.encode("gbk") + b"\r\n" + good)
    assert [x.ref for x in found] == ["R2"]
    assert [p.row for p in reading.problems] == [2]
    assert reading.rows == 2


def test_bytes_of_another_encoding_spoil_their_row_only(tmp_path: Path) -> None:
    good = "D|2|李四|6212|10.00|R2|成功|||".encode("gbk")
    found, reading = one_row(tmp_path / "r", b"D|1|\xff\xff|6212|10.00|R1|\xb3\r\n" + good)
    assert [x.ref for x in found] == ["R2"]
    assert "GBK" in reading.problems[0].sentence.upper()


def test_a_separator_byte_inside_a_character_is_no_separator(tmp_path: Path) -> None:
    name = next(
        c for n in range(0x4E00, 0x9FA5)
        if (c := chr(n)).encode("gbk", "ignore")[1:] == b"|"
    )  # fmt: skip
    row = f"D|1|{name}三|6212|10.00|R1|成功|||".encode("gbk")
    ((only,), reading) = one_row(tmp_path / "r", row)
    assert (only.name, reading.problems) == (name + "三", [])


def test_titles_may_stand_in_any_order_and_have_synonyms(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["自定义序号", "金额", "处理状态", "多余", "收款账号"])
    sheet.append(["R12-000001-1", 1150.0, "成功", "x", "6212841234567800001"])
    book.save(tmp_path / "r.xlsx")
    ((only,), _reading) = read(profile("icbc_batch_xlsx"), tmp_path / "r.xlsx")
    assert (only.ref, only.fen, only.outcome) == ("R12-000001-1", 115000, Outcome.PAID)


def test_a_missing_title_is_refused_by_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["收款账号", "金额"])
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(Refused, match=r"自定义序号.*处理结果"):
        read_results(profile("icbc_batch_xlsx"), tmp_path / "r.xlsx")


@pytest.mark.parametrize(
    ("card", "problem"), [(6212841234567800001, True), (6212841234567800, False)]
)
def test_an_account_in_a_number_cell_is_used_only_while_it_is_exact(
    tmp_path: Path, card: int, *, problem: bool
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["自定义序号", "金额", "处理结果", "收款账号"])
    sheet.append(["R1", 1150.0, "成功", card])
    book.save(tmp_path / "r.xlsx")
    found, reading = read(profile("icbc_batch_xlsx"), tmp_path / "r.xlsx")
    assert (len(found), len(reading.problems)) == ((0, 1) if problem else (1, 0))


@pytest.mark.parametrize("content", [b"", b"not a sheet", b"PK\x03\x04broken"])
def test_what_is_no_sheet_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.xlsx").write_bytes(content)
    with pytest.raises(Refused):
        read_results(profile("icbc_batch_xlsx"), tmp_path / "r.xlsx")


def test_a_missing_file_and_a_profile_without_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        read_results(profile("pipe_gbk"), tmp_path / "none")
    with pytest.raises(Refused, match="回盘"):
        read_results(profile("pipe_gbk", results=None), tmp_path / "none")


def test_a_file_without_line_ends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"x" * 200_000)
    with pytest.raises(Refused, match="按行"):
        read(profile("pipe_gbk"), tmp_path / "r")


def failed_only(**control: Any) -> Profile:
    where = {"where": "marker", "marker": "T", "fields": {"count": 2, "sum": 3}} | control
    return with_results("pipe_gbk", lists="FAILED_ONLY", control=where)


def test_silence_is_success_once_the_banks_totals_agree(tmp_path: Path) -> None:
    answers = [Answer(p) for p in lines(9)] + [Answer(line(10), Outcome.FAILED, "已销户")]
    make_result_file(failed_only(), answers, tmp_path / "r")
    found, reading = read(failed_only(), tmp_path / "r")
    assert [x.reason for x in found] == [Reason.ACCT_CLOSED]
    assert silence_means_paid(reading, 10, 1150000) is None
    assert silence_means_paid(reading, 11, 1150000)
    assert silence_means_paid(reading, 10, 1150001)


def test_silence_is_no_success_without_totals_or_with_a_problem(tmp_path: Path) -> None:
    make_result_file(failed_only(), [Answer(line(1))], tmp_path / "r")
    whole = (tmp_path / "r").read_bytes()
    for broken in (whole.split(b"T|")[0], whole.replace(b"T|", b"D|1|broken\r\nT|")):
        (tmp_path / "r").write_bytes(broken)
        _found, reading = read(failed_only(), tmp_path / "r")
        assert silence_means_paid(reading, 1, 115000)


def test_totals_of_the_paid_alone_also_confirm(tmp_path: Path) -> None:
    paid = failed_only(fields={"paid_count": 2, "paid_sum": 3, "failed_count": 4})
    answers = [Answer(line(1)), Answer(line(2), Outcome.FAILED, "已销户")]
    make_result_file(paid, answers, tmp_path / "r")
    _found, reading = read(paid, tmp_path / "r")
    assert silence_means_paid(reading, 2, 230000) is None
    assert silence_means_paid(reading, 3, 345000)


def test_the_same_file_is_known_by_its_hash(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_result_file(profile("pipe_gbk"), ANSWERS, tmp_path / name)
    make_result_file(profile("pipe_gbk"), ANSWERS[:2], tmp_path / "c")
    hashes = [file_sha256(tmp_path / name) for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]


CELL = st.text(st.characters(codec="gbk", exclude_characters="\r\n|"), max_size=6)
STATUS = st.sampled_from(["成功", "失败", "处理中", "?", ""])
ROWS = st.lists(
    st.one_of(
        st.tuples(CELL, st.sampled_from(["1.00", "x", ""]), STATUS).map(
            lambda r: f"D|1|{r[0]}|6212|{r[1]}|R1|{r[2]}|||".encode("gbk")
        ),
        st.binary(min_size=1, max_size=40).map(
            lambda b: b"D|" + b.replace(b"\r", b"").replace(b"\n", b"")
        ),
    ),
    max_size=15,
)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS)
def test_every_row_is_a_line_or_a_problem_whatever_it_holds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("results") / "r.txt"
    path.write_bytes(b"H\r\n" + b"".join(row + b"\r\n" for row in rows) + b"T|0|0|0|0\r\n")
    found, reading = read(profile("pipe_gbk"), path)
    fates = sorted([x.row for x in found] + [p.row for p in reading.problems])
    assert fates == list(range(2, len(rows) + 2))
    assert reading.rows == len(rows)


def test_totals_that_cannot_be_read_are_one_problem_and_not_missed_besides(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(piped("H", "T|1|viel|1|1150.00"))
    found, reading = read(profile("pipe_gbk"), path)
    assert (found, reading.control) == ([], None)
    assert [problem.row for problem in reading.problems] == [2]


def test_a_row_number_of_any_length_spoils_no_file(tmp_path: Path) -> None:
    long = f"D|{'9' * 5000}|张三|6222021402000000001|1150.00|R12-000001-1|成功||B1|20260903"
    found, reading = one_row(tmp_path / "r.txt", long.encode("gbk"))
    assert [(x.ref, x.seq) for x in found] == [("R12-000001-1", None)]
    assert reading.problems == []
