"""Whatever people put into a file: no row is lost, doubled, silently changed or met with a crash.

AID_EXAMPLES=5000 makes the search longer than a daily run can afford.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import tempfile
from pathlib import Path

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel.errors import Refused
from app.kernel.sheets import Limit, hand_back, read
from app.kernel.sheets.headers import spell
from app.kernel.types import is_blank
from tests.kernel.sheets.made import (
    HEADERS,
    LIN,
    PUPILS,
    STREAMED,
    WANG,
    bare_parts,
    heading_row,
    packed,
    text_cell,
)

EXAMPLES = int(os.environ.get("AID_EXAMPLES", "150"))
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

INVISIBLE = ["\u200b", "\ufeff", "\u3000", " ", "'", "\t", "\n", "*"]
PRINTED = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
)
WILD = st.one_of(
    st.none(),
    st.just(""),
    st.text(PRINTED, max_size=12),
    st.sampled_from(["=1+1", "-3", "@x", "6.2E+18", "合计", "姓名", "一年级", "#N/A", "350102"]),
    st.integers(-(10**17), 10**17),
    st.floats(-1e300, 1e300),
    st.booleans(),
    st.dates(dt.date(1901, 1, 1), dt.date(2200, 1, 1)),
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
)
COUNT = len(HEADERS)


@st.composite
def noisy(draw, value):
    """A good value as people paste it."""
    if not isinstance(value, str) or not value or draw(st.booleans()):
        return value
    at = draw(st.integers(0, len(value)))
    text = value[:at] + draw(st.sampled_from(INVISIBLE)) + value[at:]
    if draw(st.booleans()):
        text = text.translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)})
    return text


@st.composite
def row(draw):
    kind = draw(st.sampled_from(["good", "good", "noisy", "wild", "blank", "heading", "total"]))
    good = draw(st.sampled_from([LIN, WANG]))
    if kind == "good":
        return list(good)
    if kind == "noisy":
        return [draw(noisy(value)) for value in good]
    if kind == "wild":
        return [draw(WILD) if draw(st.booleans()) else value for value in good]
    if kind == "heading":
        return list(HEADERS)
    return ["合计", *[None] * (COUNT - 2), 3.5] if kind == "total" else [None] * COUNT


@st.composite
def table(draw):
    """Rows of a sheet: perhaps a title, the heading in any order with strange columns, rows."""
    titles = draw(st.lists(st.just(["某校名单"]), max_size=3))
    extra = draw(st.integers(0, 2))
    order = draw(st.permutations(range(COUNT + extra)))
    heading = [*HEADERS, *(f"附{n}" for n in range(extra))]
    decorated = [draw(st.sampled_from(["{}", " {}", "*{}", "{}\n"])).format(h) for h in heading]
    rows = [[*r, *[draw(WILD) for _ in range(extra)]] for r in draw(st.lists(row(), max_size=12))]
    return len(titles) + 1, [*titles, *([line[at] for at in order] for line in [decorated, *rows])]


def as_workbook(lines):
    book = openpyxl.Workbook()
    for number, line in enumerate(lines, 1):
        for at, value in enumerate(line, 1):
            cell = book.active.cell(number, at)
            cell.value = value
            if isinstance(value, str) and value != "#N/A":
                cell.data_type = "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_text(lines, encoding):
    content = io.StringIO(newline="")
    csv.writer(content).writerows([["" if v is None else v for v in line] for line in lines])
    return content.getvalue().encode(encoding)


def read_bytes(content, limit=None):
    """What came of the file: the sentence it was refused with, or the reading and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        try:
            with read(path, PUPILS, limit) as reading:
                return reading, list(reading.rows)
        except Refused as refusal:
            return refusal.sentence, []


def check(lines, top, reading, rows):
    """Every line has one fate, and a taken row holds what its own cells say."""
    counts = reading.counts
    numbers = [each.number for each in rows]
    assert numbers == sorted(set(numbers))
    assert counts.taken == sum(not each.problems for each in rows)
    assert counts.refused == sum(bool(each.problems) for each in rows)
    declared = {at for at, h in enumerate(lines[top - 1]) if spell(h) in map(spell, HEADERS)}
    filled = [
        number
        for number, line in enumerate(lines[top:], top + 1)
        if not all(is_blank(line[at]) for at in declared)
    ]
    assert set(numbers) <= set(filled)
    assert len(filled) - len(numbers) == counts.other
    assert counts.rows == (max(filled) - top if filled else 0)
    for each in rows:
        check_row(each, lines[top - 1])


