"""MT940 statements: the entries (:61: and the :86: below it) that bear our reference."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.iso_results import guarded
from app.payments.banks.reading import Found, Outcome, ResultLine
from app.payments.banks.reasons import Reason, classify
from app.payments.banks.table_results import Unreadable, fen_of
from app.payments.banks.tables import legible, raw_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.payments.banks.layout import ResultLayout

TAG = re.compile(r":([0-9]{2}[A-Z]?):(.*)")
ENTRY = re.compile(
    r"(?P<value>[0-9]{6})(?P<booked>[0-9]{4})?(?P<mark>R?[CD])[A-Z]?"
    r"(?P<amount>[0-9]{1,13},[0-9]{0,2})[A-Z][A-Z0-9]{3}"
    r"(?P<ref>.{0,35}?)(?://(?P<bank_ref>.{0,34}))?"
)
IN_TEXT = re.compile(r"(?:EREF\+|/EREF/)\s?([A-Za-z0-9-]{3,35})")
OUR_SHAPE = re.compile(r"\bR[0-9]{1,10}-[0-9]{1,12}-[0-9]{1,4}\b")
OUTCOMES = {"D": Outcome.PAID, "C": Outcome.RETURNED, "RD": Outcome.RETURNED}


def mt940_results(layout: ResultLayout, path: Path) -> Iterator[Found]:
    """The statement's entries. Refused at once when the file is not an MT940 statement."""
    entries = _entries(_fields(path))
    first = next(entries, None)
    if first is None:
        raise Refused(_("不是 MT940 对账单，或者里面没有一笔收付"))
    return _lines(layout, first, entries)


def _lines(
    layout: ResultLayout, first: tuple[str, str], rest: Iterator[tuple[str, str]]
) -> Iterator[Found]:
    for row, entry in enumerate(chain([first], rest), 1):
        yield guarded(row, partial(_line, layout, row, *entry))


def _fields(path: Path) -> Iterator[tuple[str, str]]:
    """Tag and text; lines without a tag belong to the field above."""
    tag, text = "", ""
    for raw in raw_lines(path):
        line = legible(raw)
        if match := TAG.match(line):
            yield tag, text
            tag, text = match[1], match[2]
        elif line.strip() not in ("-", "-}"):
            text = f"{text}\n{line}"[:4000]
    yield tag, text


def _entries(fields: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each :61: with the text of its :86:, if it has one."""
    held = ""
    for tag, text in fields:
        if held and tag == "86":
            yield held, text.replace("\n", "")
            held = ""
        elif held:
            yield held, ""
            held = ""
        held = text if tag == "61" else held
    if held:
        yield held, ""


def _line(layout: ResultLayout, row: int, entry: str, text: str) -> ResultLine:
    head, _newline, more = entry.partition("\n")
    match = ENTRY.fullmatch(head.strip())
    if not match:
        raise Unreadable(_("的 :61: 一行读不懂"))
    outcome = OUTCOMES.get(match["mark"], Outcome.UNKNOWN)
    reason = _reason(layout, outcome, text)
    return ResultLine(
        row=row,
        ref=_ref(match["ref"].strip(), text or more),
        outcome=outcome,
        fen=fen_of(match["amount"].replace(",", ".").removesuffix("."), "yuan"),
        reason=reason,
        reason_text="" if reason is Reason.OK else text[:200],
        bank_ref=(match["bank_ref"] or "").strip(),
        arrived_on=_day(match["value"], match["booked"]),
    )


def _reason(layout: ResultLayout, outcome: Outcome, text: str) -> Reason:
    if outcome is Outcome.PAID:
        return Reason.OK
    found = classify(text, "", layout.reasons)
    return Reason.RETURNED if found in (Reason.OTHER, Reason.OK) else found


def _ref(customer: str, text: str) -> str:
    """Our reference: tagged in the text, the customer reference, or its shape in the text."""
    if tagged := IN_TEXT.search(text):
        return tagged[1]
    if customer and customer != "NONREF":
        return customer
    if ours := OUR_SHAPE.search(text):
        return ours[0]
    raise Unreadable(_("没有我方流水号，不是本平台的款项"))


def _day(value: str, booked: str | None) -> dt.date:
    """The booking day; its year is the value day's, or the next over New Year's Eve."""
    try:
        day = dt.date(2000 + int(value[:2]), int(value[2:4]), int(value[4:6]))
        if not booked:
            return day
        same = day.replace(month=int(booked[:2]), day=int(booked[2:]))
    except ValueError:
        raise Unreadable(_("日期读不懂")) from None
    if (day - same).days > 180:
        return same.replace(year=day.year + 1)
    return same.replace(year=day.year - 1) if (same - day).days > 180 else same
