"""Files that came in, kept as evidence under the hash of their content, outside the web root.

What lies in the store is sealed (`sealed_files`). For as long as somebody reads it, it exists in
clear on a path to which no name leads: whatever ends the process, nothing is left behind. Names in
clear are only in the folder `open`: bank files while they are written, and on a system without
nameless files what is being read. What a killed process leaves there, `expire` clears away.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flask import current_app

from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.keyring import CryptoError
from app.kernel.sealed_files import PIECE, Damaged, copy, is_sealed, seal, unseal
from app.kernel.sheets.spooled import spooled

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)
HOUR = 3_600
DAY = 24 * HOUR
PART = ".part-"
NAMELESS = Path("/proc/self/fd")
"""Where a system with it lets a file be opened that has no name."""


class Altered(Refused):
    """What lies there is damaged, or is not what was put there; keys are not to blame."""


@dataclass(frozen=True)
class Kept:
    """A file as it lies in the store: where, and of what is in it SHA-256 in hex and size."""

    path: Path
    sha256: str
    size: int


def store() -> Path:
    """The folder all files lie in; nobody but the platform's own account may look into it."""
    folder = Path(current_app.config["UPLOADS"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def part(name: str) -> Path:
    """A folder of the store."""
    folder = store() / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def keep(stream: IO[bytes]) -> Kept:
    """The stream's bytes lie in the store, sealed; the same bytes twice lie there once."""
    with piece(part("in")) as (out, draft):
        seen = seal(stream, out)
        path = kept_path(seen.sha256)
        path.parent.mkdir(exist_ok=True)
        settle(out)
        draft.replace(path)
    return Kept(path, *seen)


@contextmanager
def received(stream: IO[bytes]) -> Iterator[Path]:
    """The stream's bytes are kept, and inside lie in clear on this path."""
    keep(stream)
    with lying(stream) as path:
        yield path


@contextmanager
def lying(stream: IO[bytes]) -> Iterator[Path]:
    """Inside, all bytes of the stream lie in clear on this path, for those who read no stream."""
    stream.seek(0)
    with _nameless() as (out, path):
        shutil.copyfileobj(stream, out, PIECE)
        out.flush()
        yield path


@contextmanager
def kept(sha256: str) -> Iterator[Path]:
    """Inside, the kept file lies in clear on this path; Refused when it is kept no longer."""
    sealed = kept_path(sha256)
    if not sealed.exists():
        raise Refused(_("原文件已过保存期，请重新上传"))
    with _nameless() as (out, path):
        _open(sealed, out, sha256)
        out.flush()
        yield path


def opened(path: Path, sha256: str = "") -> IO[bytes]:
    """What lies there, in clear and from its start; Refused unless all of it is as it was put
    there, Altered if that is what is wrong. Whoever asks closes it. A file of
    before the sealing passes as it is."""
    return spooled(lambda out: _open(path, out, sha256))


def _open(path: Path, out: IO[bytes], sha256: str) -> None:
    try:
        with path.open("rb") as lies:
            seen = unseal(lies, out) if is_sealed(lies) else copy(lies, out)
            if sha256 and seen.sha256 != sha256:
                raise Damaged("a file does not hold what its name says")
    except CryptoError as error:
        log.warning("%s: %s", path, error)
        refused = Altered if isinstance(error, Damaged) else Refused
        raise refused(
            _("保存的文件不能读取：它已损坏，或者封存它的密钥不在。请系统管理员从备份恢复")
        ) from None


@contextmanager
def _nameless() -> Iterator[tuple[IO[bytes], Path]]:
    """A file and a path to it that ends with this block, or with this process."""
    if NAMELESS.exists():
        with tempfile.TemporaryFile(dir=store()) as out:
            yield out, Path(f"/proc/{os.getpid()}/fd/{out.fileno()}")
    else:
        with tempfile.NamedTemporaryFile(dir=part("open")) as out:
            yield out, Path(out.name)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for files in clear on their way into the store, gone with all that is in it; if
    the process is killed meanwhile, when files expire next."""
    with tempfile.TemporaryDirectory(dir=part("open")) as folder:
        yield Path(folder)


@contextmanager
def piece(folder: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file on its way, gone in the end unless it was given the name it is known by."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=PART)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def made() -> Path:
    """The folder of files that were made in the background, to be fetched within the day."""
    return part("made")


def put(stream: IO[bytes], path: Path) -> None:
    """The stream's bytes lie there, sealed, all of them or none."""
    with piece(path.parent) as (out, draft):
        seal(stream, out)
        settle(out)
        draft.replace(path)


def settle(out: IO[bytes]) -> None:
    """All that was written lies on the disk: after a power cut no empty file has a good name."""
    out.flush()
    os.fsync(out.fileno())


def put_all(folder: Path, into: Path) -> None:
    """Every file of the folder lies there under its name, sealed."""
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            put(stream, into / path.name)


def expire() -> int:
    """Files that came in longer ago than the settings' KEEP_FILES_DAYS are gone, after a day what
    was made of them and the pieces of files whose arrival was cut off, after an hour what a killed
    process left in clear; how many."""
    now, folder = clock.now().timestamp(), store() / "in"
    oldest = now - current_app.config["KEEP_FILES_DAYS"] * DAY
    old = [p for p in folder.glob("*/*") if p.stat().st_mtime < oldest]
    passing = [*folder.glob(f"{PART}*"), *made().iterdir()]
    old += [p for p in passing if p.stat().st_mtime < now - DAY]
    old += [p for p in part("open").iterdir() if p.stat().st_mtime < now - HOUR]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def kept_path(sha256: str) -> Path:
    """Where the file with this hash lies, sealed, if it was kept."""
    return store() / "in" / sha256[:2] / sha256
