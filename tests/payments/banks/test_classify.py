"""Banks' words and codes become one vocabulary, with a sentence for everybody concerned."""

from __future__ import annotations

import pytest

from app.payments.banks import MEANINGS, Reason
from app.payments.banks.reasons import classify

WORDS = [
    ("成功", Reason.OK),
    ("户名不符", Reason.NAME_MISMATCH),
    ("账号户名不符", Reason.NAME_MISMATCH),
    ("账号与户名不一致", Reason.NAME_MISMATCH),
    ("无此账户", Reason.ACCT_NOT_FOUND),
    ("帐号错误", Reason.ACCT_NOT_FOUND),
    ("无效卡号", Reason.ACCT_NOT_FOUND),
    ("账户已关户", Reason.ACCT_CLOSED),
    ("已清户", Reason.ACCT_CLOSED),
    ("临时锁定", Reason.ACCT_FROZEN),
    ("挂失", Reason.ACCT_FROZEN),
    ("磁卡未生效", Reason.NOT_ACTIVE),
    ("睡眠户", Reason.NOT_ACTIVE),
    ("过期卡", Reason.EXPIRED_CARD),
    ("超过二类户限额", Reason.LIMIT),
    ("收款行号错", Reason.BANK_CODE),
    ("重复业务", Reason.DUPLICATE),
    ("付款账户余额不足", Reason.FUNDS),
    ("退汇", Reason.RETURNED),
    ("系统忙,请稍后", Reason.UNKNOWN),
    ("月球引力异常", Reason.OTHER),
    ("", Reason.OTHER),
]


@pytest.mark.parametrize(("words", "reason"), WORDS)
def test_known_words_have_their_reason(words: str, reason: Reason) -> None:
    assert classify(words) is reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [("3031", Reason.NAME_MISMATCH), ("AC04", Reason.ACCT_CLOSED), ("AM05", Reason.DUPLICATE)],
)
def test_a_code_speaks_before_the_words(code: str, reason: Reason) -> None:
    assert classify("详见附言", code) is reason


def test_the_words_decide_where_the_code_says_nothing() -> None:
    assert classify("户名不符", "NARR") is Reason.NAME_MISMATCH


def test_a_profiles_own_words_come_first() -> None:
    own = {"月球": "LIMIT", "E7": "FUNDS"}
    assert classify("月球引力异常", own=own) is Reason.LIMIT
    assert classify("", "E7", own) is Reason.FUNDS


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_tells_the_student_and_the_clerk_something(reason: Reason) -> None:
    meaning = MEANINGS[reason]
    assert len(str(meaning.student)) >= 3
    assert len(str(meaning.clerk)) >= 5
