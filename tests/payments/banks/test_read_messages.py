"""pain.002, camt.053, camt.054 and MT940: the standard forms of a bank's answer."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from app.kernel.errors import Refused
from app.payments.banks import Outcome, Reason, read_results
from app.payments.banks.reading import tail_of
from app.payments.banks.simulator import Answer, make_result_file
from tests.payments.banks.cast import line, lines, profile
from tests.payments.banks.schemas import schema

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks import Profile, ResultLine, ResultReading

DAY = dt.date(2026, 9, 3)
PAID, FAILED = Answer(line(1)), Answer(line(2), Outcome.FAILED, "户名不符", "BE01")
UNKNOWN, RETURNED = Answer(line(3), Outcome.UNKNOWN), Answer(line(4), Outcome.RETURNED, "退汇")
DOCUMENT = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{}">{}</Document>'


def message(kind: str) -> Profile:
    return profile("iso20022_pain001", results={"container": kind, "encoding": "utf-8"})


def read(kind: str, path: Path) -> tuple[list[ResultLine], ResultReading]:
    reading = read_results(message(kind), path)
    return list(reading.lines), reading


def answered(
    kind: str, answers: list[Answer], path: Path
) -> tuple[list[ResultLine], ResultReading]:
    make_result_file(message(kind), answers, path)
    return read(kind, path)


def test_a_status_report_says_paid_failed_and_unknown(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    found, reading = answered("pain.002", [PAID, FAILED, UNKNOWN], path)
    schema("pain.002.001.03").validate(str(path))
    assert [(x.ref, x.outcome, x.reason, x.fen, tail_of(x.card), x.arrived_on) for x in found] == [
        ("R12-000001-1", Outcome.PAID, Reason.OK, 115000, "0001", DAY),
        ("R12-000002-1", Outcome.FAILED, Reason.NAME_MISMATCH, 115000, "0002", None),
        ("R12-000003-1", Outcome.UNKNOWN, Reason.UNKNOWN, 115000, "0003", None),
    ]
    assert reading.control
    assert reading.control.all == (3, 345000)
    assert reading.whole
    assert reading.whole.status == "PART"


def test_a_file_refused_as_a_whole_says_so_without_lines(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(
        DOCUMENT.format(
            "pain.002.001.03",
            "<CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>R12-1</OrgnlMsgId>"
            "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn>"
            "<Cd>AM10</Cd></Rsn><AddtlInf>控制总数不符</AddtlInf></StsRsnInf>"
            "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>R13-1</OrgnlPmtInfId>"
            "<PmtInfSts>RJCT</PmtInfSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt>",
        ),
        "utf-8",
    )
    found, reading = read("pain.002", tmp_path / "r.xml")
    assert found == []
    assert reading.whole
    assert (reading.whole.outcome, reading.whole.reason_text) == (Outcome.FAILED, "控制总数不符")
    assert reading.whole.original == "R12-1"


def test_a_bank_that_accepted_has_not_paid_yet(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    make_result_file(message("pain.002"), [PAID], path)
    path.write_text(path.read_text("utf-8").replace("<TxSts>ACSC", "<TxSts>ACSP"), "utf-8")
    ((only,), _reading) = read("pain.002", path)
    assert (only.outcome, only.reason_text, only.arrived_on) == (Outcome.UNKNOWN, "ACSP", None)


def test_a_message_in_gbk_is_read_in_gbk_and_cut_in_half_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    make_result_file(message("pain.002"), [Answer(p) for p in lines(400)], path)
    text = path.read_text("utf-8").replace('encoding="UTF-8"', "encoding='gbk'")
    path.write_bytes(text.encode("gbk"))
    found, _reading = read("pain.002", path)
    assert [x.name for x in found] == [p.holder_name for p in lines(400)]
    path.write_bytes(text.encode("gbk")[:-20])
    with pytest.raises(Refused):
        read("pain.002", path)


@pytest.mark.parametrize("kind", ["camt.053", "camt.054"])
def test_a_statement_shows_what_left_what_is_pending_and_what_came_back(
    tmp_path: Path, kind: str
) -> None:
    found, reading = answered(kind, [PAID, UNKNOWN, RETURNED], tmp_path / "r.xml")
    assert reading.problems == []
    assert [(x.ref, x.outcome, x.reason, x.fen, x.arrived_on) for x in found] == [
        ("R12-000001-1", Outcome.PAID, Reason.OK, 115000, DAY),
        ("R12-000003-1", Outcome.UNKNOWN, Reason.UNKNOWN, 115000, DAY),
        ("R12-000004-1", Outcome.RETURNED, Reason.RETURNED, 115000, DAY),
    ]


def entry(inner: str, *, way: str = "DBIT", status: str = "<Sts>BOOK</Sts>") -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">20.00</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>2026-09-03</Dt></BookgDt>{inner}</Ntry>"
    )


def statement(path: Path, *entries: str) -> tuple[list[ResultLine], ResultReading]:
    inner = f"<BkToCstmrStmt><Stmt>{''.join(entries)}</Stmt></BkToCstmrStmt>"
    path.write_text(DOCUMENT.format("camt.053.001.02", inner), "utf-8")
    return read("camt.053", path)


def details(ref: str, amount: str, more: str = "") -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs><AmtDtls><TxAmt>"
        f'<Amt Ccy="CNY">{amount}</Amt></TxAmt></AmtDtls>{more}</TxDtls>'
    )


def test_one_booking_of_many_payments_is_read_payment_by_payment(tmp_path: Path) -> None:
    both = f"<NtryDtls>{details('R1', '15.00')}{details('R2', '5.00')}</NtryDtls>"
    found, reading = statement(tmp_path / "r.xml", entry(both))
    assert [(x.row, x.ref, x.fen, x.outcome) for x in found] == [
        (1, "R1", 1500, Outcome.PAID),
        (2, "R2", 500, Outcome.PAID),
    ]
    assert reading.problems == []


def test_entries_of_others_and_other_money_are_problems_not_losses(tmp_path: Path) -> None:
    found, reading = statement(
        tmp_path / "r.xml",
        entry(""),
        entry(f"<NtryDtls>{details('NOTPROVIDED', '1.00')}</NtryDtls>"),
        entry(f"<NtryDtls>{details('R3', '1.00').replace('CNY', 'USD')}</NtryDtls>"),
        entry(f"<NtryDtls>{details('R4', '20.00')}</NtryDtls>"),
    )
    assert [x.ref for x in found] == ["R4"]
    assert [p.row for p in reading.problems] == [1, 2, 3]


def test_a_return_with_its_code_and_a_reversal_are_returns(tmp_path: Path) -> None:
    back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    found, _reading = statement(
        tmp_path / "r.xml",
        entry(f"<NtryDtls>{details('R1', '20.00', back)}</NtryDtls>", way="CRDT"),
        entry(f"<NtryDtls>{details('R2', '20.00', back)}</NtryDtls>"),
    )
    assert [(x.outcome, x.reason) for x in found] == [
        (Outcome.RETURNED, Reason.ACCT_CLOSED),
        (Outcome.UNKNOWN, Reason.UNKNOWN),
    ]


BOMB = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">&b;</Document>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">&x;</Document>"""
REMOTE = """<?xml version="1.0"?><!DOCTYPE b SYSTEM "http://127.0.0.1:9/x.dtd">
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"/>"""


