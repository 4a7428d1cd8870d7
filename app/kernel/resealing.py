"""The whole store brought under today's key: what lies in clear, and what older keys hold."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.kernel import files
from app.kernel.keyring import CryptoError
from app.kernel.sealed_files import Damaged, is_sealed, is_under_old_key, rewrap, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO


class _PutAnew(Exception):
    """Another file stands under the name than the one that was read."""


@dataclass
class Tally:
    """How many files were sealed, whose keys were wrapped anew, what was left alone."""

    sealed: int = 0
    wrapped: int = 0
    same: int = 0
    damaged: list[str] = field(default_factory=list)


def reseal() -> Tally:
    """Every file of the store is sealed under today's key, its age unchanged; one whose key is not
    on the ring, or that does not hold what its name says, is left as it is and named. May run
    beside everything else, and again after it was broken off: a file that is put anew or goes
    meanwhile is left alone."""
    tally = Tally()
    for path in _lying():
        try:
            _bring_up(path, tally)
        except (FileNotFoundError, _PutAnew):
            continue  # it has expired or was put anew meanwhile, and then under today's key
        except CryptoError:
            tally.damaged.append(str(path.relative_to(files.store())))
    return tally


def _lying() -> Iterator[Path]:
    for name in ("in", "made", "runs", "papers"):
        for path in sorted(files.part(name).rglob("*")):
            if path.is_file() and not path.name.startswith(files.PART):
                yield path


def _bring_up(path: Path, tally: Tally) -> None:
    with path.open("rb") as lies:
        if not is_sealed(lies):
            with _in_place_of(path, lies) as out:
                told = seal(lies, out).sha256
                if path.parent.parent.name == "in" and told != path.name:
                    raise Damaged("a file does not hold what its name says")
            tally.sealed += 1
        elif is_under_old_key(lies):
            with _in_place_of(path, lies) as out:
                rewrap(lies, out)
            tally.wrapped += 1
        else:
            tally.same += 1


@contextmanager
def _in_place_of(path: Path, lies: IO[bytes]) -> Iterator[IO[bytes]]:
    """What is written inside stands there in the end, as old as what `lies` there open now; unless
    something else stands there by then."""
    was = os.fstat(lies.fileno())
    with files.piece(path.parent) as (out, draft):
        yield out
        files.settle(out)
        os.utime(draft, ns=(was.st_atime_ns, was.st_mtime_ns))
        if _mark(path.stat()) != _mark(was):
            raise _PutAnew
        draft.replace(path)


def _mark(of: os.stat_result) -> tuple[int, int, int]:
    return of.st_ino, of.st_mtime_ns, of.st_size
