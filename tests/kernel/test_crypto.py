"""Sealing, opening, rotating, and finding without opening."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import crypto
from app.kernel.keyring import CryptoError, Key, Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = "350102200812010015"
RING = Keyring.fresh()


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    crypto.configure(RING)
    yield
    crypto.configure(None)


@pytest.mark.parametrize("cipher", ["aes-gcm", "sm4-gcm"])
def test_every_cipher_gives_back_what_it_was_given(cipher: str) -> None:
    crypto.configure(Keyring.fresh(cipher))
    for plain in (ID, "", "欧阳·买买提"):
        assert crypto.open_(crypto.seal(plain, "name"), "name") == plain


@given(st.lists(st.text()), st.sampled_from(["id_number", "bank_card"]))
def test_a_column_of_values_opens_to_the_same_values(plains: list[str], purpose: str) -> None:
    sealed = crypto.seal_many(plains, purpose)
    assert crypto.open_many(sealed, purpose) == plains
    assert [crypto.open_(blob, purpose) for blob in sealed] == plains
    assert crypto.blind_many(plains, purpose) == [crypto.blind(p, purpose) for p in plains]


def test_one_value_sealed_often_never_looks_the_same() -> None:
    seals = crypto.seal_many([ID] * 500, "id_number")
    seals += [crypto.seal(ID, "id_number") for _ in range(500)]
    assert len({blob[2:14] for blob in seals}) == len(set(seals)) == 1000
    assert not any(ID.encode() in blob for blob in seals)


@pytest.mark.parametrize("cipher", ["aes-gcm", "sm4-gcm"])
def test_any_altered_byte_keeps_a_value_shut(cipher: str) -> None:
    crypto.configure(Keyring.fresh(cipher).rotated(cipher))
    blob = crypto.seal(ID, "id_number")
    for place in range(len(blob)):
        altered = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(crypto.Tampered):
            crypto.open_(altered, "id_number")


@pytest.mark.parametrize("cipher", ["aes-gcm", "sm4-gcm"])
def test_a_value_cut_short_stays_shut(cipher: str) -> None:
    crypto.configure(Keyring.fresh(cipher))
    blob = crypto.seal(ID, "id_number")
    for length in range(len(blob)):
        with pytest.raises(crypto.Tampered):
            crypto.open_(blob[:length], "id_number")


def test_a_value_moved_to_another_column_stays_shut() -> None:
    with pytest.raises(crypto.Tampered):
        crypto.open_(crypto.seal(ID, "id_number"), "bank_card")


def test_a_value_of_another_house_stays_shut() -> None:
    blob = crypto.seal(ID, "id_number")
    crypto.configure(Keyring.fresh())
    with pytest.raises(crypto.Tampered):
        crypto.open_(blob, "id_number")


def test_after_a_change_of_key_and_cipher_old_values_still_open_and_are_known_as_old() -> None:
    old = crypto.seal(ID, "id_number")
    crypto.configure(RING.rotated("sm4-gcm"))
    new = crypto.seal(ID, "id_number")
    assert crypto.open_many([old, new], "id_number") == [ID, ID]
    assert [crypto.needs_resealing(old), crypto.needs_resealing(new)] == [True, False]
    crypto.configure(RING)
    with pytest.raises(crypto.Tampered, match="not on the ring"):
        crypto.open_(new, "id_number")


def test_the_index_survives_a_change_of_key() -> None:
    before = crypto.blind(ID, "id_number")
    crypto.configure(RING.rotated())
    assert crypto.blind(ID, "id_number") == before


def test_the_index_is_hmac_sha256_under_a_key_of_its_purpose() -> None:
    key = hmac.new(RING.index, b"blind index:id_number", hashlib.sha256).digest()
    assert crypto.blind(ID, "id_number") == hmac.new(key, ID.encode(), "sha256").digest()[:16]


def test_indexes_differ_by_value_purpose_and_key() -> None:
    mine = crypto.blind(ID, "id_number")
    assert crypto.blind(ID, "id_number") == mine
    assert crypto.blind(ID[:-1] + "6", "id_number") != mine
    assert crypto.blind(ID, "bank_card") != mine
    crypto.configure(Keyring.fresh())
    assert crypto.blind(ID, "id_number") != mine


def test_without_keys_everything_says_what_to_do() -> None:
    crypto.configure(None)
    for use in (
        lambda: crypto.seal(ID, "id_number"),
        lambda: crypto.open_(b"", "id_number"),
        lambda: crypto.blind(ID, "id_number"),
        lambda: crypto.seal_many([ID], "id_number"),
    ):
        with pytest.raises(crypto.NotConfigured, match=r"crypto\.configure"):
            use()


def test_threads_share_the_keys() -> None:
    with ThreadPoolExecutor(4) as pool:
        blobs = list(pool.map(lambda n: crypto.seal(str(n), "x"), range(200)))
        assert list(pool.map(lambda b: crypto.open_(b, "x"), blobs)) == [str(n) for n in range(200)]
        assert len(set(pool.map(lambda n: crypto.blind(ID, f"new {n % 3}"), range(60)))) == 3


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_keys_come_from_the_environment() -> None:
    env = {
        "AID_KEYS": f"1=aes-gcm:{b64(b'a' * 32)}; 2=sm4-gcm:{b64(b'b' * 16)}",
        "AID_INDEX_KEY": b64(b"i" * 32),
    }
    ring = Keyring.from_env(env)
    assert ring.current == 2
    assert ring.keys[1] == Key("aes-gcm", b"a" * 32)
    assert Keyring.from_env(env | {"AID_KEY_CURRENT": "1"}).current == 1


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({}, "both"),
        ({"AID_KEYS": f"1=aes-gcm:{b64(b'a' * 32)}"}, "both"),
        ({"AID_KEYS": f"1=des:{b64(b'a' * 32)}", "AID_INDEX_KEY": b64(b"i" * 32)}, "cipher"),
        ({"AID_KEYS": f"1=aes-gcm:{b64(b'a' * 16)}", "AID_INDEX_KEY": b64(b"i" * 32)}, "32 bytes"),
        ({"AID_KEYS": "1=aes-gcm:???", "AID_INDEX_KEY": b64(b"i" * 32)}, "base64"),
        ({"AID_KEYS": f"x=aes-gcm:{b64(b'a' * 32)}", "AID_INDEX_KEY": b64(b"i" * 32)}, "key id"),
        ({"AID_KEYS": f"0=aes-gcm:{b64(b'a' * 32)}", "AID_INDEX_KEY": b64(b"i" * 32)}, "1 to 255"),
        ({"AID_KEYS": f"1=aes-gcm:{b64(b'a' * 32)}", "AID_INDEX_KEY": b64(b"i")}, "32 bytes"),
        ({"AID_KEYS": " ; ", "AID_INDEX_KEY": b64(b"i" * 32)}, "not on the ring"),
    ],
)
def test_wrong_keys_are_named_before_anything_is_sealed(env: dict[str, str], why: str) -> None:
    with pytest.raises(CryptoError, match=why):
        Keyring.from_env(env)


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "keys.json"
    with pytest.raises(CryptoError, match="no key file"):
        Keyring.from_file(path)
    ring = Keyring.from_file(path, create=True)
    assert Keyring.from_file(path, create=True) == ring == Keyring.from_file(path)
    assert list(path.parent.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are a matter of posix")
def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.from_file(path, create=True)
    path.chmod(0o640)
    with pytest.raises(CryptoError, match="chmod 600"):
        Keyring.from_file(path)


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: Keyring.from_file(path, create=True), range(16)))
    assert {ring.fingerprint for ring in rings} == {rings[0].fingerprint}
    assert len({ring.keys[1] for ring in rings}) == 1


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"keys": 1}', json.dumps({"keys": {}, "current": 1})]
)
def test_a_broken_key_file_is_called_broken(text: str) -> None:
    with pytest.raises(CryptoError, match="form"):
        Keyring.loads(text)


def test_no_key_shows_in_a_traceback_or_log() -> None:
    ring = Keyring({1: Key("aes-gcm", b"secret--" * 4)}, 1, b"hidden--" * 4)
    assert "secret" not in repr(ring)
    assert "hidden" not in repr(ring)
    assert ring.fingerprint != Keyring.fresh().fingerprint