@pytest.mark.parametrize("evil", [BOMB, OUTSIDE, REMOTE], ids=["bomb", "file", "remote"])
def test_entities_and_document_types_are_refused(tmp_path: Path, evil: str) -> None:
    (tmp_path / "r.xml").write_text(evil, "utf-8")
    with pytest.raises(Refused, match="DOCTYPE"):
        read("pain.002", tmp_path / "r.xml")


@pytest.mark.parametrize(
    "inner", ["<a>" * 5000, "<a/>" * 30_000, "<a>" + "x" * 2_000_000], ids=["deep", "wide", "long"]
)
def test_a_message_of_monstrous_shape_is_refused_in_little_memory(
    tmp_path: Path, inner: str
) -> None:
    (tmp_path / "r.xml").write_text(DOCUMENT.format("pain.002.001.03", inner), "utf-8")
    tracemalloc.start()
    with pytest.raises(Refused, match="庞大"):
        read("pain.002", tmp_path / "r.xml")
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<a>",
        "no xml",
        DOCUMENT.format("camt.053.001.08", "<x/>"),
        "<?xml version='1.0' encoding='BIG5'?><a/>",
    ],
)
def test_another_message_or_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.xml").write_text(content, "utf-8")
    with pytest.raises(Refused):
        read("pain.002", tmp_path / "r.xml")


