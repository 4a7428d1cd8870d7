"""Identity numbers, cards and names as they come out of people's sheets."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock, idcard, names
from app.kernel.errors import Refused
from app.kernel.types import BankCard, IdNumber, Personal, PersonName

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "350102200812010015"


def luhn_by_the_book(digits: str) -> bool:
    total = 0
    for i, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if i % 2 else 1)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


def with_luhn(body: str) -> str:
    return next(body + d for d in "0123456789" if luhn_by_the_book(body + d))


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    with clock.at("2026-11-22"):
        yield


def refusal(rule: type, raw: object, **settings: object) -> str:
    with pytest.raises(Refused) as caught:
        rule.clean(raw, **settings)
    return caught.value.sentence


@pytest.mark.parametrize(
    "raw",
    [
        ID,
        f" {ID} ",
        f"'{ID}",
        "350102 20081201 0015",
        f"\u200b{ID}\ufeff",
        "３５０１０２２００８１２０１００１５",
        f"\u3000{ID}\t",
    ],
)
def test_an_id_number_is_freed_of_what_sheets_add(raw: str) -> None:
    assert IdNumber.clean(raw) == ID


def test_a_small_x_is_the_check_character_x() -> None:
    first17 = next(
        f"35010220081201{n:03d}"
        for n in range(1, 999)
        if idcard.check_character(f"35010220081201{n:03d}") == "X"
    )
    assert IdNumber.clean(first17 + "x") == first17 + "X"
    assert IdNumber.clean(first17 + "ｘ") == first17 + "X"


@pytest.mark.parametrize("raw", [float(ID), int(ID), True, dt.date(2008, 12, 1), "3.50102E+17"])
@pytest.mark.parametrize("kind", [IdNumber, BankCard])
def test_a_number_that_went_through_a_numeric_cell_is_refused_with_the_remedy(
    kind: type, raw: object
) -> None:
    sentence = refusal(kind, raw)
    assert "数字格式" in sentence
    assert "文本" in sentence


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (None, "不能为空"),
        ("", "不能为空"),
        (" \u200b ' ", "不能为空"),
        ("35010220081201001", "现为17位"),
        ("350102200812010016", "校验码"),
        ("350102200802300015", "出生日期"),
        ("350102189912310015", "出生日期"),
        ("350102202611230014", "出生日期"),
        ("35010220081201001A", "数字"),
        ("٣50102200812010015", "数字"),
        ("350102200812010000", "数字格式"),
    ],
)
def test_a_wrong_id_number_is_refused_with_the_reason(raw: object, because: str) -> None:
    assert because in refusal(IdNumber, raw)


def test_a_refusal_never_repeats_the_number() -> None:
    assert "200812" not in refusal(IdNumber, "350102200812010016")
    assert "62128" not in refusal(BankCard, "6212840000000000001")


def test_an_old_number_is_lengthened_and_said_so() -> None:
    number = IdNumber.clean("350102800101001")
    assert number[:17] == "35010219800101001"
    assert "15位" in (IdNumber.doubt(number) or "")


@pytest.mark.parametrize("raw", ["350102081201001", "350102000101001", "350102260101001"])
def test_an_old_number_of_somebody_born_after_1999_is_refused(raw: str) -> None:
    assert "2000年" in refusal(IdNumber, raw)


def test_an_old_number_needs_a_real_birthday_too() -> None:
    assert "出生日期" in refusal(IdNumber, "350102800230001")


def test_a_school_issued_number_is_taken_with_a_doubt() -> None:
    number = IdNumber.clean("999363500012300017")
    assert "临时" in (IdNumber.doubt(number) or "")


@pytest.mark.parametrize(
    ("area", "doubted"),
    [
        ("350102", False),
        ("350112", False),
        ("350427", False),
        ("830000", False),
        ("810000", False),
        ("110101", False),
        ("350199", True),
        ("990000", True),
    ],
)
def test_only_an_area_nobody_knows_is_doubted(area: str, doubted: bool) -> None:
    first17 = f"{area}20081201001"
    number = IdNumber.clean(first17 + idcard.check_character(first17))
    assert (IdNumber.doubt(number) is not None) == doubted


def test_a_number_that_ends_in_three_zeros_is_doubted() -> None:
    first17 = next(
        f"{ID[:14]}{n}00" for n in range(10) if idcard.check_character(f"{ID[:14]}{n}00") == "0"
    )
    assert "000" in (IdNumber.doubt(IdNumber.clean(first17 + "0")) or "")


def test_masks_hide_the_birthday_and_the_middle_of_the_card() -> None:
    assert IdNumber.mask(ID) == "3501**********0015"
    assert BankCard.mask("6212840000000000009") == "6212****0009"
    assert BankCard.mask("12345678") == "****5678"
    assert BankCard.last4("6212840000000000009") == "0009"
    assert IdNumber.personal == BankCard.personal == Personal.SENSITIVE


@given(st.text("0123456789", min_size=15, max_size=18))
def test_a_card_with_its_check_digit_is_taken_and_any_other_last_digit_refused(body: str) -> None:
    card = with_luhn(body)
    assert BankCard.clean(card) == card
    for digit in set("0123456789") - {card[-1]}:
        with pytest.raises(Refused):
            BankCard.clean(body + digit)


def test_a_card_may_be_written_in_groups() -> None:
    card = with_luhn("621284000000000001")
    spaced = " ".join(card[i : i + 4] for i in range(0, len(card), 4))
    assert BankCard.clean(spaced) == card
    assert BankCard.clean(spaced.replace(" ", "-")) == card


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        ("621284", "16至19位"),
        ("6" * 20, "16至19位"),
        ("62128400000000000O9", "只能是数字"),
        ("6212840000000000001", "校验不符"),
        ("6217000123456710000", "整列设置为“文本”"),
        ("621700012345678000", "整列设置为“文本”"),
    ],
)
def test_a_wrong_card_is_refused_with_the_reason(raw: str, because: str) -> None:
    assert because in refusal(BankCard, raw)


def test_a_passbook_has_no_check_digit_and_up_to_22_digits() -> None:
    account = "1234567890123456789012"
    assert BankCard.clean(account, kind="passbook") == account
    assert "存折" in refusal(BankCard, account + "3", kind="passbook")
    assert BankCard.doubt(account, kind="passbook") is None


def test_a_card_that_is_not_unionpay_or_looks_rounded_is_doubted() -> None:
    assert BankCard.doubt(with_luhn("621284000000000001")) is None
    assert "62" in (BankCard.doubt(with_luhn("411111111111111")) or "")
    assert "0" in (BankCard.doubt("6212840000000030000") or "")


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("张三", "张三"),
        (" 张 三 ", "张三"),
        ("张\u3000三", "张三"),
        ("张\u200b三", "张三"),
        ("'张三", "张三"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提・艾力", "买买提·艾力"),
        ("买买提．艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("买买提 · 艾力", "买买提·艾力"),
        ("买买提·艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("ＪＯＨＮ", "JOHN"),
        ("J. Smith", "J. Smith"),
        ("䶮三", "䶮三"),
        ("李〇", "李〇"),
        ("\U0002cb1e三", "\U0002cb1e三"),
        ("\ufa0e三", "\ufa0e三"),
    ],
)
def test_a_name_is_tidied_and_never_exchanged(raw: str, kept: str) -> None:
    assert PersonName.clean(raw) == kept


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=9))
def test_a_name_of_common_characters_stays_as_it_is(name: str) -> None:
    assert PersonName.clean(name) == name
    assert PersonName.clean(" ".join(name)) == name


@pytest.mark.parametrize(
    "raw", [None, "", "  ", 12.0, "张3", "张三１", "张三(小)", "张,三", "··", "张\n三?", "张" * 51]
)
def test_what_is_no_name_is_refused(raw: object) -> None:
    assert refusal(PersonName, raw)


def test_what_stands_beside_a_name_is_told_where_to_go() -> None:
    assert refusal(PersonName, "张三（补）") == "姓名里不能有 ( ) ，请只填姓名，说明写到备注里"


@pytest.mark.parametrize(("name", "missing"), [("䶮三", "䶮"), ("㛃", "㛃"), ("李𬭎", "𬭎")])
def test_a_character_a_bank_file_cannot_hold_is_named(name: str, missing: str) -> None:
    assert missing in (PersonName.doubt(name) or "")
    assert names.not_in(name, "gbk") == [missing]
    assert names.not_in(name, "gb18030") == []


def test_the_dot_we_keep_fits_the_bank_file_and_the_bullet_does_not() -> None:
    assert PersonName.doubt(PersonName.clean("买买提•艾力")) is None
    assert names.not_in("买买提•艾力•", "gbk") == ["•"]


def test_a_single_character_is_doubted_and_a_masked_name_shows_only_the_first() -> None:
    assert "一个字" in (PersonName.doubt("王") or "")
    assert PersonName.doubt("王五") is None
    assert PersonName.mask("欧阳小明") == "欧*"
