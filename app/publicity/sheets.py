"""The monthly list as a file: its columns, their other names, and what a row must agree on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.sheets import Column, Sheet
from app.kernel.types import BankCard, Fen, IdNumber, Month, PersonName, Rule, Text
from app.registry.sheets import WHERE, WHO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.kernel.types import YearMonth
    from app.kernel.types.people import AccountKind

MAX_MONTHS = 12

ENTRIES = Sheet(
    kind="entries",
    title=_l("受助学生名单"),
    noun=_l("学生"),
    columns=[
        *WHO,
        *WHERE,
        Column("first_month", _l("发放起始年月"), Month(), synonyms=("起始年月", "开始月份"),
               example="2026-09"),
        Column("last_month", _l("发放截止年月"), Month(), synonyms=("截止年月", "结束月份"),
               example="2026-09"),
        Column("amount_fen", _l("金额（元）"), Fen(), required=True,
               synonyms=("金额", "资助金额", "发放金额"), example=230),
        Column("card_no", _l("银行卡号"), BankCard(), required=True,
               synonyms=("资助卡号", "中职学生资助卡号", "卡号", "账号", "银行账号", "银行帐号",
                         "银行卡账号", "开户账号")),
        Column("holder_name", _l("户名"), PersonName(), synonyms=("开户人", "持卡人"),
               note=_l("不填即与姓名相同")),
        Column("bank_name", _l("开户行"), Text(60), synonyms=("开户银行", "银行名称")),
        Column("cnaps", _l("联行号"), Text(12), synonyms=("联行行号", "行号")),
        Column("remark", _l("备注"), Text(200)),
    ],
)  # fmt: skip


class Covered(str):
    """A number as it is shown: its middle is stars. Only with a row's key does it mean one."""

    __slots__ = ()


_STARS = re.compile(r"[0-9A-Z]{0,4}\*{4,14}[0-9X]{4}")


def _covered(raw: object) -> Covered | None:
    said = "".join(str(raw).split()) if isinstance(raw, str) else ""
    return Covered(said) if _STARS.fullmatch(said) else None


class IdNumberAgain(IdNumber):
    """An ID number, or the stars that stand for the one the line has."""

    cache_ok = True

    @classmethod
    def clean(cls, raw: object) -> str:
        try:
            return super().clean(raw)
        except Refused:
            if covered := _covered(raw):
                return covered
            raise

    @classmethod
    def doubt(cls, value: str) -> str | None:
        return None if isinstance(value, Covered) else super().doubt(value)


class BankCardAgain(BankCard):
    """The same for cards."""

    cache_ok = True

    @classmethod
    def clean(cls, raw: object, kind: AccountKind = "card") -> str:
        try:
            return super().clean(raw, kind)
        except Refused:
            if covered := _covered(raw):
                return covered
            raise

    @classmethod
    def doubt(cls, value: str, kind: AccountKind = "card") -> str | None:
        return None if isinstance(value, Covered) else super().doubt(value, kind)


AGAIN: dict[str, Rule[Any]] = {"id_no": IdNumberAgain(), "card_no": BankCardAgain()}
RETURNED = replace(
    ENTRIES,
    columns=[
        *(replace(c, rule=AGAIN.get(c.key, c.rule)) for c in ENTRIES.columns),
        Column("row_key", _l("行标识（勿改）"), Text(60)),
        Column("row_version", _l("版本（勿改）"), Text(10)),
    ],
)
"""What is read: lists that schools filled in, and exported ones that come back with their keys."""


@dataclass(frozen=True)
class Agreements:
    """What the cells of a row must agree on with the list it is uploaded to.

    Called with a row's values (by key) it gives (column key, sentence) for each thing wrong.
    """

    school_code: str
    first: YearMonth
    last: YearMonth

    def __call__(self, values: dict[str, Any]) -> Iterable[tuple[str, str]]:
        return _disagreements(values, self.school_code, self.first, self.last)

    def hold_for_all(self, v: Mapping[str, Sequence[Any]]) -> bool:
        """Nothing is wrong with any of many rows; most files are of their list's own month."""
        in_month = {None, self.first, self.last} == {None, self.last}
        return (
            in_month and all(v["amount_fen"])
            and {None, "", self.school_code}.issuperset(v["school_code"])
            and {None, self.last}.issuperset(v["first_month"])
            and {None, self.last}.issuperset(v["last_month"])
        )  # fmt: skip


def _disagreements(values: dict[str, Any], school_code: str, first: YearMonth, last: YearMonth
                   ) -> Iterator[tuple[str, str]]:  # fmt: skip
    if values.get("school_code") not in (None, "", school_code):
        yield "school_code", _("不是本校的标识码（本校为%(code)s）", code=school_code)
    if values.get("amount_fen") == 0:
        yield "amount_fen", _("金额须大于0")
    start = values.get("first_month") or first
    end = values.get("last_month") or last
    if start > end:
        yield "first_month", _("起始年月晚于截止年月")
    elif end - start >= MAX_MONTHS:
        yield "first_month", _("一行最多%(n)s个月，请分行填写", n=MAX_MONTHS)
    if end > last:
        yield "last_month", _("不能晚于名单月份%(month)s", month=last)
