"""The SIMULATED bank's standard messages: pain.002, camt.053, camt.054 and MT940."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from app.payments.banks.reading import Outcome
from app.payments.banks.shaping import YUAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.payments.banks.simulator import Answer

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XSD = "urn:iso:std:iso:20022:tech:xsd:"
MADE_AT = "2026-09-03T08:00:00"
STATUSES = {Outcome.PAID: "ACSC", Outcome.FAILED: "RJCT", Outcome.UNKNOWN: "PDNG"}
GROUPS = {frozenset({"ACSC"}): "ACSC", frozenset({"RJCT"}): "RJCT"}
MARKS = {Outcome.PAID: "D", Outcome.RETURNED: "C"}


def pain002(answers: Sequence[Answer]) -> str:
    """A status report, version 03."""
    total = YUAN[sum(a.line.fen for a in answers)]
    ours = escape(answers[0].line.ref.partition("-")[0] if answers else "R") + "-1"
    group = GROUPS.get(frozenset(STATUSES.get(a.outcome, "RJCT") for a in answers), "PART")
    return (
        f'{HEAD}<Document xmlns="{XSD}pain.002.001.03"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>SIM-1</MsgId><CreDtTm>{MADE_AT}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{ours}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03"
        f"</OrgnlMsgNmId><OrgnlNbOfTxs>{len(answers)}</OrgnlNbOfTxs><OrgnlCtrlSum>{total}"
        f"</OrgnlCtrlSum><GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{ours}</OrgnlPmtInfId>"
        f"{''.join(map(_status, answers))}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"
    )


def _status(answer: Answer) -> str:
    line, paid = answer.line, answer.outcome is Outcome.PAID
    day = f"<AccptncDtTm>{answer.arrived_on}T00:00:00</AccptncDtTm>" if paid else ""
    why = _reason("StsRsnInf", answer)
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(line.ref)}</OrgnlEndToEndId>"
        f"<TxSts>{STATUSES.get(answer.outcome, 'RJCT')}</TxSts>{why}{day}<OrgnlTxRef>"
        f'<Amt><InstdAmt Ccy="CNY">{YUAN[line.fen]}</InstdAmt></Amt>'
        f"<Cdtr><Nm>{escape(line.holder_name)}</Nm></Cdtr>{_account(answer)}"
        "</OrgnlTxRef></TxInfAndSts>"
    )


def camt053(answers: Sequence[Answer]) -> str:
    """A statement, version 08, with one entry for each line."""
    return _camt("053", "BkToCstmrStmt", "Stmt", answers, _balance() * 2)


def camt054(answers: Sequence[Answer]) -> str:
    """A notice of debits and credits, version 08."""
    return _camt("054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", answers, "")


def _camt(number: str, root: str, part: str, answers: Sequence[Answer], balance: str) -> str:
    account = "<Acct><Id><Othr><Id>1402000000000000001</Id></Othr></Id></Acct>"
    return (
        f'{HEAD}<Document xmlns="{XSD}camt.{number}.001.08"><{root}>'
        f"<GrpHdr><MsgId>SIM-1</MsgId><CreDtTm>{MADE_AT}</CreDtTm></GrpHdr>"
        f"<{part}><Id>SIM-1</Id><CreDtTm>{MADE_AT}</CreDtTm>{account}{balance}"
        f"{''.join(map(_entry, answers))}</{part}></{root}></Document>\n"
    )


def _balance() -> str:
    return (
        "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>"
        '<Amt Ccy="CNY">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-03</Dt></Dt></Bal>'
    )


def _entry(answer: Answer) -> str:
    back = answer.outcome is Outcome.RETURNED
    amount = f'<Amt Ccy="CNY">{YUAN[answer.line.fen]}</Amt>'
    way = f"<CdtDbtInd>{'CRDT' if back else 'DBIT'}</CdtDbtInd>"
    booked = "PDNG" if answer.outcome is Outcome.UNKNOWN else "BOOK"
    day = f"<BookgDt><Dt>{answer.arrived_on}</Dt></BookgDt>" if answer.arrived_on else ""
    why = _reason("RtrInf", answer) if back else ""
    return (
        f"<Ntry>{amount}{way}<Sts><Cd>{booked}</Cd></Sts>{day}"
        "<BkTxCd><Prtry><Cd>SIM</Cd></Prtry></BkTxCd><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{escape(answer.line.ref)}</EndToEndId></Refs>{amount}{way}"
        f"<RltdPties><Cdtr><Pty><Nm>{escape(answer.line.holder_name)}</Nm></Pty></Cdtr>"
        f"{_account(answer)}</RltdPties>{why}</TxDtls></NtryDtls></Ntry>"
    )


def _account(answer: Answer) -> str:
    return f"<CdtrAcct><Id><Othr><Id>{answer.line.card_no}</Id></Othr></Id></CdtrAcct>"


def _reason(under: str, answer: Answer) -> str:
    if not answer.reason_code and not answer.reason_text:
        return ""
    code = f"<Rsn><Cd>{answer.reason_code}</Cd></Rsn>" if answer.reason_code else ""
    said = f"<AddtlInf>{escape(answer.reason_text)}</AddtlInf>" if answer.reason_text else ""
    return f"<{under}>{code}{said}</{under}>"


def mt940(answers: Sequence[Answer]) -> str:
    """A statement with what was booked; an unknown line is not booked and so is not in it."""
    booked = [a for a in answers if a.outcome in MARKS and a.arrived_on]
    entries = "".join(map(_movement, booked))
    return (
        ":20:SIM1\r\n:25:1402000000000000001\r\n:28C:1/1\r\n:60F:C260903CNY0,00\r\n"
        f"{entries}:62F:C260903CNY0,00\r\n-\r\n"
    )


def _movement(answer: Answer) -> str:
    day = answer.arrived_on
    amount = YUAN[answer.line.fen].replace(".", ",")
    return (
        f":61:{day:%y%m%d}{day:%m%d}{MARKS[answer.outcome]}{amount}NTRF"
        f"{answer.line.ref[:16]}//{answer.bank_ref or 'SIM'}\r\n"
        f":86:/EREF/{answer.line.ref}/{answer.reason_text}\r\n"
    )


MESSAGES: Mapping[str, Callable[[Sequence[Answer]], str]] = {
    "pain.002": pain002,
    "camt.053": camt053,
    "camt.054": camt054,
    "mt940": mt940,
}