def check_row(each, heading):
    places = {spell(h): at for at, h in enumerate(heading)}
    for problem in each.problems:
        assert problem.coordinate.endswith(str(each.number))
        assert problem.sentence
    refused = {problem.key for problem in each.problems}
    for column in PUPILS.columns:
        raw, value = each.raw[places[spell(column.header)]], each.values[column.key]
        if "" in refused or column.key in refused:
            continue
        if value is None:
            assert is_blank(raw)
        else:
            assert value == column.rule.clean(raw)
            assert isinstance(raw, str) or not column.rule.text_only


@thorough
@given(table(), st.sampled_from([None, STREAMED]))
def test_workbooks(made, limit):
    top, lines = made
    reading, rows = read_bytes(as_workbook(lines), limit)
    assert not isinstance(reading, str), reading
    check(lines, top, reading, rows)


@thorough
@given(table(), st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_separated_values(made, encoding):
    top, lines = made
    reading, rows = read_bytes(as_text(lines, encoding))
    if isinstance(reading, str):
        # A file of separated values may hold what no reader can divide into cells for sure.
        assert "外部程序" in reading or "引号" in reading
        return
    lines = [["" if v is None else str(v) for v in line] for line in lines]
    check(lines, top, reading, rows)


@thorough
@given(table())
def test_both_readers_agree_on_every_cell(made):
    content = as_workbook(made[1])
    _held, first = read_bytes(content)
    _streamed, second = read_bytes(content, STREAMED)
    assert [(row.number, row.values, row.problems) for row in first] == [
        (row.number, row.values, row.problems) for row in second
    ]


@thorough
@given(table())
def test_what_is_handed_back_reads_the_same(made):
    with tempfile.TemporaryDirectory() as folder:
        given_, back = Path(folder) / "given", Path(folder) / "back"
        given_.write_bytes(as_workbook(made[1]))
        with read(given_, PUPILS) as first:
            rows = list(first.rows)
        hand_back(given_, back, PUPILS, [p for r in rows for p in r.problems], first.counts)
        with read(back, PUPILS) as second:
            again = list(second.rows)
        assert [(r.number, r.values, r.problems) for r in again] == [
            (r.number, r.values, r.problems) for r in rows
        ]
        assert second.counts == first.counts


SNIPPETS = st.sampled_from(
    ['<c r="A2">', "</row>", "<row>", '<row r="9">', "</c>", "<v>", "&", "&lt;", "<!--", "-->",
     "<![CDATA[", ' t="s"', ' t="d"', ' t="e"', ' t="b"', ' s="9"', ' s="-1"', "<f>", '"', "'",
     "\0",
     "1e999", "-1", '<row r="2" r="3">', "</sheetData>", "<x:c>", "𠀀", "<is><r><t>a</t></r></is>",
     'r="ZZZ1"', 'r="A999999"', "<dimension ref='A1:XFD1048576'/>"]
)  # fmt: skip


@thorough
@given(st.data(), st.sampled_from([None, Limit(held=0)]))
def test_a_sheet_tampered_with_is_refused_or_read_but_never_crashes(data, limit):
    lines = [f'<row r="{n}">{text_cell(f"A{n}", "林晓燕")}</row>' for n in range(2, 5)]
    xml = bare_parts(heading_row() + "".join(lines))["xl/worksheets/sheet1.xml"]
    for _turn in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(xml)))
        end = min(len(xml), start + data.draw(st.integers(0, 12)))
        xml = xml[:start] + data.draw(SNIPPETS) + xml[end:]
    reading, rows = read_bytes(packed(bare_parts("", root=xml)), limit)
    if not isinstance(reading, str):
        assert reading.counts.taken + reading.counts.refused == len(rows)


@thorough
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", bytes.fromhex("d0cf11e0")]))
def test_any_bytes_at_all_are_answered_with_a_sentence(content, start):
    sentence, rows = read_bytes(start + content)
    assert isinstance(sentence, str)
    assert rows == []
