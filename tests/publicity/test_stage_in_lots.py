"""Rows that are staged many at once are what they would be one by one."""

from __future__ import annotations

import openpyxl
import pytest

from app.kernel.sheets import read, reading
from app.kernel.sheets.lots import Lot
from app.kernel.types import YearMonth
from app.publicity import staged_numbers, staging
from app.publicity.sheets import RETURNED, Agreements
from tests.engine import student

SEPTEMBER = YearMonth.at(2026, 9)
HEADING = ["姓名", "身份证件号", "学校标识码", "年级", "专业", "班级", "发放起始年月", "金额（元）",
           "银行卡号", "户名", "备注"]  # fmt: skip
SEALED = staging.COLUMNS.index("numbers")
"""Two seals of the same numbers differ, and how many rows share one is nobody's business."""


def row(n, **but):
    who = student(n)
    told = {"姓名": who.name, "身份证件号": who.id_no, "年级": "一年级", "专业": "现代农艺技术",
            "班级": "1班", "金额（元）": 230, "银行卡号": who.card_no}  # fmt: skip
    return [(told | but).get(title, "") for title in HEADING]


def staged(path, first=SEPTEMBER):
    agreements = Agreements("3135012101", first, SEPTEMBER)
    tally = staging.Tally(0, agreements)
    with read(path, RETURNED, check=agreements) as given:
        blocks = list(tally.good(given.lots))
    lines = [
        tuple(cell for at, cell in enumerate(line) if at != SEALED)
        for block in blocks for line in zip(*block, strict=True)
    ]  # fmt: skip
    numbers = [line for block in blocks for blob in filter(None, block[SEALED])
               for line in staged_numbers.told(blob)]  # fmt: skip
    assert len(numbers) == len(lines)
    return lines, numbers, tally.fen, tally.problems, given.counts


WITH = {
    "nothing else": [],
    "a holder and a remark": [row(20, 户名="王大伟", 备注="住校")],
    "an earlier month": [row(21, 发放起始年月="2026-08")],
    "another school": [row(22, 学校标识码="3135019999")],
    "the same student": [row(1)],
    "no money": [row(23, **{"金额（元）": 0})],
    "a bad card": [row(24, 银行卡号="6222021001116245703")],
    "a covered number": [row(25, 身份证件号="3501**********0015")],
    "a key": [[*row(26)[:-1], "不是行标识"]],
    "a rare character": [row(27, 姓名="王\u4dae")],
}


@pytest.mark.parametrize("what", WITH)
@pytest.mark.parametrize("first", [SEPTEMBER, SEPTEMBER - 2])
def test_at_once_and_one_by_one_rows_are_staged_alike(world, tmp_path, monkeypatch, what, first):
    book = openpyxl.Workbook()
    for line in [HEADING, *(row(n) for n in range(1, 6)), *WITH[what], row(6), row(7)]:
        book.active.append(line)
    if what == "a key":
        book.active.cell(1, len(HEADING)).value = "行标识（勿改）"
    book.save(path := tmp_path / "名单.xlsx")
    monkeypatch.setattr(reading, "BATCH", 3)
    taken_whole = []
    whole = Lot.take_whole
    monkeypatch.setattr(Lot, "take_whole", lambda lot: (taken_whole.append(lot), whole(lot)))
    at_once = staged(path, first)
    assert bool(taken_whole) is (first == SEPTEMBER)
    monkeypatch.setattr(staging.Tally, "refuses_none", lambda _self, _lot: False)
    assert staged(path, first) == at_once
    assert at_once[0]
