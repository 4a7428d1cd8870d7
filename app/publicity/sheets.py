"""The monthly list as a file: its columns, their other names, and what a row must agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, _l
from app.kernel.sheets import Column, Sheet
from app.kernel.types import (
    BankCard,
    Choice,
    Fen,
    IdNumber,
    Month,
    PersonName,
    RegNo,
    SchoolCode,
    Text,
)
from app.registry.models import GRADES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.kernel.types import YearMonth

MAX_MONTHS = 12
GRADE_WORDS = {
    "一": "1", "二": "2", "三": "3", "1年级": "1", "2年级": "2", "3年级": "3",
    "高一": "1", "高二": "2", "高三": "3",
}  # fmt: skip

ENTRIES = Sheet(
    kind="entries",
    title=_l("受助学生名单"),
    noun=_l("学生"),
    columns=[
        Column("school_code", _l("学校标识码"), SchoolCode(), synonyms=("学校代码", "机构标识码")),
        Column("name", _l("姓名"), PersonName(), required=True, synonyms=("学生姓名",),
               example="林晓燕"),
        Column("id_no", _l("身份证件号"), IdNumber(), required=True,
               synonyms=("身份证号", "身份证号码", "证件号码"), example="350102200812010015"),
        Column("reg_no", _l("学籍号"), RegNo(), synonyms=("全国学籍号",)),
        Column("grade", _l("年级"), Choice(GRADES, also=GRADE_WORDS), required=True,
               example="一年级"),
        Column("major", _l("专业名称"), Text(60), required=True, synonyms=("专业",),
               example="现代农艺技术"),
        Column("class_name", _l("班级"), Text(60), required=True, synonyms=("班级名称",),
               example="2026级农艺1班"),
        Column("first_month", _l("发放起始年月"), Month(), synonyms=("起始年月", "开始月份"),
               example="2026-09"),
        Column("last_month", _l("发放截止年月"), Month(), synonyms=("截止年月", "结束月份"),
               example="2026-09"),
        Column("amount_fen", _l("金额(元)"), Fen(), required=True,
               synonyms=("金额", "资助金额", "发放金额"), example=230),
        Column("card_no", _l("银行卡号"), BankCard(), required=True,
               synonyms=("资助卡号", "中职学生资助卡号", "卡号", "账号")),
        Column("holder_name", _l("户名"), PersonName(), synonyms=("开户人", "持卡人"),
               note=_l("不填即与姓名相同")),
        Column("bank_name", _l("开户行"), Text(60), synonyms=("开户银行", "银行名称")),
        Column("cnaps", _l("联行号"), Text(12), synonyms=("联行行号", "行号")),
        Column("remark", _l("备注"), Text(200)),
    ],
)  # fmt: skip


def row_check(school_code: str, first: YearMonth, last: YearMonth) -> Any:
    """The agreements of one row with the list it is uploaded to.

    Returns a function of a row's values (dict) giving (column key, sentence) for each thing wrong.
    """

    def check(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if values.get("school_code") not in (None, "", school_code):
            yield "school_code", _("不是本校的标识码(本校为%(code)s)", code=school_code)
        if values.get("amount_fen") == 0:
            yield "amount_fen", _("金额须大于0")
        start = values.get("first_month") or first
        end = values.get("last_month") or last
        if start > end:
            yield "first_month", _("起始年月晚于截止年月")
        elif end - start >= MAX_MONTHS:
            yield "first_month", _("一行最多%(n)s个月,请分行填写", n=MAX_MONTHS)
        if end > last:
            yield "last_month", _("不能晚于名单月份%(month)s", month=last)

    return check
