"""Identity numbers, cards and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sqlalchemy import LargeBinary, String

from app.kernel import check_digits, clock, idcard, names
from app.kernel.check_digits import luhn
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l, listed
from app.kernel.types.rule import Personal, PlainRule, Sealed, halfwidth, refuse_blank

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from sqlalchemy import Dialect


AccountKind = Literal["card", "passbook"]

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


ID_WORDS, CARD_WORDS = _l("身份证件号"), _l("银行卡号")
"""Put into words only in a refusal: a translation a row would cost more than the check."""


class UpgradedNumber(str):
    """An 18-character number worked out from an old one of 15 digits."""

    __slots__ = ()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


class IdNumber(Sealed):
    """A citizen's identity number, or a temporary one that a school issued."""

    cache_ok = True  # SQLAlchemy asks each class itself, and does not look at its bases
    code: ClassVar[str] = "id_number"
    width: ClassVar[int] = 21
    hint = _l("18位身份证件号，单元格格式须为“文本”")

    @classmethod
    def clean(cls, raw: object) -> str:
        today = clock.today()
        if type(raw) is str and idcard.is_sound(raw, today):
            return raw
        return _read_id(unspaced(raw, ID_WORDS), today)

    def plain_test(self) -> Callable[[Sequence[str]], bool]:
        return check_digits.identity_numbers(clock.today())

    @classmethod
    def doubt(cls, value: str) -> str | None:
        if idcard.is_school_issued(value):
            return _("这是学校编制的临时号码，请尽快换成身份证号")
        if isinstance(value, UpgradedNumber):
            return _("原为15位旧号码，已换成18位，请与身份证核对")
        if value.endswith("000"):
            return _("号码末三位是000，可能被表格软件改过，请与身份证核对")
        if not idcard.area_is_known(value):
            return _("身份证号前6位不是已知的行政区划代码，请与身份证核对")
        return None

    @classmethod
    def mask(cls, value: str) -> str:
        return starred(value, 4, 4)


def _read_id(number: str, today: dt.date) -> str:
    """A number already free of spaces, checked step by step for an exact sentence."""
    number = number.upper()
    if idcard.is_school_issued(number):
        return number
    if len(number) == 15 and number.isascii() and number.isdecimal():
        return _from_fifteen(number, today)
    if len(number) != 18:
        raise Refused(_("身份证号应为18位，现为%(n)s位", n=len(number)))
    if not (number[:17].isascii() and number[:17].isdecimal() and number[17] in "0123456789X"):
        raise Refused(_("身份证号只能是17位数字加1位数字或X"))
    birth = idcard.day_of(number[6:14])
    if birth is None or birth > today:
        raise Refused(_("身份证号第7至14位不是真实的出生日期"))
    if not idcard.checks(number):
        if number.endswith("000"):
            raise _rounded(ID_WORDS)
        raise Refused(_("身份证号校验码不符，至少有一位写错，请与身份证核对"))
    return number


def _from_fifteen(old: str, today: dt.date) -> str:
    """Old numbers went to people born before 2000; a year that may be a later one is refused."""
    if int(old[6:8]) + 2000 <= today.year:
        raise Refused(_("15位旧号码不用于2000年及以后出生的人，请填写18位身份证号"))
    number = idcard.lengthen(old)
    if idcard.day_of(number[6:14]) is None:
        raise Refused(_("身份证号第7至12位不是真实的出生日期"))
    return UpgradedNumber(number)


class BankCard(Sealed):
    """A card number with its check digit, or a passbook account when told so."""

    cache_ok = True
    code: ClassVar[str] = "bank_card"
    width: ClassVar[int] = 24
    hint = _l("16至19位银行卡号，单元格格式须为“文本”")

    @classmethod
    def clean(cls, raw: object, kind: AccountKind = "card") -> str:
        if type(raw) is str and 16 <= len(raw) <= 19 and _digits(raw) and luhn(raw):
            return raw
        number = unspaced(raw, CARD_WORDS).replace("-", "")
        if not (number.isascii() and number.isdecimal()):
            raise Refused(_("银行卡号只能是数字"))
        if kind == "passbook":
            if not 8 <= len(number) <= 22:
                raise Refused(_("存折账号应为8至22位，现为%(n)s位", n=len(number)))
        elif not 16 <= len(number) <= 19:
            raise Refused(_("银行卡号应为16至19位，现为%(n)s位", n=len(number)))
        elif not luhn(number):
            if _ends_in_zeros(number):
                raise _rounded(CARD_WORDS)
            raise Refused(_("银行卡号校验不符，至少有一位写错，请与银行卡核对"))
        return number

    def plain_test(self) -> Callable[[Sequence[str]], bool]:
        return check_digits.bank_cards()

    @classmethod
    def doubt(cls, value: str, kind: AccountKind = "card") -> str | None:
        if _ends_in_zeros(value):
            return _("号码第16位起全是0，可能被表格软件改过，请与银行卡核对")
        if kind == "card" and not value.startswith("62"):
            return _("不是以62开头的银联卡号，请核对")
        return None

    @classmethod
    def mask(cls, value: str) -> str:
        """Both ends, or only the last four of a number too short to keep a secret between."""
        return f"{value[:4] if len(value) >= 12 else ''}****{value[-4:]}"

    @classmethod
    def last4(cls, value: str) -> str:
        return value[-4:]


