"""Files that came in are kept under their hash, once, sealed, and not for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import stat
import tracemalloc

import pytest
from flask import Flask

from app.kernel import clock, crypto, files, resealing, sealed_files
from app.kernel.errors import Refused
from app.kernel.keyring import Keyring
from app.kernel.sealed_files import MAGIC, PIECE

NAMES = "林小梅 350121200901011234".encode()


@pytest.fixture(params=["aes-gcm", "sm4-gcm"])
def ring(request):
    return Keyring.fresh(request.param)


@pytest.fixture
def store(tmp_path, ring):
    app = Flask(__name__)
    app.config.update(UPLOADS=tmp_path / "files", KEEP_FILES_DAYS=30)
    crypto.configure(ring)
    with app.app_context():
        yield tmp_path / "files"
    crypto.configure(None)


def inside(path, sha256=""):
    with files.opened(path, sha256) as clear:
        return clear.read()


def lying_in(folder):
    return [p for p in folder.rglob("*") if p.is_file()]


def test_a_file_lies_under_the_hash_of_its_bytes(store):
    kept = files.keep(io.BytesIO(b"names"))
    assert kept.sha256 == hashlib.sha256(b"names").hexdigest()
    assert inside(kept.path, kept.sha256) == b"names"
    assert kept.size == 5
    assert files.kept_path(kept.sha256) == kept.path


def test_nothing_of_it_can_be_read_where_it_lies(store):
    kept = files.keep(io.BytesIO(NAMES * 1000))
    files.put(io.BytesIO(NAMES), files.made() / "made.xlsx")
    for path in lying_in(store):
        assert "林小梅".encode() not in path.read_bytes()
        assert b"350121" not in path.read_bytes()
    assert inside(files.made() / "made.xlsx") == NAMES
    assert inside(kept.path) == NAMES * 1000


def test_the_same_bytes_twice_lie_there_once(store):
    assert files.keep(io.BytesIO(b"same")) == files.keep(io.BytesIO(b"same"))
    assert len([p for p in (store / "in").rglob("*") if p.is_file()]) == 1


def test_nobody_else_may_look_into_the_store(store):
    files.keep(io.BytesIO(b"x"))
    assert stat.S_IMODE(store.stat().st_mode) == 0o700


@pytest.mark.parametrize("write", [
    files.keep, lambda stream: files.put(stream, files.made() / "x"),
])  # fmt: skip
def test_a_file_lies_on_the_disk_before_it_has_its_name(store, monkeypatch, write):
    synced = []

    def sync(handle):
        named = [p for p in lying_in(store) if not p.name.startswith(files.PART)]
        synced.append((os.fstat(handle).st_ino, os.fstat(handle).st_size, named))

    monkeypatch.setattr(os, "fsync", sync)
    write(io.BytesIO(NAMES))
    [path] = lying_in(store)
    assert synced == [(path.stat().st_ino, path.stat().st_size, [])]


def test_a_stream_that_breaks_leaves_nothing(store):
    class Broken(io.BytesIO):
        def read(self, *_size):
            raise OSError("the line went dead")

    with pytest.raises(OSError, match="dead"):
        files.keep(Broken())
    assert lying_in(store) == []


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_a_file_of_any_size_comes_back_as_it_was(store, size):
    content = bytes(range(256)) * (size // 256 + 1)
    kept = files.keep(io.BytesIO(content[:size]))
    assert kept.size == size
    assert inside(kept.path, kept.sha256) == content[:size]


def test_a_stream_that_gives_little_at_a_time_is_sealed_all_the_same(store):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 70_001))

    content = NAMES * 100_000
    assert inside(files.keep(Slow(content)).path) == content


def pieces_of(path):
    """The head of a sealed file and its pieces."""
    whole = path.read_bytes()
    start = len(MAGIC) + 1 + whole[len(MAGIC)]
    step = PIECE + 16
    return whole[:start], [whole[at : at + step] for at in range(start, len(whole), step)]


HARMS = {
    "a bit flipped at the end": lambda h, p: h + b"".join(p)[:-1] + bytes([p[-1][-1] ^ 1]),
    "a bit flipped in the key": lambda h, p: h[:-1] + bytes([h[-1] ^ 1]) + b"".join(p),
    "the last piece gone": lambda h, p: h + p[0] + p[1],
    "cut off in a piece": lambda h, p: h + p[0] + p[1][:5000],
    "cut off in a tag": lambda h, p: h + p[0] + p[1] + p[2][:9],
    "cut off after the head": lambda h, p: h,
    "cut off in the head": lambda h, p: h[:30],
    "cut off in the magic": lambda h, p: h[:5],
    "empty": lambda h, p: b"",
    "pieces in another order": lambda h, p: h + p[1] + p[0] + p[2],
    "a piece twice": lambda h, p: h + p[0] + p[0] + p[1] + p[2],
    "a piece left out": lambda h, p: h + p[0] + p[2],
    "something behind it": lambda h, p: h + b"".join(p) + b"more",
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_file_is_refused_whole_and_never_half_read(store, harm):
    kept = files.keep(io.BytesIO(NAMES * 75_000))
    head, pieces = pieces_of(kept.path)
    assert len(pieces) == 3
    kept.path.write_bytes(HARMS[harm](head, pieces))
    with pytest.raises(Refused, match="已损坏"):
        files.opened(kept.path)
    with pytest.raises(Refused, match="已损坏"), files.kept(kept.sha256):
        pytest.fail("it was handed out")


def test_the_pieces_of_one_file_do_not_pass_for_those_of_another(store):
    one, other = (files.keep(io.BytesIO(bytes([n]) * 3 * PIECE)) for n in (1, 2))
    (head, pieces), (_head, strange) = pieces_of(one.path), pieces_of(other.path)
    one.path.write_bytes(head + pieces[0] + strange[1] + pieces[2])
    with pytest.raises(Refused, match="已损坏"):
        files.opened(one.path)


def test_a_whole_file_under_the_name_of_another_is_noticed(store):
    one, other = files.keep(io.BytesIO(b"one")), files.keep(io.BytesIO(b"other"))
    one.path.write_bytes(other.path.read_bytes())
    with pytest.raises(Refused, match="已损坏"), files.kept(one.sha256):
        pytest.fail("it was handed out")


def test_a_file_kept_no_longer_is_said_to_be_so(store):
    with pytest.raises(Refused, match="已过保存期"), files.kept("0" * 64):
        pytest.fail("it was handed out")


def test_in_clear_a_file_is_only_there_while_it_is_read(store):
    with files.received(io.BytesIO(NAMES)) as path:
        assert path.read_bytes() == NAMES
        assert [p for p in lying_in(store) if NAMES in p.read_bytes()] == []
    assert not path.exists()
    kept, seen = files.keep(io.BytesIO(NAMES)), []

    def break_down():
        with files.kept(kept.sha256) as path:
            seen.append((path, path.read_bytes()))
            raise KeyError("the reader")

    with pytest.raises(KeyError):
        break_down()
    [(path, content)] = seen
    assert (path.exists(), content) == (False, NAMES)
    assert lying_in(store) == [kept.path]


def test_without_nameless_files_it_is_a_private_one_that_goes_too(store, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "NAMELESS", tmp_path / "no such system")
    kept = files.keep(io.BytesIO(NAMES))
    with files.kept(kept.sha256) as path:
        assert path.read_bytes() == NAMES
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lying_in(store) == [kept.path]


def test_a_big_file_takes_little_memory(store):
    """128 MB in, out and on a path; what Python holds meanwhile stays below 16."""
    tracemalloc.start()
    try:
        kept = files.keep(Zeros(128 << 20))
        with files.kept(kept.sha256) as path:
            assert path.stat().st_size == 128 << 20
        files.opened(kept.path, kept.sha256).close()
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


class Zeros(io.RawIOBase):
    """So many bytes that nobody has to hold."""

    def __init__(self, left):
        self.left = left

    def read(self, size=-1):
        given = min(size, self.left)
        self.left -= given
        return bytes(given)


# --- keys come and go, and there were files before there was sealing


def clear_before(store, content=NAMES):
    """A file as it was kept before files were sealed."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = files.kept_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


