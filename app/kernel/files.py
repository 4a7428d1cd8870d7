"""Files that came in, kept as evidence under the hash of their content, outside the web root."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flask import current_app

from app.kernel import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
DAY = 86_400
PART = ".part-"


@dataclass(frozen=True)
class Kept:
    """A file as it lies in the store: where, its SHA-256 in hex, its size in bytes."""

    path: Path
    sha256: str
    size: int


def store() -> Path:
    """The folder all files lie in; nobody but the platform's own account may look into it."""
    folder = Path(current_app.config["UPLOADS"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(stream: IO[bytes]) -> Kept:
    """The stream's bytes lie in the store; the same bytes twice lie there once."""
    folder = store() / "in"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with _piece(folder) as (out, piece):
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
        out.flush()
        path = kept_path(digest.hexdigest())
        path.parent.mkdir(exist_ok=True)
        piece.replace(path)
    return Kept(path, digest.hexdigest(), size)


@contextmanager
def _piece(folder: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file on its way, gone in the end unless it was given the name it is known by."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=PART)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def made() -> Path:
    """The folder of files that were made in the background, to be fetched within the day."""
    folder = store() / "made"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def put(stream: IO[bytes], path: Path) -> None:
    """The stream's bytes lie there, all of them or none."""
    with _piece(path.parent) as (out, piece):
        shutil.copyfileobj(stream, out, CHUNK)
        out.flush()
        piece.replace(path)


def expire() -> int:
    """Files that came in longer ago than the settings' KEEP_FILES_DAYS are gone, and after a day
    what was made of them and the pieces of files whose arrival was cut off; how many."""
    now, folder = clock.now().timestamp(), store() / "in"
    oldest = now - current_app.config["KEEP_FILES_DAYS"] * DAY
    old = [p for p in folder.glob("*/*") if p.stat().st_mtime < oldest]
    passing = [*folder.glob(f"{PART}*"), *made().iterdir()]
    old += [p for p in passing if p.stat().st_mtime < now - DAY]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def kept_path(sha256: str) -> Path:
    """Where the file with this hash lies, if it was kept."""
    return store() / "in" / sha256[:2] / sha256
