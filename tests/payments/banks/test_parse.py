"""A profile is data; data that cannot work is refused with the field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.kernel.errors import Refused
from app.payments.banks import Profile, shipped
from tests.payments.banks.cast import profile

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"container": "pdf"}, "container"),
    ({"encoding": "big5"}, "encoding"),
    ({"version": 0}, "version"),
    ({"max_rows_per_file": "1000"}, "max_rows_per_file"),
    ({"min_rows_per_file": 600}, "max_rows_per_file"),
    ({"colums": []}, "colums"),
    ({"columns": [{"source": "card_no"}]}, "columns"),
    ({"columns": "all"}, "columns"),
    ({"file_name": "batch.txt"}, "file_name"),
    ({"file_name": "{run_no.__class__}{file_no}"}, "file_name"),
    ({"file_name": "{file_no"}, "file_name"),
    ({"header": True, "columns": [{"source": "card_no"}, {"source": "fen"}]}, "columns"),
    ({"separator": ""}, "columns"),
    ({"other_bank_needs": ["phone"]}, "other_bank_needs"),
    ({"head": [[{"source": "holder_name"}]]}, "head[1][1].source"),
    ({"results": {"container": "txt", "separator": "|"}}, "results.fields"),
]
WRONG_COLUMN: list[tuple[dict[str, Any], str]] = [
    ({"source": "phone"}, "source"),
    ({"source": "ref", "format": "yuan2"}, "format"),
    ({"source": "fen", "format": "text"}, "format"),
    ({"source": "ref", "pad": "中"}, "pad"),
    ({"source": "ref", "width": 0}, "width"),
    ({"source": "ref", "align": "middle"}, "align"),
    ({"source": "ref", "constant": "x"}, "constant"),
    ({"source": "ref", "otherwise": "x"}, "otherwise"),
    ({"source": "ref", "required": "yes"}, "required"),
    ({"source": "constant", "constant": "䶮"}, "encoding"),
]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_profile_survives_json_and_keeps_its_fingerprint(name: str) -> None:
    original = shipped()[name]
    again = Profile.parse(json.loads(json.dumps(original.to_dict())))
    assert again == original
    assert again.fingerprint() == original.fingerprint()


def test_the_fingerprint_changes_with_the_content_and_not_with_the_version() -> None:
    before = profile("pipe_gbk")
    assert profile("pipe_gbk", version=2).fingerprint() == before.fingerprint()
    assert profile("pipe_gbk", newline="LF").fingerprint() != before.fingerprint()


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_a_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        profile("pipe_gbk", **changes)
    assert f"银行模板的 {field}" in refusal.value.sentence


@pytest.mark.parametrize(("column", "field"), WRONG_COLUMN, ids=str)
def test_a_wrong_column_is_named_by_its_number(column: dict[str, Any], field: str) -> None:
    columns = [{"source": "card_no"}, {"source": "fen"}, column]
    with pytest.raises(Refused) as refusal:
        profile("pipe_gbk", columns=columns)
    place = field if field == "encoding" else f"columns[3].{field}"
    assert f"银行模板的 {place}" in refusal.value.sentence


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_not_an_object_is_refused(data: object) -> None:
    with pytest.raises(Refused):
        Profile.parse(data)


def test_pieces_that_are_not_xml_together_are_refused() -> None:
    data = shipped()["iso20022_pain001"].to_dict()
    with pytest.raises(Refused, match="XML"):
        Profile.parse(data | {"trailer": []})


def test_an_old_sheet_must_split_below_its_row_limit() -> None:
    with pytest.raises(Refused, match="max_rows_per_file"):
        profile("icbc_payroll_xls", max_rows_per_file=65_536)


def test_silence_is_no_success_without_the_banks_totals() -> None:
    data = shipped()["abc_fixed"].to_dict()
    with pytest.raises(Refused, match=r"results\.control"):
        Profile.parse(data | {"results": data["results"] | {"lists": "FAILED_ONLY"}})