def test_a_file_of_before_the_sealing_is_read_as_it_lies(store):
    with files.kept(clear_before(store)) as path:
        assert path.read_bytes() == NAMES


def test_a_file_of_before_the_sealing_that_was_altered_is_noticed(store):
    sha256 = clear_before(store)
    files.kept_path(sha256).write_bytes(NAMES + b"!")
    with pytest.raises(Refused, match="已损坏"), files.kept(sha256):
        pytest.fail("it was handed out")


def test_a_file_under_an_old_key_is_read_while_the_key_is_on_the_ring(store, ring):
    kept = files.keep(io.BytesIO(NAMES))
    crypto.configure(ring.rotated())
    assert inside(kept.path) == NAMES
    crypto.configure(Keyring.fresh())
    with pytest.raises(Refused, match="密钥不在"):
        files.opened(kept.path)


def test_resealing_leaves_nothing_in_clear_nor_under_an_old_key(store, ring):
    old, clear = files.keep(io.BytesIO(b"old" * PIECE)), clear_before(store)
    files.put(io.BytesIO(b"made"), files.made() / "x.xlsx")
    (files.part("runs") / "7").mkdir()
    (files.part("runs") / "7" / "bank.txt").write_bytes(b"6212840000")
    rotated = ring.rotated()
    crypto.configure(rotated)
    done = resealing.reseal()
    assert (done.sealed, done.wrapped, done.same, done.damaged) == (2, 2, 0, [])
    crypto.configure(Keyring({rotated.current: rotated.keys[rotated.current]}, rotated.current,
                             rotated.index))  # fmt: skip
    assert inside(old.path, old.sha256) == b"old" * PIECE
    assert inside(files.kept_path(clear), clear) == NAMES
    assert inside(files.made() / "x.xlsx") == b"made"
    assert inside(store / "runs" / "7" / "bank.txt") == b"6212840000"
    assert all(sealed_files.is_sealed(p.open("rb")) for p in lying_in(store))
    done = resealing.reseal()
    assert (done.sealed, done.wrapped, done.same) == (0, 0, 4)


