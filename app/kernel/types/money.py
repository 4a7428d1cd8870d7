"""Money: whole fen inside, yuan with two decimals for people, capitals for vouchers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger

from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types.rule import PlainRule, halfwidth, refuse_blank

if TYPE_CHECKING:
    from sqlalchemy import Dialect

MOST_FEN = 10**12  # ten thousand million yuan: more than any total of this platform

_YUAN = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?")


class Fen(PlainRule[int]):
    """An amount of money, zero or more, in fen; written and read in yuan."""

    impl = BigInteger
    cache_ok = True
    code: ClassVar[str] = "fen"
    sheet_format: ClassVar[str] = "#,##0.00"
    width: ClassVar[int] = 14
    hint = _l("金额（元），最多两位小数")

    @classmethod
    def clean(cls, raw: object) -> int:
        """Fen from yuan, whatever the cell held: text, whole number, float or Decimal."""
        refuse_blank(raw)
        if isinstance(raw, float):
            fen = _from_float(raw)
        elif isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            fen = _from_decimal(Decimal(raw))
        else:
            fen = _from_text(raw)
        if fen > MOST_FEN:
            raise Refused(_("金额过大，请核对单位是否为元"))
        return fen

    @classmethod
    def show(cls, value: int) -> str:
        return yuan(value)

    @classmethod
    def cell(cls, value: int) -> object:
        """Yuan as a number with exactly the two decimals it shows."""
        return int(value) / 100

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None or isinstance(value, int):
            return value
        raise TypeError("money is bound in whole fen")

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        # PostgreSQL answers the sum of big integers with a Decimal.
        return None if value is None else int(value)


def yuan(fen: int) -> str:
    """115000 -> '1,150.00'."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def _from_float(raw: float) -> int:
    if not abs(raw) < 1e15:  # also catches NaN and the infinities
        raise _not_money()
    fen = round(raw * 100)
    if abs(raw - fen / 100) > 1e-9:
        raise _too_fine()
    return _not_negative(fen)


def _from_decimal(raw: Decimal) -> int:
    if not raw.is_finite():
        raise _not_money()
    fen = raw * 100
    if fen != int(fen):
        raise _too_fine()
    return _not_negative(int(fen))


def _from_text(raw: object) -> int:
    if not isinstance(raw, str):
        raise _not_money()
    text = "".join(halfwidth(raw).split()).lstrip("'").lstrip("¥").removesuffix("元")
    found = _YUAN.fullmatch(text.removeprefix("-"))
    if not found:
        raise _not_money()
    cents = found[2] or ""
    if len(cents) > 2:
        raise _too_fine()
    fen = int(found[1].replace(",", "")) * 100 + int(cents.ljust(2, "0"))
    return _not_negative(-fen if text[0] == "-" else fen)


def _not_negative(fen: int) -> int:
    if fen < 0:
        raise Refused(_("金额不能是负数"))
    return fen


def _not_money() -> Refused:
    return Refused(_("金额应写成 1150.00 的样子，单位为元"))


def _too_fine() -> Refused:
    return Refused(_("金额最多两位小数，请检查单元格中是否还有更多位小数"))


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_TENS = ("仟", "佰", "拾", "")
_GROUPS = ("亿", "万", "")


def capitals(fen: int) -> str:
    """The amount in the capitals of vouchers: 115050 -> '壹仟壹佰伍拾元零伍角整'.

    Where the rules for vouchers leave 零 free, it is written as in their first examples: after
    元 when the yuan end in 0, not before 仟. 整 follows 元 and 角, never 分.
    """
    if fen < 0:
        return "负" + capitals(-fen)
    whole, rest = divmod(fen, 100)
    jiao, cent = divmod(rest, 10)
    text = _whole(whole) + "元" if whole else ""
    if rest and whole and not (jiao and whole % 10):
        text += "零"
    if jiao:
        text += _DIGITS[jiao] + "角"
    return (text or ("" if cent else "零元")) + (_DIGITS[cent] + "分" if cent else "整")


def _whole(n: int) -> str:
    """A positive whole number of at most twelve digits, in groups of four."""
    if n >= 10**12:
        raise ValueError("more money than vouchers are written for")
    digits = f"{n:012d}"
    text, gap = "", False
    for place, group in enumerate(_GROUPS):
        four = digits[place * 4 : place * 4 + 4]
        if four == "0000":
            gap = True
            continue
        text += ("零" if text and (gap or four[0] == "0") else "") + _four(four) + group
        gap = False
    return text


def _four(four: str) -> str:
    """One to four digits with their units, inner zeros drawn together."""
    text, gap = "", False
    for digit, unit in zip(four, _TENS, strict=True):
        if digit == "0":
            gap = True
            continue
        text += ("零" if text and gap else "") + _DIGITS[int(digit)] + unit
        gap = False
    return text
