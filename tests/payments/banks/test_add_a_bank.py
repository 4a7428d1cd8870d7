"""A bank nobody has met before: a JSON text, and nothing else, in both directions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.payments.banks import Outcome, Profile, Reason, preview, read_results, write_package
from app.payments.banks.simulator import Answer, make_result_file
from tests.payments.banks.cast import RUN, line, only_file

if TYPE_CHECKING:
    from pathlib import Path

NEW_BANK = """
{
 "name": "moon_bank", "title": "月亮村镇银行", "version": 3, "bank_code": "320",
 "container": "txt", "encoding": "gb18030", "newline": "LF", "separator": "@|$", "row_end": "@|$",
 "min_rows_per_file": 2, "max_rows_per_file": 3, "file_name": "DF{date}{file_no:04d}.req",
 "head": [[
   {"source": "constant", "constant": "#"},
   {"source": "agreement_no", "width": 6, "pad": "0", "align": "right"},
   {"source": "count"}, {"source": "sum", "format": "fen"},
   {"source": "date", "date_format": "%d/%m/%Y"}
 ]],
 "columns": [
   {"source": "row", "width": 4, "pad": "0", "align": "right"},
   {"source": "fen", "format": "fen"},
   {"source": "card_no", "required": true, "spaces": false},
   {"source": "holder_name", "required": true, "spaces": false, "max_bytes": 20},
   {"source": "cnaps", "only": "other_bank", "otherwise": "LOCAL"},
   {"source": "ref", "required": true}
 ],
 "results": {
   "container": "txt", "encoding": "gb18030", "separator": ";", "lists": "ALL",
   "fields": {"ref": 1, "status": 2, "reason_code": 3, "amount": 4, "arrived_on": 5},
   "amount_format": "fen", "date_format": "%d/%m/%Y",
   "statuses": {"+": "paid", "-": "failed", "~": "unknown"},
   "reasons": {"M7": "ACCT_FROZEN"},
   "control": {"where": "last", "marker": "#", "fields": {"count": 2, "sum": 3},
               "amount_format": "fen"}
 }
}
"""


def test_it_is_previewed_written_and_read(tmp_path: Path) -> None:
    moon = Profile.parse(json.loads(NEW_BANK))
    people = [line(n, same_bank=n != 2) for n in range(1, 5)]
    assert preview(moon, people)[0] == "#@|$000001@|$2@|$230000@|$01/09/2026@|$"

    package = write_package(moon, people, tmp_path / "out", RUN)
    assert [(f.name, f.rows) for f in package.files] == [
        ("DF202609010001.req", 2),
        ("DF202609010002.req", 2),
    ]
    first = (tmp_path / "out" / "DF202609010001.req").read_text("gb18030").splitlines()
    assert first == [
        "#@|$000000@|$2@|$230000@|$01/09/2026@|$",
        "0001@|$115000@|$6212841234567800001@|$李小四@|$LOCAL@|$R12-000001-1@|$",
        "0002@|$115000@|$6212841234567800002@|$买买提·艾力@|$102391000012@|$R12-000002-1@|$",
    ]

    answers = [
        Answer(people[0]),
        Answer(people[1], Outcome.FAILED, reason_code="M7"),
        Answer(people[2], Outcome.UNKNOWN),
    ]
    make_result_file(moon, answers, tmp_path / "back.txt")
    reading = read_results(moon, tmp_path / "back.txt")
    assert [(x.ref, x.outcome, x.reason) for x in reading.lines] == [
        ("R12-000001-1", Outcome.PAID, Reason.OK),
        ("R12-000002-1", Outcome.FAILED, Reason.ACCT_FROZEN),
        ("R12-000003-1", Outcome.UNKNOWN, Reason.UNKNOWN),
    ]
    assert reading.disagreement() is None


def test_a_bank_that_wants_xml_of_its_own(tmp_path: Path) -> None:
    data = {
        "name": "notice", "title": "通知", "container": "xml", "encoding": "gbk",
        "file_name": "{file_no}.xml", "newline": "LF",
        "head": [[
            {"source": "constant", "wrap": "<?xml version='1.0' encoding='GBK'?><ap>"},
            {"source": "sum", "wrap": "<amt>{}</amt>"}, {"source": "count", "wrap": "<n>{}</n>"},
        ]],
        "columns": [
            {"source": "card_no", "required": True, "wrap": "<p><a>{}</a>"},
            {"source": "holder_name", "required": True, "wrap": "<h>{}</h>"},
            {"source": "remark", "wrap": "<r>{}</r>"}, {"source": "fen", "wrap": "<m>{}</m></p>"},
        ],
        "trailer": [[{"source": "constant", "wrap": "</ap>"}]],
    }  # fmt: skip
    people = [line(1, holder_name="A<B&C"), line(2, remark="补"), line(3, holder_name="陈䶮")]
    package = write_package(Profile.parse(data), people, tmp_path, RUN)
    assert len(package.unable) == 1
    assert only_file(tmp_path).read_text("gbk").splitlines() == [
        "<?xml version='1.0' encoding='GBK'?><ap><amt>2300.00</amt><n>2</n>",
        "<p><a>6212841234567800001</a><h>A&lt;B&amp;C</h><m>1150.00</m></p>",
        "<p><a>6212841234567800002</a><h>买买提·艾力</h><r>补</r><m>1150.00</m></p>",
        "</ap>",
    ]