@pytest.mark.parametrize("meanwhile", [
    lambda path: files.put(io.BytesIO(b"put anew"), path), lambda path: path.unlink(),
])  # fmt: skip
def test_resealing_leaves_alone_what_is_put_anew_or_goes_meanwhile(store, monkeypatch, meanwhile):
    path = files.made() / "R7-sealed.zip"
    path.write_bytes(b"in clear")
    seal, after = resealing.seal, []

    def slow(lies, out):
        seen = seal(lies, out)
        meanwhile(path)
        after.append(path.read_bytes() if path.exists() else None)
        return seen

    monkeypatch.setattr(resealing, "seal", slow)
    done = resealing.reseal()
    assert (done.sealed, done.damaged) == (0, [])
    assert [path.read_bytes() if path.exists() else None] == after
    assert len(lying_in(store)) == path.exists()


def test_resealing_makes_no_file_younger(store):
    sha256 = clear_before(store)
    long_ago = clock.now().timestamp() - 29 * files.DAY
    os.utime(files.kept_path(sha256), (long_ago, long_ago))
    assert resealing.reseal().sealed == 1
    assert files.expire() == 0
    with clock.at(clock.now() + dt.timedelta(days=2)):
        assert files.expire() == 1


def test_resealing_names_what_is_damaged_and_leaves_it(store, ring):
    kept, clear = files.keep(io.BytesIO(NAMES)), clear_before(store, b"names")
    files.kept_path(clear).write_bytes(b"other")
    kept.path.write_bytes(kept.path.read_bytes()[:40])
    crypto.configure(ring.rotated())
    done = resealing.reseal()
    assert sorted(done.damaged) == sorted(f"in/{s[:2]}/{s}" for s in (kept.sha256, clear))
    assert files.kept_path(clear).read_bytes() == b"other"


def test_files_expire_when_their_time_is_over_and_not_before(store):
    kept = files.keep(io.BytesIO(b"old"))
    now = clock.now()
    with clock.at(now + dt.timedelta(days=29)):
        assert files.expire() == 0
    with clock.at(now + dt.timedelta(days=31)):
        assert files.expire() == 1
    assert not kept.path.exists()


def test_the_piece_of_a_file_whose_arrival_was_cut_off_goes_after_a_day(store):
    kept = files.keep(io.BytesIO(b"whole"))
    piece = store / "in" / ".part-cut"
    piece.write_bytes(b"half a name")
    now = clock.now()
    with clock.at(now + dt.timedelta(hours=23)):
        assert files.expire() == 0
    with clock.at(now + dt.timedelta(hours=25)):
        assert files.expire() == 1
    assert (piece.exists(), kept.path.exists()) == (False, True)


def test_what_a_killed_process_left_in_clear_goes_after_an_hour(store):
    left = files.part("open") / "tmp-killed"
    left.mkdir()
    (left / "bank.txt").write_bytes(b"6212840000")
    now = clock.now()
    with clock.at(now + dt.timedelta(minutes=55)):
        assert files.expire() == 0
    with clock.at(now + dt.timedelta(minutes=65)):
        assert files.expire() == 1
    assert not left.exists()
