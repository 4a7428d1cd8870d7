"""What can be set in a bank format, in the words of whoever pays: the form and its complaints."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, _l
from app.payments.banks.column import KINDS, LINE_SOURCES, ROW_SOURCES, RUN_SOURCES, TOTAL_SOURCES
from app.payments.banks.layout import ENCODINGS, FIELDS, MESSAGES, TABLES
from app.payments.banks.layout import TOTALS as TOTAL_FIELDS
from app.payments.banks.profile import CONTAINERS, NEWLINES
from app.payments.banks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, WHOLE, FLAG, CHOICE, LONG = "text", "whole", "flag", "choice", "long"


@dataclass(frozen=True)
class Setting:
    """One control: its key in the data, its label, how it is typed, what else to say of it."""

    key: str
    label: Any
    kind: str = TEXT
    choices: Mapping[str, Any] = field(default_factory=dict)
    hint: Any = ""
    usual: Any = None
    """What the control stands at when the data say nothing."""


CODES = {c: c.upper() for c in ENCODINGS} | {"utf-8-sig": _l("UTF-8（带 BOM）")}
MONEY_FORMS = {"yuan": _l("元"), "fen": _l("分")}

HEAD = (
    Setting("name", _l("格式代码"),
            hint=_l("小写字母、数字和下划线，如 my_bank；同一代码保存为新的一版")),
    Setting("title", _l("名称"), hint=_l("如“某某农商行 代发”")),
    Setting("bank_code", _l("本行行别代码"),
            hint=_l("联行号的前三位；据此分本行、他行，如工行 102")),
    Setting("note", _l("说明"), LONG),
)  # fmt: skip
SHAPE = (
    Setting("container", _l("文件类型"), CHOICE, {c: c for c in CONTAINERS}, usual="txt"),
    Setting("encoding", _l("编码"), CHOICE, CODES, usual="gbk",
            hint=_l("xlsx、xls 填银行后台能存的编码：写不了的字会逐笔列出")),
    Setting("newline", _l("换行"), CHOICE, {n: n for n in NEWLINES}, usual="CRLF"),
    Setting("separator", _l("分隔符"), hint=_l("制表符写 \\t；留空为定长文件，每列填宽度")),
    Setting("row_end", _l("行尾符号"), hint=_l("每行最后、换行之前另加的符号，多数银行没有")),
    Setting("header", _l("第一行写列名"), FLAG),
    Setting("sheet_name", _l("工作表名"), usual="Sheet1"),
    Setting("file_name", _l("文件名"), usual="{run_no}_{date}_{file_no:03d}.txt",
            hint=_l("可用 {run_no} 批次号、{date} 日期、{month} 月份、{file_no} 文件序号、"
                    "{split} 本行跨行、{payer_account} 付款账号、{agreement_no} 协议号")),
)  # fmt: skip
LIMITS = (
    Setting("max_rows_per_file", _l("每个文件最多笔数"), WHOLE),
    Setting("min_rows_per_file", _l("每个文件最少笔数"), WHOLE, usual=1),
    Setting("max_fen_per_file", _l("每个文件最大金额（分）"), WHOLE),
    Setting("split", _l("本行与他行"), CHOICE,
            {"": _l("不分开"), "by_bank": _l("分成不同文件"), "same_only": _l("只发本行"),
             "other_only": _l("只发他行")}),
    Setting("split_same", _l("本行标志"), usual="same"),
    Setting("split_other", _l("他行标志"), usual="other"),
)  # fmt: skip
SOURCES = {"": _l("（不用）"), **LINE_SOURCES, **ROW_SOURCES, **RUN_SOURCES}
EXTRAS = {
    "extra.province": _l("收款账号省份"), "extra.city": _l("收款账号地市"),
    "extra.area_code": _l("收款账号地区码"), "extra.boc_province": _l("中国银行省行号"),
}  # fmt: skip
"""What single banks want beside the rest; the values stand with the bureau's paying account."""
RECORD_SOURCES = {"": _l("（不用）"), **RUN_SOURCES, **TOTAL_SOURCES}
COLUMN = (
    Setting("source", _l("内容"), CHOICE, SOURCES),
    Setting("title", _l("列名")),
    Setting("constant", _l("固定值")),
    Setting("width", _l("宽度（字节）"), WHOLE),
    Setting("required", _l("必填"), FLAG),
)
MORE = (
    Setting("format", _l("写法"), CHOICE,
            {"": _l("通常"), "yuan2": _l("元，两位小数"), "fen": _l("分，整数"), "int": _l("整数"),
             "text": _l("文字")}),
    Setting("date_format", _l("日期写法"), usual="%Y%m%d", hint=_l("%Y 年 %m 月 %d 日")),
    Setting("align", _l("对齐"), CHOICE, {"left": _l("左"), "right": _l("右")}, usual="left"),
    Setting("pad", _l("补位字符"), usual=" "),
    Setting("max_bytes", _l("最多字节"), WHOLE),
    Setting("max_chars", _l("最多字数"), WHOLE),
    Setting("only", _l("只给"), CHOICE,
            dict(zip(KINDS, (_l("所有收款人"), _l("本行收款人"), _l("他行收款人")), strict=True))),
    Setting("otherwise", _l("其他收款人写")),
    Setting("otherwise_source", _l("其他收款人取"), CHOICE, SOURCES | {"": ""}),
    Setting("spaces", _l("可以有空格"), FLAG, usual=True),
    Setting("as_text", _l("单元格存成文字"), FLAG),
    Setting("wrap", _l("外套（XML）"), LONG, hint=_l("{} 处放值")),
)  # fmt: skip
ANSWER = (
    Setting("container", _l("回盘文件类型"), CHOICE,
            {"": _l("没有回盘文件")} | {c: c for c in (*TABLES, *MESSAGES)}),
    Setting("encoding", _l("回盘编码"), CHOICE, CODES, usual="gb18030"),
    Setting("separator", _l("回盘分隔符")),
    Setting("widths", _l("各栏宽度（字节）"), hint=_l("定长回盘填，用逗号隔开")),
    Setting("header_row", _l("列名在第几行"), WHOLE, usual=0,
            hint=_l("0 表示没有列名，按位置取数")),
    Setting("skip_rows", _l("开头跳过几行"), WHOLE, usual=0),
    Setting("lists", _l("回盘列出"), CHOICE,
            {"ALL": _l("全部笔数"),
             "FAILED_ONLY": _l("只列失败；银行合计相符才认定其余成功")}, usual="ALL"),
    Setting("amount_format", _l("回盘金额单位"), CHOICE, MONEY_FORMS, usual="yuan"),
    Setting("date_format", _l("回盘日期写法"), usual="%Y%m%d", hint=_l("%Y 年 %m 月 %d 日")),
)  # fmt: skip
PLACES = dict(zip(FIELDS, (
    _l("我方流水号"), _l("序号"), _l("账号"), _l("户名"), _l("金额"), _l("处理结果"),
    _l("失败原因"), _l("原因代码"), _l("银行流水号"), _l("到账日期"),
), strict=True))  # fmt: skip
TOTALS = dict(zip(TOTAL_FIELDS, (
    _l("总笔数"), _l("成功笔数"), _l("失败笔数"), _l("总金额"), _l("成功金额"), _l("失败金额"),
    _l("到账日期"),
), strict=True))  # fmt: skip
CONTROL = (
    Setting("where", _l("合计行在"), CHOICE,
            {"": _l("没有合计行"), "first": _l("第一行"), "last": _l("最后一行"),
             "marker": _l("有标记的那一行")}),
    Setting("marker", _l("合计行标记")),
    Setting("marker_at", _l("标记在第几栏"), WHOLE, usual=1),
    Setting("amount_format", _l("合计金额单位"), CHOICE, MONEY_FORMS, usual="yuan"),
    Setting("widths", _l("合计行各栏宽度"), hint=_l("与明细不同时填")),
)  # fmt: skip
SAID = {"": _l("（不用）"), "paid": _l("成功"), "failed": _l("失败"), "unknown": _l("待查明"),
        "returned": _l("退汇")}  # fmt: skip
