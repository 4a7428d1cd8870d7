"""ISO 20022 answers: pain.002 status reports, camt.053 statements and camt.054 notices."""

from __future__ import annotations

import datetime as dt
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from app.kernel import clock
from app.kernel.i18n import _
from app.payments.banks.reading import (
    REJECTED,
    Control,
    Found,
    Outcome,
    Problem,
    ResultLine,
    Whole,
    judged,
)
from app.payments.banks.reasons import Reason, classify
from app.payments.banks.safe_xml import pieces
from app.payments.banks.table_results import Unreadable, fen_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from app.payments.banks.layout import ResultLayout
    from app.payments.banks.safe_xml import Piece

STATUSES = {"ACSC": Outcome.PAID, "ACCC": Outcome.PAID, REJECTED: Outcome.FAILED}
STATEMENT = frozenset({"TxDtls", "Ntry"})
REPORT = frozenset({"TxInfAndSts", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts"})
SPLIT = "split"  # marks an entry whose transactions were read one by one


def iso_results(layout: ResultLayout, path: Path) -> Iterator[Found]:
    """The message's lines. Refused at once when the file is another message or none."""
    report = layout.container == "pain.002"
    found = pieces(path, REPORT if report else STATEMENT, f":{layout.container}.")
    first = next(found, None)
    whole = chain([first], found) if first else iter(())
    return status_report(layout, whole) if report else statement(layout, whole)


def status_report(layout: ResultLayout, found: Iterator[Piece]) -> Iterator[Found]:
    """pain.002: one line per transaction, the answers for the whole and totals beside them.

    A refusal that gives no reason has that of what it is a part of, and where a message is refused
    for a reason that says nothing for certain, a duplicate above all, no part of it is refused for
    certain: it may have been paid the first time.
    """
    row, group = 0, Refusal("", "", doubtful=False)
    for element, around in found:
        if element.tag == "TxInfAndSts":
            row += 1
            why = _reason_of(around[-1], group)
            yield guarded(row, partial(_transaction, layout, row, element, why))
        elif element.tag == "OrgnlGrpInfAndSts":
            for item in _group(layout, element):
                if isinstance(item, Whole) and item.status == REJECTED:
                    group = _reason_of(element, group, doubtful=item.outcome is Outcome.UNKNOWN)
                yield item
        elif (status := _at(element, "PmtInfSts")) == REJECTED:
            why = _reason_of(element, group)
            yield _whole(layout, status, why, _at(element, "OrgnlPmtInfId"))


class Refusal(NamedTuple):
    """Why a whole was refused: code, words, and whether that says nothing for certain."""

    code: str
    said: str
    doubtful: bool


def _reason_of(element: Element, above: Refusal, *, doubtful: bool = False) -> Refusal:
    """The element's own reason, else the one above it."""
    code, said = _why(element, "StsRsnInf")
    if above.doubtful or not (code or said):
        return above._replace(doubtful=above.doubtful or doubtful)
    return Refusal(code, said, doubtful)


def statement(layout: ResultLayout, found: Iterator[Piece]) -> Iterator[Found]:
    """camt: one line per transaction; an entry without details is one itself.

    Money out is a payment, our own reference coming back in is a return.
    """
    row = 0
    for element, around in found:
        if element.tag == "Ntry" and SPLIT in element.attrib:
            continue
        entry = next((e for e in around if e.tag == "Ntry"), element)
        entry.set(SPLIT, "yes")
        row += 1
        yield guarded(row, partial(_booking, layout, row, element, entry))


def guarded(row: int, read: Callable[[], ResultLine]) -> ResultLine | Problem:
    """The line, or the problem that keeps it from being one."""
    try:
        return read()
    except Unreadable as trouble:
        return Problem(row, _("第 %(row)d 笔%(why)s", row=row, why=trouble))


def _group(layout: ResultLayout, group: Element) -> Iterator[Found]:
    said, total = _at(group, "OrgnlNbOfTxs"), _at(group, "OrgnlCtrlSum")
    count = fen = None
    if said and total:
        try:
            count, fen = fen_of(said, "fen"), fen_of(total, "yuan")
            yield Control(count=count, fen=fen)
        except Unreadable as trouble:
            yield Problem(0, str(trouble))
    if status := _at(group, "GrpSts"):
        why = Refusal(*_why(group, "StsRsnInf"), doubtful=False)
        whole = _whole(layout, status, why, _at(group, "OrgnlMsgId"))
        yield whole._replace(rows=count, fen=fen)


def _whole(layout: ResultLayout, status: str, why: Refusal, original: str) -> Whole:
    outcome = STATUSES.get(status, Outcome.UNKNOWN)
    reason = _reason(layout, outcome, why.code, why.said)
    return Whole(status, judged(outcome, reason), reason, why.said or why.code, original)


def _transaction(layout: ResultLayout, row: int, tx: Element, above: Refusal) -> ResultLine:
    code, said = _why(tx, "StsRsnInf")
    status = _at(tx, "TxSts")
    known = layout.statuses.get(status)
    outcome = Outcome(known) if known else STATUSES.get(status, Outcome.UNKNOWN)
    if outcome is Outcome.FAILED and (above.doubtful or not (code or said)):
        code, said = above.code, above.said
    reason = _reason(layout, outcome, code, said)
    amount = _at(tx, "OrgnlTxRef/Amt/InstdAmt")
    return ResultLine(
        row=row,
        ref=_ref(_at(tx, "OrgnlEndToEndId")),
        outcome=judged(outcome, reason),
        card=_at(tx, "OrgnlTxRef/CdtrAcct/Id/Othr/Id"),
        name=_at(tx, "OrgnlTxRef/Cdtr/Nm", "OrgnlTxRef/Cdtr/Pty/Nm"),
        fen=fen_of(amount, "yuan") if amount else None,
        reason=reason,
        reason_text=said or code or ("" if outcome is Outcome.PAID else status),
        bank_ref=_at(tx, "AcctSvcrRef"),
        arrived_on=_day(_at(tx, "AccptncDtTm")) if outcome is Outcome.PAID else None,
    )


def _booking(layout: ResultLayout, row: int, tx: Element, entry: Element) -> ResultLine:
    code, said = _why(tx, "RtrInf")
    outcome = _direction(entry, returned=bool(code or said))
    reason = _reason(layout, outcome, code, said)
    booked = _at(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt")
    return ResultLine(
        row=row,
        ref=_ref(_at(tx, "Refs/EndToEndId")),
        outcome=outcome,
        card=_at(tx, "RltdPties/CdtrAcct/Id/Othr/Id"),
        name=_at(tx, "RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"),
        fen=_money(tx, entry),
        reason=reason,
        reason_text=said or code,
        bank_ref=_at(tx, "Refs/AcctSvcrRef") or _at(entry, "AcctSvcrRef"),
        arrived_on=_day(booked),
    )


def _direction(entry: Element, *, returned: bool) -> Outcome:
    """Paid, returned, or unknown while the entry is not booked."""
    if _at(entry, "Sts/Cd", "Sts") != "BOOK":
        return Outcome.UNKNOWN
    out = _at(entry, "CdtDbtInd") == "DBIT"
    back = returned or _at(entry, "RvslInd") in ("true", "1")
    if out and not back:
        return Outcome.PAID
    return Outcome.UNKNOWN if out else Outcome.RETURNED


def _money(tx: Element, entry: Element) -> int:
    """The transaction's own amount; the entry's only where the entry has no parts."""
    paths = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
    found = next((e for path in paths if (e := tx.find(path)) is not None), None)
    if found is None:
        raise Unreadable(_("没有金额"))
    if found.get("Ccy", "CNY") != "CNY" or _at(entry, "CdtDbtInd") not in ("DBIT", "CRDT"):
        raise Unreadable(_("不是人民币收付"))
    return fen_of(found.text or "", "yuan")


def _reason(layout: ResultLayout, outcome: Outcome, code: str, said: str) -> Reason:
    if outcome is Outcome.UNKNOWN:
        return Reason.UNKNOWN
    if outcome is Outcome.PAID and not code and not said:
        return Reason.OK
    found = classify(said, code, layout.reasons)
    return Reason.RETURNED if outcome is Outcome.RETURNED and found is Reason.OTHER else found


def _why(element: Element, under: str) -> tuple[str, str]:
    """The reason code and the words, wherever this version of the message puts them."""
    code = _at(element, f"{under}/Rsn/Cd", f"{under}/Rsn/Prtry")
    words = [e.text or "" for e in element.findall(f"{under}/AddtlInf")]
    return code, "".join(words)


def _ref(text: str) -> str:
    """Our reference; an entry that bears none is somebody else's business."""
    if text in ("", "NOTPROVIDED"):
        raise Unreadable(_("没有我方流水号，不是本平台的款项"))
    return text


def _day(text: str) -> dt.date | None:
    """The day here: a moment that is told with another offset may fall on the next one."""
    try:
        if "T" in text:
            return clock.moment_of(text).date()
        return dt.date.fromisoformat(text[:10]) if text else None
    except (ValueError, OverflowError):
        raise Unreadable(_("日期读不懂")) from None


def _at(element: Element, *paths: str) -> str:
    """The first text found at one of the paths, or nothing."""
    return next((text for path in paths if (text := element.findtext(path))), "")
