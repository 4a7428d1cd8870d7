"""Columns that are read many cells at once say what they would say cell by cell."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.names import are_common, not_in
from app.kernel.sheets import read, reading
from app.kernel.sheets.cells import ODD, Converter
from app.kernel.sheets.lots import Lot
from app.kernel.types import BankCard, IdNumber, PersonName, RegNo, Text
from tests.kernel.sheets.made import PUPILS
from tests.kernel.sheets.test_lose_nothing import as_workbook, table

LIKE_NUMBERS = st.text("0123456789XxGJL*- ", max_size=22)
WORDS = st.text(max_size=8)
SOUND = st.sampled_from(
    ["350102200812010015", "G350102200812010015", "999352100000100001", "6222021001116245702",
     "6222021001116240000", "林晓燕", "阿卜杜·热合曼", "龦龦", "2026级农艺1班", "农艺 1班", ""]
)  # fmt: skip

NEARLY = st.tuples(
    st.sampled_from(["350102", "11X102", "110101", "990102", "35010２"]),
    st.sampled_from(["20081201", "20081301", "20991231", "2008１201"]),
    st.text("0123456789X", min_size=3, max_size=5),
).map("".join)
"""Numbers of parts that are right, or nearly; one in eleven has a right sum."""


@pytest.mark.parametrize("rule", [IdNumber(), RegNo(), BankCard(), PersonName(), Text(5)])
@given(cells=st.lists(st.one_of(LIKE_NUMBERS, WORDS, SOUND, NEARLY), min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_what_is_plain_is_kept_as_it_is_and_leaves_no_doubt(rule, cells):
    if rule.plain_test()(cells):
        for raw in cells:
            assert rule.clean(raw) == raw
            assert rule.doubt(raw) is None


@pytest.mark.parametrize(
    ("rule", "raw"),
    [(IdNumber(), "350102200812010015"), (RegNo(), "G350102200812010015"),
     (PersonName(), "林晓燕"), (Text(20), "2026级农艺1班")],
)  # fmt: skip
def test_usual_values_are_plain(rule, raw):
    assert rule.plain_test()([raw, raw])
    assert not rule.plain_test()([raw, ""])


@pytest.mark.parametrize(
    ("rule", "raw"),
    [(IdNumber(), "11X102200812010012"), (IdNumber(), "350102200813010012"),
     (IdNumber(), "350102203001010013"), (IdNumber(), "990102200812010017"),
     (BankCard(), "6222021001116240000"), (BankCard(), "4222021001116245702"),
     (PersonName(), "林"), (Text(5), "六个字的词语")],
)  # fmt: skip
def test_no_part_that_may_not_stand_is_plain(rule, raw):
    assert not rule.plain_test()([raw])


def test_every_bank_can_write_a_common_name():
    assert not not_in("".join(map(chr, range(0x4E00, 0x9FA6))), "gbk")
    assert not are_common(["龦龦"])


@given(table())
@settings(max_examples=60, deadline=None)
def test_row_by_row_and_at_once_a_file_reads_the_same(made):
    top, lines = made
    content = as_workbook(lines + lines[top:] * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BATCH", 3)  # so that what was met before is met again
        swift = told(content)
        patch.setattr(Converter, "swiftly", lambda _self, cells: [ODD for _cell in cells])
        assert told(content) == swift


@given(table())
@settings(max_examples=60, deadline=None)
def test_a_plain_lot_says_of_its_rows_what_each_says_alone(made):
    top, lines = made
    content = as_workbook(lines + lines[top:] * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BATCH", 4)
        assert told(content, by_lots) == told(content, one_by_one)


def one_by_one(given_file):
    for row in given_file.rows:
        yield row.number, row.values, bool(row.problems)


def by_lots(given_file):
    """The same, of plain lots by their columns. What cells must agree on is not asked of a lot."""
    for lot in itertools.chain.from_iterable(map(Lot.parts, given_file.lots)):
        keys, columns = lot.values.keys(), lot.values.values()
        values = [dict(zip(keys, line, strict=True)) for line in zip(*columns, strict=True)]
        if lot.plain and not any(any(given_file.sheet.check(each)) for each in values):
            lot.take_whole()
            yield from zip(lot.numbers, values, itertools.repeat(False), strict=False)
        else:
            yield from ((row.number, row.values, bool(row.problems)) for row in lot.rows())


def everything(given_file):
    for r in given_file.rows:
        yield r.number, r.values, r.raw, list(r.problems), list(r.doubts)


def told(content, how=everything):
    """Everything a reading says of a file, or the sentence that refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "名单.xlsx")
        path.write_bytes(content)
        try:
            with read(path, PUPILS) as given_file:
                rows = list(how(given_file))
                return repr(rows), given_file.counts
        except Exception as refused:  # noqa: BLE001 - whatever it is, both must say it
            return type(refused), str(refused)