def test_a_message_that_breaks_off_is_refused_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    make_result_file(message("pain.002"), [Answer(p) for p in lines(500)], path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Refused, match="完整"):
        read("pain.002", path)


def test_mt940_shows_debits_as_paid_and_credits_as_returned(tmp_path: Path) -> None:
    found, reading = answered("mt940", [PAID, RETURNED], tmp_path / "r.sta")
    assert reading.problems == []
    assert [(x.ref, x.outcome, x.fen, x.arrived_on) for x in found] == [
        ("R12-000001-1", Outcome.PAID, 115000, DAY),
        ("R12-000004-1", Outcome.RETURNED, 115000, DAY),
    ]


@pytest.mark.parametrize(
    ("entry61", "text86", "told"),
    [
        ("2609030903D1150,00NTRFNONREF//B9", "?20EREF+R12-000123-1?21x", "R12-000123-1"),
        ("260903D1150,00NTRFR12-000124-1", "", "R12-000124-1"),
        ("260903DR1150,NTRFNONREF", "助学金 R12-000125-1 福建", "R12-000125-1"),
        ("2612310102RD1150,5NTRFNONREF", "/EREF/R12-000126-1", "R12-000126-1"),
    ],
)
def test_mt940_finds_our_reference_where_banks_put_it(
    tmp_path: Path, entry61: str, text86: str, told: str
) -> None:
    text = f":20:X\r\n:61:{entry61}\r\n" + (f":86:{text86}\r\n" if text86 else "") + "-\r\n"
    (tmp_path / "r.sta").write_text(text, "utf-8")
    ((only,), _reading) = read("mt940", tmp_path / "r.sta")
    assert only.ref == told
    if "RD" in entry61:
        assert (only.outcome, only.arrived_on) == (Outcome.RETURNED, dt.date(2027, 1, 2))


def test_mt940_entries_of_others_are_problems(tmp_path: Path) -> None:
    text = ":20:X\r\n:61:260903D5,00NCHGNONREF\r\n:86:手续费\r\n:61:rubbish\r\n:62F:C\r\n"
    (tmp_path / "r.sta").write_text(text, "utf-8")
    found, reading = read("mt940", tmp_path / "r.sta")
    assert found == []
    assert [p.row for p in reading.problems] == [1, 2]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("退汇：户名不符".encode("gbk"), "退汇：户名不符"),
        ("退汇：户名不符".encode(), "退汇：户名不符"),
        (b"\xff\xfe\x00 x", "��� x"),
    ],
)
def test_mt940_may_be_written_in_gbk_or_in_utf_8(tmp_path: Path, raw: bytes, told: str) -> None:
    entry = b":20:X\r\n:61:2609030903C1150,00NTRFR12-000127-1\r\n:86:" + raw + b"\r\n-\r\n"
    (tmp_path / "r.sta").write_bytes(entry)
    ((only,), _reading) = read("mt940", tmp_path / "r.sta")
    assert (only.outcome, only.reason_text) == (Outcome.RETURNED, told)


def test_what_is_no_statement_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.sta").write_text("hello", "utf-8")
    with pytest.raises(Refused, match="MT940"):
        read("mt940", tmp_path / "r.sta")