class BlindIndex(PlainRule[bytes]):
    """The keyed fingerprint by which a sealed value is found: 16 bytes."""

    impl = LargeBinary(16)
    cache_ok = True
    code: ClassVar[str] = "blind_index"
    personal: Personal = Personal.PERSONAL

    @classmethod
    def clean(cls, raw: object) -> bytes:
        if isinstance(raw, bytes | memoryview) and len(raw) == 16:
            return bytes(raw)
        raise Refused(_("索引值只能由系统计算"))

    @classmethod
    def show(cls, value: bytes) -> str:
        return value.hex()

    @classmethod
    def mask(cls, value: bytes) -> str:
        return "****"

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes(value)


class PersonName(PlainRule[str]):
    """The name of a person as it stands in papers, free of typing accidents."""

    impl = String(names.LONGEST)
    cache_ok = True
    code: ClassVar[str] = "person_name"
    personal: Personal = Personal.BASIC
    text_only: ClassVar[bool] = True
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 12
    hint = _l("与身份证一致的姓名，少数民族姓名用“·”分隔")

    @classmethod
    def clean(cls, raw: object) -> str:
        if type(raw) is str and names.is_plain(raw):
            return raw
        refuse_blank(raw)
        if not isinstance(raw, str):
            raise Refused(_("姓名应为文字，不能是数字"))
        name = names.tidy(raw)
        if len(name) > names.LONGEST:
            raise Refused(_("姓名不能超过%(n)s个字", n=names.LONGEST))
        odd = names.odd_characters(name)
        if odd or not any(c.isalpha() or c > "\u2fff" for c in name):
            told = " ".join(odd) or name[:1]
            raise Refused(_("姓名里不能有 %(odd)s ，请只填姓名，说明写到备注里", odd=told))
        return name

    def plain_test(self) -> Callable[[Sequence[str]], bool]:
        return names.are_common

    @classmethod
    def doubt(cls, value: str) -> str | None:
        missing = names.not_in(value, "gbk")
        if missing:
            return _("“%(what)s”不在GBK字库内，银行文件可能写不下，请核对", what=listed(missing))
        if len(value) < 2:
            return _("姓名只有一个字，请核对")
        return None

    @classmethod
    def mask(cls, value: str) -> str:
        """The first character only; how many follow is nobody's business either."""
        return value[:1] + "*"


def unspaced(raw: object, what: object) -> str:
    """The characters of a text cell without spaces; numbers are refused, never repaired."""
    refuse_blank(raw)
    if not isinstance(raw, str):
        raise _damaged(what)
    text = "".join(halfwidth(raw).split()).lstrip("'\u2018\u2019`")
    if _SCIENTIFIC.fullmatch(text):
        raise _damaged(what)
    return text


def _damaged(what: object) -> Refused:
    """What a spreadsheet does to long numbers, and how to keep it from doing so."""
    return Refused(
        _(
            "%(what)s是数字格式（如6.2E+18）：表格软件只保留前15位，后面的数字已经变了。"
            "请先把整列设置为“文本”格式，再重新录入原号码",
            what=what,
        )
    )


def _ends_in_zeros(number: str) -> bool:
    """What stands after the 15 digits that a spreadsheet keeps are zeros, three at least."""
    return len(number) > 17 and not number[15:].strip("0")


def _rounded(what: object) -> Refused:
    """The number had gone through a numeric cell before it became text."""
    return Refused(
        _(
            "%(what)s末几位全是0，校验不符，多半曾是数字格式：表格软件只保留前15位。"
            "请先把整列设置为“文本”格式，再重新录入原号码",
            what=what,
        )
    )


def starred(value: str, first: int, last: int) -> str:
    """The ends of the value, stars for all between."""
    hidden = len(value) - first - last
    return value[:first] + "*" * hidden + value[-last:] if hidden > 0 else "*" * len(value)
