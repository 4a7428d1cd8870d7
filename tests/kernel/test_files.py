"""Files that came in are kept under their hash, once, privately, and not for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import stat

import pytest
from flask import Flask

from app.kernel import clock, files


@pytest.fixture
def store(tmp_path):
    app = Flask(__name__)
    app.config.update(UPLOADS=tmp_path / "files", KEEP_FILES_DAYS=30)
    with app.app_context():
        yield tmp_path / "files"


def test_a_file_lies_under_the_hash_of_its_bytes(store):
    kept = files.keep(io.BytesIO(b"names"))
    assert kept.sha256 == hashlib.sha256(b"names").hexdigest()
    assert kept.path.read_bytes() == b"names"
    assert kept.size == 5
    assert files.kept_path(kept.sha256) == kept.path


def test_the_same_bytes_twice_lie_there_once(store):
    assert files.keep(io.BytesIO(b"same")) == files.keep(io.BytesIO(b"same"))
    assert len([p for p in (store / "in").rglob("*") if p.is_file()]) == 1


def test_nobody_else_may_look_into_the_store(store):
    files.keep(io.BytesIO(b"x"))
    assert stat.S_IMODE(store.stat().st_mode) == 0o700


def test_a_stream_that_breaks_leaves_nothing(store):
    class Broken(io.BytesIO):
        def read(self, *_size):
            raise OSError("the line went dead")

    with pytest.raises(OSError, match="dead"):
        files.keep(Broken())
    assert [p for p in store.rglob("*") if p.is_file()] == []


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
