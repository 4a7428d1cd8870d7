"""Writing a run's files: all of them or none, the same bytes each time, nothing left out unsaid."""

from __future__ import annotations

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.lines import FileInfo, Package, PayLine, RunContext, Totals
from app.payments.banks.lot import Lot, lots
from app.payments.banks.old_sheet_body import OldSheetBody
from app.payments.banks.render import fits, whole_file
from app.payments.banks.screen import Screen
from app.payments.banks.shaping import as_text
from app.payments.banks.sheet_body import SheetBody
from app.payments.banks.split import Share, Stream
from app.payments.banks.text_body import TextBody

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.payments.banks.profile import Profile
    from app.payments.banks.split import Body

BODIES: dict[str, type[SheetBody | OldSheetBody | TextBody]] = {
    "xlsx": SheetBody,
    "xls": OldSheetBody,
}


def write_package(
    profile: Profile, lines: Iterable[PayLine], out_dir: Path, context: RunContext
) -> Package:
    """The same as `write_lots`, of lines one by one: they are read once and never held, so a
    cursor will do."""
    return write_lots(profile, lots(lines), out_dir, context)


def write_lots(
    profile: Profile, lines: Iterable[Lot], out_dir: Path, context: RunContext
) -> Package:
    """Every line stands in one of the files or in `unable`; the files appear only complete.

    Each lot is read once and never held. A file of the same name with other
    content is refused: a second export of a run gives the same bytes or nothing.
    """
    check_run(profile, context)
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out_dir) as scratch:
        writer = Writer(profile, context, Path(scratch))
        try:
            for lot in lines:
                writer.take(lot)
            writer.close()
        finally:
            writer.abandon()
        publish(writer.files, Path(scratch), out_dir)
    files = sorted(writer.files, key=lambda f: (f.split, f.file_no))
    return Package(tuple(files), tuple(writer.screen.unable), writer.screen.unable_fen)


class Writer:
    """The export on its way; finished files lie in the scratch folder."""

    def __init__(self, profile: Profile, context: RunContext, scratch: Path) -> None:
        self.profile, self.context, self.scratch = profile, context, scratch
        self.screen = Screen(profile)
        self.files: list[FileInfo] = []
        by_bank = profile.split == "by_bank"
        labels = [profile.split_label(same) for same in (True, False)] if by_bank else [""]
        self.streams = [self._stream(label) for label in labels]

    def take(self, lines: Lot) -> None:
        good = self.screen.clear(lines)
        if len(self.streams) == 1:
            self.streams[0].take(good)
            return
        for stream, same in zip(self.streams, (True, False), strict=True):
            stream.take(good.only(is_same is same for is_same in good.column("same_bank")))

    def close(self) -> None:
        for stream in self.streams:
            stream.close()

    def abandon(self) -> None:
        for stream in self.streams:
            stream.abandon()

    def _stream(self, split: str) -> Stream:
        open_body, done = partial(self._body, split), partial(self._done, split)
        return Stream(self.profile, self.screen, open_body, done)

    def _body(self, split: str, file_no: int) -> Body:
        kind = BODIES.get(self.profile.container, TextBody)
        return kind(self.profile, self.context, file_no, split, self.scratch)

    def _done(self, split: str, share: Share) -> None:
        name = self.profile.file_name_for(self.context, share.file_no, split)
        totals = Totals(share.rows, share.fen, share.file_no, split)
        digest = share.body.finish(self.scratch / name, totals)
        seqs = (share.first_seq, share.last_seq)
        self.files.append(
            FileInfo(name, share.rows, share.fen, digest, *seqs, share.file_no, split)
        )


def check_run(profile: Profile, context: RunContext) -> None:
    """What the run itself says fits the bank's fields; a run is refused before its first line."""
    for column in profile.columns:
        if column.source not in PayLine._fields and column.source != "row":
            value = whole_file(column.source, column.constant, context, Totals(1, 1, 1, ""))
            fits(profile, column, as_text(column)(value))


def publish(files: list[FileInfo], scratch: Path, out_dir: Path) -> None:
    """All files stand in the folder, or none of those that were not there before."""
    for file in files:
        target = out_dir / file.name
        if target.exists() and sha256_of(target) != file.sha256:
            raise Refused(_("文件 %(name)s 已存在且内容不同，没有覆盖", name=file.name))
    placed: list[Path] = []
    try:
        for file in files:
            target = out_dir / file.name
            if not target.exists():
                (scratch / file.name).rename(target)
                placed.append(target)
    except OSError:
        for target in placed:
            target.unlink()
        raise


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
