"""Rows as schools really get them wrong: refused ones, and well-formed ones one must ask about."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from app.kernel.types import YearMonth
from app.world.people import with_luhn
from app.world.roster import granted, on_leave, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.world.roster import Row, Student

OLD_RULE = YearMonth.at(2024, 12)
"""A paid month in which the third grade got nothing yet."""

REMEMBERED = 3
"""How many paid months the questionable rows look back over; with more of them behind, there is a
student who was on leave."""


def spoil_digit(number: str) -> str:
    """The number with its fourth digit from the end wrong: its check does not fit any more."""
    return f"{number[:-4]}{(int(number[-4]) + 1) % 10}{number[-3:]}"


def refused(row: Row, month: YearMonth, other_school: str) -> Iterator[tuple[str, Row]]:
    """(What is wrong, the row spoiled by that) for every common way to have a row refused."""
    for said, changes in (
        ("身份证号有一位写错", {"id_no": spoil_digit(row["id_no"])}),
        ("身份证号少一位", {"id_no": row["id_no"][:-1]}),
        ("身份证号的出生日期不存在", {"id_no": f"{row['id_no'][:10]}0230{row['id_no'][14:]}"}),
        ("身份证号是数字格式", {"id_no": int(row["id_no"][:17] + "0")}),
        ("身份证号没有填", {"id_no": ""}),
        ("银行卡号有一位写错", {"card_no": spoil_digit(row["card_no"])}),
        ("银行卡号是数字格式", {"card_no": int(row["card_no"])}),
        ("银行卡号太短", {"card_no": row["card_no"][:12]}),
        ("姓名没有填", {"name": "", "holder_name": ""}),
        ("姓名里有数字", {"name": f"{row['name']}2"}),
        ("年级不在选项里", {"grade": "四年级"}),
        ("专业没有填", {"major": ""}),
        ("金额写成了汉字", {"amount_fen": "二百三十元"}),
        ("金额有三位小数", {"amount_fen": 230.125}),
        ("金额是0", {"amount_fen": 0}),
        ("月份写法不对", {"first_month": "2026年13月"}),
        ("截止年月晚于名单月份", {"last_month": str(month + 1)}),
        ("起始年月晚于截止年月", {"last_month": str(month - 1)}),
        ("不是本校的标识码", {"school_code": other_school}),
    ):
        yield said, row | changes
    yield "与第一次出现的行重复", row


def questionable(own: list[Student], others: list[Student], months: Sequence[YearMonth], fen: int
                 ) -> list[Row]:  # fmt: skip
    """A whole list: most rows good, and one for every finding that a file can bring.

    `months`: paid months up to the list's own; the one before is listed, those before are paid.
    """
    good = [row_of(s, months[-1], fen) for s in granted(own, months[-1])]
    asked = [doubt | {"remark": said} for said, doubt in doubts(own, others, months, fen)]
    changed = {row["id_no"] for row in asked}
    return [row for row in good if row["id_no"] not in changed] + asked


def doubts(own: list[Student], others: list[Student], months: Sequence[YearMonth], fen: int
           ) -> Iterator[tuple[str, Row]]:  # fmt: skip
    """(What is to be asked, row) for every finding; but for the last, each is another student."""
    month, mine = months[-1], granted(own, months[-1])
    away = next((s for s in own if s.state == "02"), None)
    stranger = next(s for s in others if s.is_there(month) and s not in granted(others, month))
    yield "不在本校学籍", row_of(stranger, month, fen) | {"school_code": own[0].school}
    if away:  # somebody may have called him back since
        yield "学籍状态是休学", row_of(away, month, fen)
    if len(months) > REMEMBERED:
        yield "休学期间的月份", row_of(on_leave(own, months), months[1], fen)
    rows = (row_of(s, month, fen) for s in mine[5:])
    for said, changes in _changes(mine[0], months, fen):
        yield said, next(rows) | changes
    older = next(s for s in mine[2:] if s.grade(month) == 3)
    yield "三年级在2024年秋季不享受", row_of(older, month, fen) | {
        "first_month": str(OLD_RULE), "last_month": str(OLD_RULE), "amount_fen": 200,
    }  # fmt: skip
    for newest in [s for s in mine if s.grade(month) == 1][-1:]:
        june = str(newest.enrolled_in - 3)
        spoilt = {"first_month": june, "last_month": june}
        yield "入学以前的月份", row_of(newest, month, fen) | spoilt
    twice = next(rows)
    longer = {"first_month": str(months[-2]), "amount_fen": fen * 2 / 100}
    yield from itertools.product(["同一学生的月份重叠"], (twice, twice | longer))


def on_new_card(own: list[Student], month: YearMonth) -> Student:
    """The student whose questionable row names another card."""
    return granted(own, month)[8]


def _changes(somebody: Student, months: Sequence[YearMonth], fen: int
             ) -> Iterator[tuple[str, dict[str, Any]]]:  # fmt: skip
    """What is changed in a good row so that a finding comes of it."""
    new_card = with_luhn(f"621284{somebody.card_no[-9:]}999")
    paid, listed = str(months[-3:][0]), str(months[-2])
    yield "卡号是别人的", {"card_no": somebody.card_no}
    yield "户名是家长的", {"holder_name": "林国强"}
    yield "金额超过标准", {"amount_fen": fen * 10 / 100}
    yield "换了新卡", {"card_no": new_card, "bank_name": "中国建设银行", "cnaps": ""}
    yield "姓名与学籍不一致", {"name": "林小明", "holder_name": "林小明"}
    yield "上一个月已经列入过", {"first_month": listed, "last_month": listed}
    yield "以前的月份已经发过", {"first_month": paid, "last_month": paid}
    before = {"id_no": f"999{somebody.school}00001", "card_no": with_luhn(f"{new_card[:-2]}8")}
    yield "又用临时号列了一次", before