WHY = {"": _l("（不用）"), **dict(zip((r.value for r in Reason), (
    _l("已到账"), _l("户名不符"), _l("查无此账户"), _l("已销户"), _l("冻结或挂失"), _l("未激活"),
    _l("卡已过期"), _l("超限额"), _l("行号错误"), _l("重复业务"), _l("付款户余额不足"), _l("退汇"),
    _l("待查明"), _l("其他"),
), strict=True))}  # fmt: skip

SECTIONS = {
    "columns": _l("明细第%(n)s列"), "head": _l("文件头第%(n)s行"), "trailer": _l("文件尾第%(n)s行"),
    "results": _l("回盘"), "fields": _l("取数位置"), "control": _l("合计行"),
    "statuses": _l("银行的结果用词"), "reasons": _l("银行的原因用词"),
    "other_bank_needs": _l("他行必须有"), "version": _l("版本"),
}  # fmt: skip
WHOLES = {"columns": _l("明细的列"), "head": _l("文件头"), "trailer": _l("文件尾")}
LABELS: dict[str, Any] = {s.key: s.label for s in (*CONTROL, *ANSWER, *MORE, *COLUMN, *LIMITS,
                                                    *SHAPE, *HEAD)}  # fmt: skip
LABELS |= {"ref": PLACES["ref"], "status": PLACES["status"], "card": PLACES["card"],
           "amount": PLACES["amount"], "card_no": LINE_SOURCES["card_no"],
           "fen": LINE_SOURCES["fen"], "row": ROW_SOURCES["row"]}  # fmt: skip
STEP = re.compile(r"([a-z_0-9]+)|\[(\d+)\]")
KEY = re.compile(rf"\b({'|'.join(sorted(LABELS, key=len, reverse=True))})\b")


def named(path: str) -> str:
    """A path of the data as a person finds it on the page: 明细第2列的“宽度（字节）”."""
    said: list[str] = []
    inside = ""
    for key, number in STEP.findall(path):
        if number:
            said[-1:] = [_numbered(inside, number)]
            inside = "item"
        else:
            said.append(_word(key))
            inside = key
    return "，".join(said)


def _numbered(inside: str, number: str) -> str:
    if inside == "item":
        return _("第%(n)s项", n=number)
    return str(SECTIONS.get(inside, inside)).replace("%(n)s", number)


def _word(key: str) -> str:
    return str(LABELS.get(key) or WHOLES.get(key) or SECTIONS.get(key, key))


def in_words(sentence: str) -> str:
    """The names of settings in a complaint as the page calls them."""
    return KEY.sub(lambda match: f"“{LABELS[match[1]]}”", sentence)
