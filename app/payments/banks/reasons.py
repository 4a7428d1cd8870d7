"""Why a bank did not pay, in one vocabulary for all banks, and what to do about it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask_babel.speaklater import LazyString


class Reason(StrEnum):
    """The canonical reasons; banks' own words are mapped to them."""

    OK = "OK"
    NAME_MISMATCH = "NAME_MISMATCH"
    ACCT_NOT_FOUND = "ACCT_NOT_FOUND"
    ACCT_CLOSED = "ACCT_CLOSED"
    ACCT_FROZEN = "ACCT_FROZEN"
    NOT_ACTIVE = "NOT_ACTIVE"
    EXPIRED_CARD = "EXPIRED_CARD"
    LIMIT = "LIMIT"
    BANK_CODE = "BANK_CODE"
    DUPLICATE = "DUPLICATE"
    FUNDS = "FUNDS"
    RETURNED = "RETURNED"
    UNKNOWN = "UNKNOWN"
    OTHER = "OTHER"


# A "failed" line with one of these may in truth be paid: it has to be asked about first.
DOUBTFUL = frozenset({Reason.UNKNOWN, Reason.DUPLICATE})


WRONG_CARD = frozenset({
    Reason.NAME_MISMATCH, Reason.ACCT_NOT_FOUND, Reason.ACCT_CLOSED, Reason.EXPIRED_CARD,
    Reason.BANK_CODE,
})  # fmt: skip
"""Paid again to the same card as it stands with us, the payment fails again."""


class Meaning(NamedTuple):
    """What the student reads, and what the clerk does next."""

    student: LazyString
    clerk: LazyString


MEANINGS: Mapping[Reason, Meaning] = {
    Reason.OK: Meaning(_l("已到账"), _l("登记到账日期")),
    Reason.NAME_MISMATCH: Meaning(
        _l("银行登记的户名与你的姓名不一致，请带身份证和银行卡到学校核对"),
        _l("核对户名与账号，更正后重发"),
    ),
    Reason.ACCT_NOT_FOUND: Meaning(
        _l("银行查不到这个账号，请带银行卡到学校核对"), _l("重新登记银行卡，经复核后重发")
    ),
    Reason.ACCT_CLOSED: Meaning(
        _l("这张银行卡已销户，请办理新卡并告知学校"), _l("登记新卡，经复核后重发")
    ),
    Reason.ACCT_FROZEN: Meaning(
        _l("这张银行卡被冻结、挂失或止付，请带身份证到银行解除"),
        _l("通知学生到银行处理，办好后重发"),
    ),
    Reason.NOT_ACTIVE: Meaning(
        _l("这张银行卡还没有激活或已转入睡眠，请带身份证到银行激活"),
        _l("通知学生到银行激活，办好后重发"),
    ),
    Reason.EXPIRED_CARD: Meaning(
        _l("这张银行卡已过有效期，请换新卡并告知学校"), _l("登记新卡，经复核后重发")
    ),
    Reason.LIMIT: Meaning(
        _l("这张银行卡有收款限额，请到银行升级为一类户或换卡"),
        _l("请学生升级账户或换一类卡，办好后重发"),
    ),
    Reason.BANK_CODE: Meaning(
        _l("开户行信息有误，学校正在更正，你不用做什么"), _l("更正开户行与联行号后重发")
    ),
    Reason.DUPLICATE: Meaning(
        _l("银行提示重复，正在核实是否已经到账"), _l("先向银行查明是否已付，再决定是否重发")
    ),
    Reason.FUNDS: Meaning(
        _l("付款账户余额不足，将在资金到位后补发，你不用做什么"), _l("落实资金后重发")
    ),
    Reason.RETURNED: Meaning(
        _l("款项曾付出又被银行退回，请核对银行卡是否能正常收款"), _l("查明退汇原因，更正后重发")
    ),
    Reason.UNKNOWN: Meaning(
        _l("银行尚未给出明确结果，请耐心等待"), _l("等待或向银行查询，查明之前不得重发")
    ),
    Reason.OTHER: Meaning(_l("银行没有付成，学校正在查明原因"), _l("按银行原文人工处理")),
}

# Read from the top: "账号户名不符" is about the name, "账户已关户" about a closed account.
WORDS: tuple[tuple[Reason, str], ...] = (
    (Reason.DUPLICATE, "重复"),
    (Reason.UNKNOWN, "系统忙|处理中|超时|待处理|尚未处理|未明|返回为空|已受理"),
    (Reason.RETURNED, "退票|退汇|退回"),
    (Reason.NAME_MISMATCH, "户名.{0,4}(不符|不一致|错)|姓名.{0,4}(不符|不一致|错)|账号户名不"),
    (Reason.BANK_CODE, "行号.{0,3}(错|不符|不存在|无效)|行不符|行名.{0,3}(错|不符)"),
    (Reason.EXPIRED_CARD, "过期|有效期"),
    (Reason.ACCT_CLOSED, "销户|清户|关户|注销"),
    (Reason.NOT_ACTIVE, "未生效|未激活|睡眠|中止|久悬"),
    (Reason.ACCT_FROZEN, "冻结|锁定|挂失|止付|只付不收|不收不付"),
    (Reason.LIMIT, "超.{0,4}限|限额"),
    (Reason.FUNDS, "余额不足|头寸不足"),
    (
        Reason.ACCT_NOT_FOUND,
        "无此.?[账帐]户|无此.?[账帐]号|无此卡|[账帐][号户].{0,4}(错|不存在|无效|有误)",
    ),
    (Reason.ACCT_NOT_FOUND, "无效.?(卡|[账帐])|卡号.{0,4}(错|不存在|无效|有误)|查无此"),
    (Reason.OK, "^成功$|交易成功|^处理成功$|^S$"),
)
_WORDS = tuple((reason, re.compile(words)) for reason, words in WORDS)

_CODES: Mapping[Reason, str] = {
    Reason.OK: "0000 ACSC ACCC",
    Reason.NAME_MISMATCH: "3031 BE01",
    Reason.ACCT_NOT_FOUND: "3009 3030 3004 AC01 AC03",
    Reason.ACCT_CLOSED: "3018 3039 AC04",
    Reason.ACCT_FROZEN: "3017 3020 3006 3016 AC06",
    Reason.NOT_ACTIVE: "3037 3057 AG01",
    Reason.EXPIRED_CARD: "3010 AC13",
    Reason.LIMIT: "3013 3015 AM02 AM14",
    Reason.BANK_CODE: "RC01 AGNT",
    Reason.DUPLICATE: "3051 AM05",
    Reason.FUNDS: "3008 AM04",
    Reason.RETURNED: "3056",
    Reason.UNKNOWN: "2000 3028 3044 PDNG ACSP",
    Reason.OTHER: "3097 MS03 NARR",
}
CODES = {code: reason for reason, codes in _CODES.items() for code in codes.split()}


def classify(text: str, code: str = "", own: Mapping[str, str] | None = None) -> Reason:
    """The canonical reason: the profile's own words first, then known codes, then known words.

    What nobody knows is OTHER, and the caller keeps the bank's text beside it.
    """
    for words, canonical in (own or {}).items():
        if words == code or words in text:
            return Reason(canonical)
    if code in CODES and CODES[code] is not Reason.OTHER:
        return CODES[code]
    return next((reason for reason, words in _WORDS if words.search(text)), Reason.OTHER)
