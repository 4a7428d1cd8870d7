"""Files sealed at rest: piece by piece, each file under a key of its own.

`magic | length of the wrapped key (1 byte) | wrapped key | pieces`. A piece is a megabyte of the
file and its tag; its nonce is its number and whether it is the last one, so that none can be left
out, moved, or cut off the end. The file's key is random and lies before the pieces as any single
value does (`crypto.seal`): rotation wraps it anew and leaves the pieces alone.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import IO, TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag

from app.kernel import crypto
from app.kernel.keyring import CIPHERS, TAG, CryptoError, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\x89AID\r\n\x1a\n"
"""Begins with no letter of any text, and says what was done to it on the way."""
PIECE = 1 << 20
PURPOSE = "file key"


class Damaged(CryptoError):
    """A file was cut off or altered."""


class Seen(NamedTuple):
    """What went by, in clear: its SHA-256 in hex, its size in bytes."""

    sha256: str
    size: int


def seal(source: IO[bytes], target: IO[bytes]) -> Seen:
    """The target holds what the source holds, sealed under a key that is wrapped in today's."""
    ring = crypto.ring()
    key = Key.fresh(ring.keys[ring.current].cipher)
    target.write(_head(key))
    cipher, digest, size = CIPHERS[key.cipher].make(key.secret), hashlib.sha256(), 0
    for nonce, piece in _numbered(source, PIECE):
        digest.update(piece)
        size += len(piece)
        target.write(cipher.encrypt(nonce, piece, MAGIC))
    return Seen(digest.hexdigest(), size)


def unseal(source: IO[bytes], target: IO[bytes]) -> Seen:
    """The target holds what was sealed; Damaged, and no use to anybody, if any of it is wrong;
    KeyGone if the ring cannot open it."""
    key = _key(source)
    cipher, digest, size = CIPHERS[key.cipher].make(key.secret), hashlib.sha256(), 0
    for nonce, piece in _numbered(source, PIECE + TAG):
        try:
            plain = cipher.decrypt(nonce, piece, MAGIC)
        except (InvalidTag, ValueError):
            raise Damaged("a piece of a sealed file does not open") from None
        digest.update(plain)
        size += len(plain)
        target.write(plain)
    return Seen(digest.hexdigest(), size)


def copy(source: IO[bytes], target: IO[bytes]) -> Seen:
    """The same for a file that was never sealed."""
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(source, PIECE):
        digest.update(piece)
        size += len(piece)
        target.write(piece)
    return Seen(digest.hexdigest(), size)


def is_sealed(source: IO[bytes]) -> bool:
    """The file begins as sealed ones do, were it cut off at once; it is read from its start
    again."""
    begins = source.read(len(MAGIC))
    source.seek(0)
    return MAGIC.startswith(begins)


def is_under_old_key(source: IO[bytes]) -> bool:
    """The sealed file's key is wrapped in another key than today's; read from its start again."""
    wrapped = _wrapped(source)
    source.seek(0)
    return crypto.needs_resealing(wrapped)


def rewrap(source: IO[bytes], target: IO[bytes]) -> None:
    """The same sealed file, its key wrapped in today's; nobody has looked into it."""
    target.write(_head(_key(source)))
    shutil.copyfileobj(source, target, PIECE)


def _head(key: Key) -> bytes:
    wrapped = crypto.seal(str(key), PURPOSE)
    return MAGIC + bytes([len(wrapped)]) + wrapped


def _key(source: IO[bytes]) -> Key:
    try:
        return Key.parse(crypto.open_(_wrapped(source), PURPOSE))
    except crypto.KeyGone:
        raise
    except crypto.Tampered as error:
        raise Damaged(f"the key of a sealed file: {error}") from None


def _wrapped(source: IO[bytes]) -> bytes:
    if source.read(len(MAGIC)) != MAGIC or not (length := source.read(1)):
        raise Damaged("not a sealed file")
    return source.read(length[0])


def _numbered(source: IO[bytes], size: int) -> Iterator[tuple[bytes, bytes]]:
    """Every piece with its nonce; of an empty source one empty piece, which is the last."""
    pieces = _pieces(source, size)
    n, piece = 0, next(pieces, b"")
    for later in pieces:
        yield _nonce(n, last=False), piece
        n, piece = n + 1, later
    yield _nonce(n, last=True), piece


def _nonce(n: int, *, last: bool) -> bytes:
    return n.to_bytes(crypto.NONCE - 1, "big") + bytes([last])


def _pieces(source: IO[bytes], size: int) -> Iterator[bytes]:
    """The source cut up; every piece but the last has this size, however little a read gives."""
    while piece := source.read(size):
        while len(piece) < size and (more := source.read(size - len(piece))):
            piece += more
        yield piece
