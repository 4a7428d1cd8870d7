"""A bank format that one county of the small Fujian drew up itself, and the change it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.world.story import Story

COUNTY_BANK: dict[str, Any] = {
    "name": "minhou_county_bank",
    "title": "试用村镇银行 代发文本",
    "bank_code": "320",
    "note": "试用数据，没有这家银行。",
    "container": "txt",
    "encoding": "gbk",
    "separator": "|",
    "max_rows_per_file": 1000,
    "file_name": "DF{date}{file_no:03d}.txt",
    "head": [[{"source": "agreement_no"}, {"source": "count"}, {"source": "sum"}]],
    "columns": [
        {"source": "seq", "title": "序号"},
        {"source": "card_no", "title": "账号", "required": True, "spaces": False},
        {"source": "holder_name", "title": "户名", "required": True, "spaces": False},
        {"source": "fen", "title": "金额"},
        {"source": "ref", "title": "附言", "required": True},
    ],
    "results": {
        "container": "txt",
        "encoding": "gbk",
        "separator": "|",
        "fields": {"ref": 1, "card": 2, "amount": 3, "status": 4, "reason": 5, "arrived_on": 6},
        "statuses": {"成功": "paid", "失败": "failed", "处理中": "unknown"},
    },
}
SMALLER = COUNTY_BANK | {"max_rows_per_file": 500, "encoding": "gb18030"}


def tell_formats(story: Story, bureau: str) -> None:
    """The first edition is in use since the first month; the second waits to be checked."""
    first, last = story.months[0], story.months[-2]
    day, deeds = story.days.of_month, story.deeds
    story.note(day(first, 2, 9), deeds.draft_layout, bureau, COUNTY_BANK, "按银行来函制定")
    story.note(day(first, 2, 15), deeds.activate_layout, bureau, COUNTY_BANK["name"])
    changed = "银行通知：每个文件最多五百笔，可以收生僻字"
    story.note(day(last, 10, 9), deeds.draft_layout, bureau, SMALLER, changed)
