"""A SIMULATED bank: writes the result file that a bank would send back. For tests, the trial
world and the rehearsal only; nothing in the running platform calls it.
"""

from __future__ import annotations

import csv
import datetime as dt
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import xlsxwriter
import xlwt  # type: ignore[import-untyped]

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.layout import COUNTS, DAY, FIELDS
from app.payments.banks.reading import Outcome
from app.payments.banks.shaping import YUAN
from app.payments.banks.simulator_messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from app.payments.banks.layout import ControlLayout, ResultLayout
    from app.payments.banks.lines import PayLine
    from app.payments.banks.profile import Profile

BANK_DAY = dt.date(2026, 9, 3)


class Answer(NamedTuple):
    """What the simulated bank says of one line."""

    line: PayLine
    outcome: Outcome = Outcome.PAID
    reason_text: str = ""
    reason_code: str = ""
    bank_ref: str = ""
    arrived_on: dt.date | None = BANK_DAY


def make_result_file(profile: Profile, answers: Iterable[Answer], path: Path) -> None:
    """A file at that path as the profile's bank would write it; its totals cover all answers.

    A FAILED_ONLY bank names the failed lines only.
    """
    layout = profile.results
    if layout is None:
        raise Refused(_("银行模板“%(title)s”没有说明回盘文件的样子", title=profile.title))
    every = list(answers)
    listed = every
    if layout.lists == "FAILED_ONLY":
        listed = [a for a in every if a.outcome is not Outcome.PAID]
    if layout.is_table:
        rows = _framed(layout, [_cells(layout, a) for a in listed], every)
        WRITERS[layout.container](layout, rows, path)
    else:
        text = MESSAGES[layout.container](listed)
        path.write_bytes(text.encode("utf-8" if text.startswith("<?xml") else layout.encoding))


def _cells(layout: ResultLayout, answer: Answer) -> list[str]:
    """One row, each field at its position or in the order of the layout's titles."""
    words = _words(layout, answer)
    row = [""] * _width(layout)
    for name, place in _positions(layout).items():
        row[place] = words[name]
    return row


def _words(layout: ResultLayout, answer: Answer) -> dict[str, str]:
    line, day = answer.line, answer.arrived_on if answer.outcome is Outcome.PAID else None
    return {
        "ref": line.ref,
        "seq": str(line.seq),
        "card": line.card_no,
        "name": line.holder_name,
        "amount": YUAN[line.fen] if layout.amount_format == "yuan" else str(line.fen),
        "status": _status(layout, answer.outcome),
        "reason": answer.reason_text,
        "reason_code": answer.reason_code,
        "bank_ref": answer.bank_ref,
        "arrived_on": f"{day:{layout.date_format}}" if day else "",
    }


def _status(layout: ResultLayout, outcome: Outcome) -> str:
    """The bank's first word for that outcome."""
    if "status" not in layout.fields:
        return ""
    found = next((word for word, means in layout.statuses.items() if means == outcome), None)
    if found is None:
        raise Refused(_("这家银行的回盘里没有“%(outcome)s”这种结果", outcome=str(outcome)))
    return found


def _positions(layout: ResultLayout) -> dict[str, int]:
    """Where each field stands; titled fields follow one another in a fixed order."""
    named = [n for n in FIELDS if n in layout.fields]
    return {
        name: place - 1 if isinstance(place := layout.fields[name], int) else order
        for order, name in enumerate(named)
    }


def _width(layout: ResultLayout) -> int:
    return max((len(layout.widths), *(p + 1 for p in _positions(layout).values())))


def _framed(
    layout: ResultLayout, rows: list[list[str]], every: Sequence[Answer]
) -> list[list[str]]:
    """The rows under their titles or head record, with the bank's totals in their place."""
    above = [[""] * _width(layout) for _n in range(layout.header_row - 1)]
    if layout.header_row:
        above.append(_titles(layout))
    above += [["H"] for _n in range(layout.skip_rows - len(above))]
    control = layout.control
    if control is None:
        return [*above, *rows]
    totals = _totals(control, every)
    if control.where == "first":
        return [*above, totals, *rows]
    return [*above, *rows, totals]


def _titles(layout: ResultLayout) -> list[str]:
    titles = [""] * _width(layout)
    for name, place in _positions(layout).items():
        given = layout.fields[name]
        titles[place] = name if isinstance(given, int) else given[0]
    return titles


def _totals(control: ControlLayout, every: Sequence[Answer]) -> list[str]:
    row = [""] * max(control.marker_at, len(control.widths), *control.fields.values())
    if control.marker:
        row[control.marker_at - 1] = control.marker
    for name, place in control.fields.items():
        row[place - 1] = _total(name, control, every)
    return row


def _total(name: str, control: ControlLayout, every: Sequence[Answer]) -> str:
    paid = {"paid": (True,), "failed": (False,)}.get(name.partition("_")[0], (True, False))
    lines = [a.line for a in every if (a.outcome is Outcome.PAID) in paid]
    if name in COUNTS:
        return str(len(lines))
    if name == DAY:
        return ""
    fen = sum(line.fen for line in lines)
    return YUAN[fen] if control.amount_format == "yuan" else str(fen)


def _write_text(layout: ResultLayout, rows: Iterable[Sequence[str]], path: Path) -> None:
    text = "".join(layout.separator.join(row) + "\r\n" for row in rows)
    path.write_bytes(text.encode(layout.encoding))


def _write_fixed(layout: ResultLayout, rows: Iterable[Sequence[str]], path: Path) -> None:
    totals = layout.control.widths if layout.control else ()
    with path.open("wb") as file:
        for row in rows:
            widths = layout.widths if len(row) == len(layout.widths) else totals
            cells = [c.encode(layout.encoding) for c in row]
            file.write(b"".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + b"\n")


def _write_csv(layout: ResultLayout, rows: Iterable[Sequence[str]], path: Path) -> None:
    out = StringIO()
    csv.writer(out, delimiter=layout.separator or ",").writerows(rows)
    path.write_bytes(out.getvalue().encode(layout.encoding))


def _write_sheet(layout: ResultLayout, rows: Iterable[Sequence[str]], path: Path) -> None:
    """Amounts as numbers, as banks do; everything else as text."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    _put(layout, rows, sheet.write_string, sheet.write_number)
    book.close()


def _write_old_sheet(layout: ResultLayout, rows: Iterable[Sequence[str]], path: Path) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    _put(layout, rows, sheet.write, sheet.write)
    book.save(str(path))


def _put(
    layout: ResultLayout,
    rows: Iterable[Sequence[str]],
    text: Callable[..., object],
    number: Callable[..., object],
) -> None:
    money = _positions(layout).get("amount")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if x == money and cell.replace(".", "").isdecimal():
                number(y, x, float(cell))
            elif cell:
                text(y, x, cell)


WRITERS: dict[str, Callable[[ResultLayout, Iterable[Sequence[str]], Path], None]] = {
    "txt": _write_text,
    "fixed": _write_fixed,
    "csv": _write_csv,
    "xlsx": _write_sheet,
    "xls": _write_old_sheet,
}
