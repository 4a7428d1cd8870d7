"""Lines that are decoded together are the same as each by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.payments.banks import tables
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
