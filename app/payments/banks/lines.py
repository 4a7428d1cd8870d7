"""What goes into a bank package, and what comes out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class PayLine(NamedTuple):
    """One payment to one person; `ref` names this attempt and no other, `fen` is integer fen.

    A named tuple, because 50,000 of them are turned into columns by one `zip`.
    """

    ref: str
    seq: int
    holder_name: str
    card_no: str
    bank_name: str
    cnaps: str | None
    id_no: str | None
    fen: int
    purpose: str
    same_bank: bool
    remark: str = ""

    def __repr__(self) -> str:
        """Without name, card or ID number: a traceback is not a place for them."""
        return f"PayLine({self.ref}, seq={self.seq}, fen={self.fen})"


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all lines of a run share. The same context again gives the same bytes again."""

    run_no: str
    date: dt.date
    payer_account: str = ""
    payer_name: str = ""
    payer_bank: str = ""
    payer_cnaps: str = ""
    agreement_no: str = ""
    run_purpose: str = ""
    month: str = ""
    made_at: dt.datetime | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def value(self, source: str) -> str | dt.date:
        """What a column of that source shows; an extra that nobody gave is empty."""
        if source.startswith("extra."):
            return self.extra.get(source.removeprefix("extra."), "")
        if source == "made_at":
            return self.made_at or dt.datetime.combine(self.date, dt.time())
        value: str | dt.date = getattr(self, source)
        return value


@dataclass(frozen=True, slots=True)
class Totals:
    """What head and trailer records may say of their file."""

    count: int
    fen: int
    file_no: int
    split: str


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One finished bank file; `first_seq`..`last_seq` are the lines' own numbers."""

    name: str
    rows: int
    fen: int
    sha256: str
    first_seq: int
    last_seq: int
    file_no: int
    split: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """All files of one export; `unable` are the lines that stand in none of them, and why."""

    files: tuple[FileInfo, ...]
    unable: tuple[tuple[str, str], ...]
    unable_fen: int

    @property
    def rows(self) -> int:
        return sum(f.rows for f in self.files)

    @property
    def fen(self) -> int:
        return sum(f.fen for f in self.files)
