"""Students that are staged many at once are what they would be one by one."""

from __future__ import annotations

import csv

import pytest

from app.kernel import clock
from app.kernel.sheets import read, reading
from app.kernel.sheets.lots import Lot
from app.registry import staging
from app.registry.sheets import STUDENTS, row_check
from tests.engine import student
from tests.registry.rolls import pupil, pupils

SCHOOL = "3135012101"
SECRET = {staging.COLUMNS.index(name) for name in ("id_no", "reg_no")}
"""Two seals of one number differ."""
WITH = {
    "nothing else": [],
    "a student without a number of the registry": [pupil(student(20), 学籍号="")],
    "one who left": [pupil(student(21), 学籍状态="休学", 异动年月="2026-09")],
    "one who left without a month": [pupil(student(22), 学籍状态="退学")],
    "one who is back": [pupil(student(23), 学籍状态="复学")],
    "a month without a state": [pupil(student(24), 学籍状态="", 异动年月="2026-09")],
    "the same student": [pupil(student(1), 学籍号="")],
    "the same number of the registry": [pupil(student(25), 学籍号=f"G{student(1).id_no}")],
    "another school": [pupil(student(26), 学校标识码="3135019999")],
    "its own school": [pupil(student(27), 学校标识码=SCHOOL)],
}


def staged(path, moment):
    with clock.at(moment), read(path, STUDENTS, check=row_check(SCHOOL)) as given:
        sieve = staging.Roll(SCHOOL)
        lines = [
            tuple(cell for at, cell in enumerate(line) if at not in SECRET)
            for block in sieve.good(given.lots)
            for line in zip(*block, strict=True)
        ]
        return lines, sieve.problems, given.counts


@pytest.mark.parametrize("what", WITH)
def test_at_once_and_one_by_one_students_are_staged_alike(world, tmp_path, monkeypatch, what):
    rows = [*pupils(5), *WITH[what], *pupils(2, start=10)]
    path = tmp_path / "学籍.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0], "学校标识码"], restval="")
        writer.writeheader()
        writer.writerows(rows)
    monkeypatch.setattr(reading, "BATCH", 3)
    taken_whole = []
    whole = Lot.take_whole
    monkeypatch.setattr(Lot, "take_whole", lambda lot: (taken_whole.append(lot), whole(lot)))
    at_once = staged(path, world.moment)
    assert taken_whole
    monkeypatch.setattr(staging.Roll, "refuses_none", lambda _self, _lot: False)
    assert staged(path, world.moment) == at_once
    assert at_once[0]
