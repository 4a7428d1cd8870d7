"""A process with other keys than its database's does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_app
from app.kernel.db import db
from app.kernel.key_marks import KeyMark, compare, refuse_wrong_keys
from app.kernel.keyring import Key, Keyring
from tests.stage import SETTINGS

ROOT = Path(__file__).parents[2]
RING = Keyring.fresh()


@pytest.fixture
def url(empty_database):
    return empty_database("marked")


@pytest.fixture
def app(url, tmp_path):
    """A staff face over empty tables."""
    app = create_app("staff", SQLALCHEMY_DATABASE_URI=url, UPLOADS=tmp_path, **SETTINGS)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.drop_all()
        db.engine.dispose()


def kept() -> dict[int, str]:
    with db.engine.connect() as connection:
        return dict(connection.execute(select(KeyMark.number, KeyMark.mark)).tuples().all())


def test_the_first_start_writes_marks_down_and_the_next_agrees(app):
    assert compare(RING) == []
    assert kept() == RING.marks
    assert compare(RING) == []


def test_other_keys_are_refused_and_nothing_is_written(app):
    compare(RING)
    assert compare(Keyring.fresh()) == [0, 1]
    assert compare(Keyring(RING.keys, 1, b"i" * 32)) == [0]
    assert compare(Keyring({1: Key.fresh(), 2: Key.fresh()}, 2, RING.index)) == [1]
    assert kept() == RING.marks


def test_a_rotated_ring_starts_and_its_new_key_is_remembered(app):
    compare(RING)
    newer = RING.rotated()
    assert compare(newer) == []
    assert kept() == newer.marks


def test_a_ring_that_lost_an_old_key_still_starts(app):
    newer = RING.rotated()
    compare(newer)
    assert compare(Keyring({2: newer.keys[2]}, 2, newer.index)) == []


def test_a_database_without_tables_is_left_alone(app):
    db.drop_all()
    assert compare(RING) == []


def test_the_process_ends_with_a_sentence(app):
    compare(Keyring.fresh())
    with pytest.raises(SystemExit, match=r"密钥不对，没有启动.*索引密钥、1 号密钥"):
        refuse_wrong_keys(app)


def test_no_command_runs_with_other_keys(app, url, tmp_path):
    compare(RING)
    ran = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "run", "db", "upgrade"], cwd=ROOT, text=True,
        env=os.environ | {"AID_INSTANCE": str(tmp_path), "DATABASE_URL": url},
        capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "密钥不对" in ran.stderr
    assert "Traceback" not in ran.stderr
