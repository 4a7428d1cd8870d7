"""What every type that is a rule can do, and the small manners of reading a cell."""

from __future__ import annotations

import enum
import unicodedata
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import LargeBinary
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.kernel import crypto
from app.kernel.errors import Refused
from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement, Dialect
    from sqlalchemy.sql.operators import OperatorType

T = TypeVar("T")

ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202c"))


class Personal(enum.IntEnum):
    """How closely a value touches a person; a greater one needs more care."""

    NONE = 0
    BASIC = 1  # may stand in a public notice: name, school, class
    PERSONAL = 2  # for those who handle the case
    SENSITIVE = 3  # encrypted, masked, revealed one by one


class Rule(TypeDecorator[T]):
    """A column type that also reads, checks, masks and prints its values."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = LargeBinary
    cache_ok = True
    code: ClassVar[str] = ""
    personal: Personal = Personal.NONE
    text_only: ClassVar[bool] = False
    sheet_format: ClassVar[str] = "General"
    width: ClassVar[int] = 12
    hint: ClassVar[Any] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """SQLAlchemy looks for the word on the class itself, not on what it derives from."""
        super().__init_subclass__(**kwargs)
        cls.cache_ok = True

    def __init__(self, *args: Any, personal: Personal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if personal is not None:
            self.personal = personal

    def clean(self, raw: object) -> T:
        """The value as it is kept; raises Refused when no such value can be meant."""
        raise NotImplementedError

    def doubt(self, value: T) -> str | None:
        """A sentence when the value is well formed and yet worth a second look."""
        return None

    def plain_test(self) -> Callable[[Sequence[str]], bool] | None:
        """A quick test for the texts of one file, many at once; None where there is none.

        Of each text of those that pass `clean` returns the very same, and `doubt` has nothing to
        say.
        """
        return None

    def show(self, value: T) -> str:
        """The value in full, for people."""
        return str(value)

    def mask(self, value: T) -> str:
        """The value as people may see it who need not know it."""
        return self.show(value)

    def cell(self, value: T) -> object:
        """The value as it is written into a sheet under `sheet_format`."""
        return self.show(value)


class PlainRule(Rule[T]):
    """A rule without settings: its verbs may be asked of the class itself."""

    @classmethod
    def doubt(cls, value: T) -> str | None:
        return None

    @classmethod
    def show(cls, value: T) -> str:
        return str(value)

    @classmethod
    def mask(cls, value: T) -> str:
        return cls.show(value)

    @classmethod
    def cell(cls, value: T) -> object:
        return cls.show(value)


class Sealed(PlainRule[str]):
    """Text that rests encrypted; in Python it is the plain text. Search by `index`."""

    impl = LargeBinary
    cache_ok = True
    personal: Personal = Personal.SENSITIVE
    text_only: ClassVar[bool] = True
    sheet_format: ClassVar[str] = "@"

    @classmethod
    def index(cls, value: str) -> bytes:
        """The blind index of a cleaned value: equal values, equal bytes, nothing else told."""
        return crypto.blind(value, cls.code)

    @classmethod
    def sealed(cls, values: Iterable[str]) -> list[bytes]:
        """A column of cleaned values as it rests, for loads that go past the column type."""
        return crypto.seal_many(values, cls.code)

    @classmethod
    def opened(cls, values: Iterable[bytes]) -> list[str]:
        """The same the other way, for reads that go past it."""
        return crypto.open_many(values, cls.code)

    @classmethod
    def indexes(cls, values: Iterable[str]) -> list[bytes]:
        return crypto.blind_many(values, cls.code)

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.seal(value, self.code)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else crypto.open_(value, self.code)

    class comparator_factory(TypeDecorator.Comparator[str]):  # noqa: N801 - SQLAlchemy's name
        """Two seals of one value differ, so a comparison would find nothing and say nothing."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            if op in (operators.is_, operators.is_not) or (len(other) == 1 and other[0] is None):
                return super().operate(op, *other, **kwargs)
            raise TypeError("an encrypted column cannot be compared: search by its blind index")


def halfwidth(text: str) -> str:
    """NFKC, without zero-width characters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(ZERO_WIDTH)


def is_blank(raw: object) -> bool:
    """Nothing was written in the cell (a column decides whether that is allowed)."""
    return raw is None or (isinstance(raw, str) and not halfwidth(raw).strip(" \t\r\n'"))


def refuse_blank(raw: object) -> None:
    if is_blank(raw):
        raise Refused(_("不能为空"))
