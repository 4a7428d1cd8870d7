"""Filling files up to the bank's limits, and seeing to it that no file is too small.

The last lines of a file are held back until the next file has its minimum: if the run ends
before that, they move over. So the last two files share, nothing is written twice, and a file
that can never reach the minimum is set aside line by line, with a sentence.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from app.kernel.i18n import _
from app.payments.banks.lot import Lot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.payments.banks.lines import Totals
    from app.payments.banks.profile import Profile
    from app.payments.banks.screen import Screen


class Body(Protocol):
    """A file on its way: rows in, then either the finished file or nothing."""

    def write(self, lines: Lot, first_row: int) -> None:
        """The lines follow as detail rows; the first of them is row first_row (from 1)."""

    def finish(self, path: Path, totals: Totals) -> str:
        """The whole file stands at that path; answers its SHA-256."""

    def discard(self) -> None:
        """Scratch space is given back."""


class Share:
    """One file being filled; `held` are lines counted in, but not yet written."""

    def __init__(self, file_no: int, keep: int, open_body: Callable[[int], Body]) -> None:
        self.file_no, self.keep = file_no, keep
        self.body = open_body(file_no)
        self.rows = self.fen = self.written = self.first_seq = self.last_seq = 0
        self.held = Lot.of([])

    def add(self, lines: Lot) -> None:
        """The lines belong to this file; all but the last few are written."""
        self.held = self.held + lines if self.held else lines
        self.rows += len(lines)
        self.fen += lines.fen
        if len(self.held) > self.keep:
            self._write(len(self.held) - self.keep)

    def give(self, count: int) -> Lot:
        """The last lines leave this file again."""
        self.held, given = self.held.part(0, -count), self.held.part(-count)
        self.rows -= count
        self.fen -= given.fen
        return given

    def take_first(self, lines: Lot) -> None:
        """Lines come before the first one; only while nothing is written yet."""
        self.held = lines + self.held
        self.rows += len(lines)
        self.fen += lines.fen

    def flush(self) -> None:
        self._write(len(self.held))

    def _write(self, count: int) -> None:
        lines, self.held = self.held.part(0, count), self.held.part(count)
        if lines:
            seqs = lines.column("seq")
            self.first_seq = self.first_seq if self.written else seqs[0]
            self.last_seq = seqs[-1]
            self.body.write(lines, self.written + 1)
            self.written += count


class Stream:
    """All files of one kind of account, in order; `done` is called with each complete one."""

    def __init__(
        self,
        profile: Profile,
        screen: Screen,
        open_body: Callable[[int], Body],
        done: Callable[[Share], None],
    ) -> None:
        self.most_rows = profile.max_rows_per_file or 10**12
        self.most_fen = profile.max_fen_per_file
        self.least = profile.min_rows_per_file
        self.screen, self.open_body, self.done = screen, open_body, done
        self.current: Share | None = None
        self.previous: Share | None = None
        self.opened = 0

    def take(self, lines: Lot) -> None:
        """The lines are in files, as many to a file as the limits allow."""
        while lines:
            share = self.current or self._open()
            count = self._room(share, lines)
            if not count:
                self._turn(share)
                continue
            share.add(lines.part(0, count))
            lines = lines.part(count)
            if self.previous and share.rows >= self.least:
                self._complete(self.previous)
                self.previous = None

    def close(self) -> None:
        """Every file is complete or its lines are set aside."""
        if self.current:
            self._turn(self.current)
        if self.previous:
            self._complete(self.previous)
            self.previous = None

    def abandon(self) -> None:
        for share in (self.previous, self.current):
            if share:
                share.body.discard()

    def _open(self) -> Share:
        self.opened += 1
        self.current = Share(self.opened, self.least - 1, self.open_body)
        return self.current

    def _room(self, share: Share, lines: Lot) -> int:
        """How many of the lines this file can still take."""
        count = min(len(lines), self.most_rows - share.rows)
        if self.most_fen is None:
            return count
        sums = list(accumulate(lines.column("fen")[:count]))
        return bisect_right(sums, self.most_fen - share.fen)

    def _turn(self, share: Share) -> None:
        """The file is full (or the last): it waits as the previous one, or it is too small."""
        self.current = None
        if share.rows < self.least and not self._topped_up(share):
            self._give_up(share)
            return
        if self.previous:
            self._complete(self.previous)
        self.previous = share

    def _topped_up(self, share: Share) -> bool:
        """Whether the previous file could spare the lines that this one lacks."""
        lacking = self.least - share.rows
        if not self.previous or self.previous.rows - lacking < self.least:
            return False
        moving = self.previous.held.part(-lacking).fen
        if self.most_fen is not None and share.fen + moving > self.most_fen:
            return False
        share.take_first(self.previous.give(lacking))
        return True

    def _give_up(self, share: Share) -> None:
        """A file below the minimum is not made; its number is free again."""
        why = _("凑不够银行单个文件最少 %(least)d 笔，请走手工清单", least=self.least)
        self.screen.set_aside(share.held, why)
        share.body.discard()
        self.opened -= 1

    def _complete(self, share: Share) -> None:
        share.flush()
        self.done(share)
