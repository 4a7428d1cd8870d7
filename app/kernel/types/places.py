"""Where a row belongs: the path in the tree of organisations, school codes, register numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ColumnElement, String, and_

from app.kernel import check_digits, clock, idcard
from app.kernel.errors import Refused
from app.kernel.i18n import _, _l
from app.kernel.types.people import starred, unspaced
from app.kernel.types.rule import PlainRule, Sealed, halfwidth, refuse_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import QueryableAttribute

_PATH = re.compile(r"/(?:[0-9]+/)*")
_LONGEST_PATH = 255


REG_WORDS = _l("学籍号")


class OrgPath(PlainRule[str]):
    """Ids from the root down, '/1/4/17/230/'. Ordered byte by byte in any database, so that
    everything below a place is one range of an ordinary index."""

    impl = String(_LONGEST_PATH).with_variant(String(_LONGEST_PATH, collation="C"), "postgresql")
    cache_ok = True
    code: ClassVar[str] = "org_path"
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 20

    @classmethod
    def clean(cls, raw: object) -> str:
        if isinstance(raw, str) and len(raw) <= _LONGEST_PATH and _PATH.fullmatch(raw):
            return raw
        raise Refused(_("机构路径不正确"))


def prefix_range(path: str) -> tuple[str, str]:
    """`lo <= p < hi` holds exactly for the path itself and every path below it."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"not an organisation path: {path!r}")
    return path, path[:-1] + chr(ord("/") + 1)


def within(column: ColumnElement[str] | QueryableAttribute[str], path: str) -> ColumnElement[bool]:
    """The condition that the row belongs to this place or to one below it."""
    lo, hi = prefix_range(path)
    return and_(column >= lo, column < hi)


class SchoolCode(PlainRule[str]):
    """学校(机构)标识码: ten digits. Ten digits survive a numeric cell, so one is accepted."""

    impl = String(10)
    cache_ok = True
    code: ClassVar[str] = "school_code"
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 13
    hint = _l("10位学校标识码")

    @classmethod
    def clean(cls, raw: object) -> str:
        refuse_blank(raw)
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        text = "".join(halfwidth(str(raw)).split()).lstrip("'")
        if not (len(text) == 10 and text.isascii() and text.isdecimal()):
            raise Refused(_("学校标识码应为10位数字"))
        return text


_NATIONAL = re.compile(r"[GJL][0-9]{17}[0-9X]")
_PROVINCIAL = re.compile(r"[0-9A-Z-]{6,32}")


class RegNo(Sealed):
    """学籍号. Sealed, because the national form is G and the identity number itself."""

    cache_ok = True
    code: ClassVar[str] = "reg_no"
    width: ClassVar[int] = 22
    hint = _l("学籍号（G、J或L开头加18位），单元格格式须为“文本”")

    @classmethod
    def clean(cls, raw: object) -> str:
        number = unspaced(raw, REG_WORDS).upper()
        if number[:1] in ("G", "J", "L") and len(number) == 19 and not _NATIONAL.fullmatch(number):
            raise Refused(_("学籍号应为G、J或L加18位号码"))
        if not _PROVINCIAL.fullmatch(number):
            raise Refused(_("学籍号只能由6至32位数字、字母和连字符组成"))
        return number

    def plain_test(self) -> Callable[[Sequence[str]], bool]:
        are_numbers = check_digits.identity_numbers(clock.today())
        return lambda cells: (
            {cell[:1] for cell in cells} == {"G"} and are_numbers([cell[1:] for cell in cells])
        )

    @classmethod
    def doubt(cls, value: str) -> str | None:
        if not _NATIONAL.fullmatch(value):
            return _("不是全国统一格式的学籍号，按省级学籍号收下，请核对")
        if value[0] == "G" and not idcard.checks(value[1:]):
            return _("G开头的学籍号后18位不是正确的身份证号，请核对")
        if value[0] == "L":
            return _("这是临时学籍号，请尽快转为正式学籍号")
        return None

    @classmethod
    def mask(cls, value: str) -> str:
        return starred(value, 5, 4)
