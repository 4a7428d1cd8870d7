"""The body of a text or XML file: rows wait in memory, many of them in a scratch file, until the
head that tells their sums can be written."""

from __future__ import annotations

import codecs
import hashlib
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from app.payments.banks.render import Detail, quoted, record_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.payments.banks.lines import RunContext, Totals
    from app.payments.banks.lot import Lot
    from app.payments.banks.profile import Profile, Record

BLOCK = 1 << 20
AT_HAND = 1 << 18
"""Bytes of rows that wait in memory: a file of a thousand rows does."""


class TextBody:
    """One txt, csv or xml file on its way; memory does not grow with its rows."""

    def __init__(
        self, profile: Profile, context: RunContext, file_no: int, split: str, scratch: Path
    ) -> None:
        self.profile, self.context = profile, context
        self.detail = Detail(profile, context, file_no, split)
        self.rows: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(AT_HAND, dir=str(scratch))  # noqa: SIM115  closed by finish or discard

    def write(self, lines: Lot, first_row: int) -> None:
        self.rows.write(self.detail.text(lines, first_row).encode(self.profile.codec))

    def finish(self, path: Path, totals: Totals) -> str:
        """The whole file stands at that path; answers its SHA-256."""
        digest = hashlib.sha256()
        with path.open("wb") as out:
            for piece in chain([self._before(totals)], self._blocks(), [self._after(totals)]):
                out.write(piece)
                digest.update(piece)
        self.discard()
        return digest.hexdigest()

    def discard(self) -> None:
        self.rows.close()

    def _blocks(self) -> Iterator[bytes]:
        self.rows.seek(0)
        return iter(lambda: self.rows.read(BLOCK), b"")

    def _before(self, totals: Totals) -> bytes:
        mark = codecs.BOM_UTF8 if self.profile.encoding == "utf-8-sig" else b""
        head = self._records(self.profile.head, totals)
        return mark + (head + self._titles()).encode(self.profile.codec)

    def _after(self, totals: Totals) -> bytes:
        return self._records(self.profile.trailer, totals).encode(self.profile.codec)

    def _records(self, records: tuple[Record, ...], totals: Totals) -> str:
        return "".join(record_text(self.profile, r, self.context, totals) for r in records)

    def _titles(self) -> str:
        if not self.profile.header:
            return ""
        titles = [column.title for column in self.profile.columns]
        if self.profile.container == "csv":
            return quoted(self.profile, [titles])
        return self.profile.separator.join(titles) + self.profile.line_end
