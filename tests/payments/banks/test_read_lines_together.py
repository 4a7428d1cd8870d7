"""Lines that are decoded and read together are the same as each by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.banks import read_results, shipped, table_results, tables
from app.payments.banks.table_results import TableReader
from app.payments.banks.tables import decoded, told

ENCODINGS = st.sampled_from(["gbk", "gb18030", "utf-8"])
BYTES = st.binary(max_size=8).map(lambda raw: raw.replace(b"\n", b""))
WORDS = st.text(st.sampled_from("张|㐂\u3000ä A𠮷"), max_size=5)


@given(ENCODINGS, st.lists(st.one_of(BYTES, WORDS), min_size=1, max_size=6))
def test_every_line_reads_as_it_does_alone(encoding, lines):
    raws = [x if isinstance(x, bytes) else x.encode(encoding, "ignore") for x in lines]
    texts, broken = told(raws, encoding)
    together = list(zip(texts, broken, strict=False))
    assert together == [decoded(raw, encoding) for raw in raws]


def test_one_broken_line_spoils_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "TOGETHER", 2)
    path = tmp_path / "回盘.txt"
    path.write_bytes("张|1\r\n\r\n李|2\r\n".encode("gbk") + b"\xff|3\r\n" + "王|4".encode("gbk"))
    layout = type("Layout", (), {"widths": (), "separator": "|", "encoding": "gbk"})
    rows = [(r.number, r.cells[-1], r.broken) for r in tables.text_rows(layout, path)]
    assert rows == [(1, "1", False), (3, "2", False), (4, "3", True), (5, "4", False)]


CELLS = st.sampled_from(
    ["T", "D", "1", "200.00", "2x", "R12-1", "成功", "失败", "", "20261103", "无"]
)
ROWS = st.lists(st.lists(CELLS, min_size=9, max_size=11).map("|".join), max_size=5)
PLAIN = "D|1|张三|6222021402000000001|200.00|R12-1|成功||B1|20261103"
TOTALS = "T|1|20000|1|20000"


@given(st.lists(st.one_of(st.just(PLAIN), st.just(TOTALS), ROWS.map("\r\n".join)), max_size=6),
       st.integers(1, 3))  # fmt: skip
def test_rows_that_are_read_together_say_what_they_say_alone(tmp_path_factory, lines, together):
    path = tmp_path_factory.mktemp("answers") / "回盘.txt"
    path.write_bytes("\r\n".join(["H|R12", *lines]).encode("gbk"))

    def told():
        reading = read_results(shipped()["pipe_gbk"], path)
        return list(reading.lines), reading.problems, reading.control

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_results, "TOGETHER", together)
        some = told()
        patch.setattr(TableReader, "_together", _never)
        assert some == told()


def _never(_reader, _rows):
    raise table_results.Unreadable
