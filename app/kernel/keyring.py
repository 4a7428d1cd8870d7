"""The keys a process holds, where they come from, and the ciphers they are for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAG = 16


class CryptoError(RuntimeError):
    """Encryption cannot be done as asked; for operators, never for the pages."""


class Aead(Protocol):
    """An authenticating cipher with its key in it."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4-GCM in the shape of AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        run = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        run.authenticate_additional_data(associated_data or b"")
        return run.update(data) + run.finalize() + run.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < TAG:
            raise InvalidTag
        run = Cipher(self._cipher, modes.GCM(nonce, data[-TAG:])).decryptor()
        run.authenticate_additional_data(associated_data or b"")
        return run.update(data[:-TAG]) + run.finalize()


class CipherKind(NamedTuple):
    """A cipher: the number that stands in front of its ciphertexts, its key size in bytes."""

    number: int
    key_bytes: int
    make: Callable[[bytes], Aead]


CIPHERS: dict[str, CipherKind] = {
    "aes-gcm": CipherKind(1, 32, AESGCM),
    "sm4-gcm": CipherKind(2, 16, Sm4Gcm),
}


@dataclass(frozen=True)
class Key:
    cipher: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        kind = CIPHERS.get(self.cipher)
        if kind is None:
            raise CryptoError(f"unknown cipher {self.cipher!r}; known: {', '.join(CIPHERS)}")
        if len(self.secret) != kind.key_bytes:
            raise CryptoError(f"a {self.cipher} key has {kind.key_bytes} bytes")

    @classmethod
    def parse(cls, text: str) -> Key:
        """From 'aes-gcm:BASE64'."""
        cipher, _colon, secret = text.strip().partition(":")
        return cls(cipher, _unbase64(secret))

    @classmethod
    def fresh(cls, cipher: str = "aes-gcm") -> Key:
        kind = CIPHERS.get(cipher)
        return cls(cipher, secrets.token_bytes(kind.key_bytes if kind else 0))

    def __str__(self) -> str:
        return f"{self.cipher}:{_base64(self.secret)}"


@dataclass(frozen=True)
class Keyring:
    """All keys that can open values, the one that seals, and the key of the blind indexes.

    A new key is first made known everywhere and only then made current; the index key is never
    changed without building every index anew.
    """

    keys: Mapping[int, Key]
    current: int
    index: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise CryptoError("the current key is not on the ring")
        if not all(0 < key_id < 256 for key_id in self.keys):
            raise CryptoError("key ids run from 1 to 255")
        if len(self.index) < 32:
            raise CryptoError("the index key has at least 32 bytes")

    @classmethod
    def fresh(cls, cipher: str = "aes-gcm") -> Keyring:
        return cls({1: Key.fresh(cipher)}, 1, secrets.token_bytes(32))

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Keyring:
        """AID_KEYS='1=aes-gcm:BASE64;2=…', AID_KEY_CURRENT (default: the highest id),
        AID_INDEX_KEY=BASE64."""
        if not env.get("AID_KEYS") or not env.get("AID_INDEX_KEY"):
            raise CryptoError("AID_KEYS and AID_INDEX_KEY must both be set")
        pairs = [part.partition("=") for part in env["AID_KEYS"].split(";") if part.strip()]
        keys = {_key_id(name): Key.parse(text) for name, _eq, text in pairs}
        current = _key_id(env.get("AID_KEY_CURRENT") or str(max(keys, default=0)))
        return cls(keys, current, _unbase64(env["AID_INDEX_KEY"]))

    @classmethod
    def from_file(cls, path: str | Path, create: bool = False) -> Keyring:
        """The ring kept in a file that only its owner may read; made once if `create`."""
        path = Path(path)
        if create and not path.exists():
            _write_once(path, cls.fresh().dumps())
        if not path.exists():
            raise CryptoError(f"no key file at {path}")
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise CryptoError(f"others can read the key file {path}: chmod 600 it")
        return cls.loads(path.read_text())

    @classmethod
    def loads(cls, text: str) -> Keyring:
        try:
            kept = json.loads(text)
            keys = {_key_id(name): Key.parse(key) for name, key in kept["keys"].items()}
            return cls(keys, int(kept["current"]), _unbase64(kept["index"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CryptoError("the key file is not in the form this platform writes") from None

    def dumps(self) -> str:
        keys = {str(key_id): str(key) for key_id, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys, "index": _base64(self.index)})

    def rotated(self, cipher: str = "aes-gcm") -> Keyring:
        """A ring with one key more, which is current."""
        new = max(self.keys) + 1
        return Keyring({**self.keys, new: Key.fresh(cipher)}, new, self.index)

    @property
    def fingerprint(self) -> str:
        """Tells two index keys apart without telling them; may be stored beside the data."""
        return _mark(self.index)

    @property
    def marks(self) -> dict[int, str]:
        """The same for every key by its number; 0 is the index key."""
        return {0: self.fingerprint} | {n: _mark(key.secret) for n, key in self.keys.items()}


def _mark(secret: bytes) -> str:
    return hmac.new(secret, b"fingerprint", hashlib.sha256).hexdigest()[:16]


def _write_once(path: Path, text: str) -> None:
    """The file holds `text`, or what another process wrote first; never a half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp gives 0600
    with os.fdopen(handle, "w") as out:
        out.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _key_id(text: str) -> int:
    if not text.strip().isdecimal():
        raise CryptoError("a key id is a number from 1 to 255")
    return int(text)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise CryptoError("a key is not valid base64") from None
