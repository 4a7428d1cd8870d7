"""Plain words, and words out of a fixed list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import String

from app.kernel.errors import Refused
from app.kernel.i18n import _, in_every_language, listed
from app.kernel.types.rule import ZERO_WIDTH, Personal, Rule, halfwidth, is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Text(Rule[str]):
    """Words of at most `max` characters, trimmed, without invisible or control characters."""

    impl = String
    cache_ok = True
    code: ClassVar[str] = "text"
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 16

    def __init__(
        self,
        max: int = 200,  # noqa: A002 - reads as a declaration: Text(max=60)
        required: bool = False,
        lines: bool = False,
        personal: Personal | None = None,
    ) -> None:
        super().__init__(max, personal=personal)
        self.max, self.required, self.lines = max, required, lines

    def plain_test(self) -> Callable[[Sequence[str]], bool]:
        most = self.max
        return lambda cells: (
            all(cells) and max(map(len, cells)) <= most and "".join(cells).isalnum()
        )

    def clean(self, raw: object) -> str:
        if type(raw) is float and raw.is_integer() and abs(raw) < 1e15:
            raw = str(int(raw))
        if type(raw) is str and raw.isalnum() and len(raw) <= self.max:
            return raw  # nothing but letters and digits: nothing below would change it
        if is_blank(raw):
            if self.required:
                raise Refused(_("不能为空"))
            return ""
        text = _CONTROL.sub("", _words(raw).replace("\r\n", "\n").translate(ZERO_WIDTH)).strip()
        if not self.lines:
            text = " ".join(text.split())
        if len(text) > self.max:
            raise Refused(_("不能超过%(n)s个字，现有%(have)s个", n=self.max, have=len(text)))
        return text


class Account(Rule[str]):
    """The account that signed a row; on pages the name of the person behind it."""

    impl = String
    cache_ok = True
    code: ClassVar[str] = "account"

    def __init__(self) -> None:
        super().__init__(64)


class Choice(Rule[str]):
    """One of a few codes; sheets and people see the label, the table keeps the code."""

    impl = String
    cache_ok = True
    code: ClassVar[str] = "choice"
    sheet_format: ClassVar[str] = "@"
    width: ClassVar[int] = 12

    def __init__(
        self,
        choices: Mapping[str, object],
        also: Mapping[str, str] | None = None,
        personal: Personal | None = None,
    ) -> None:
        """`choices`: code -> label; `also`: other words people write -> code."""
        super().__init__(max(map(len, choices)), personal=personal)
        self.labels = dict(choices)
        self._meant = dict(also or {})

    def clean(self, raw: object) -> str:
        if is_blank(raw):
            raise Refused(_("不能为空"))
        word = "".join(halfwidth(_words(raw)).split()).lstrip("'")
        if word in self.labels:
            return word
        if word not in self._meant:
            self._meant[word] = self._labelled(word)
        return self._meant[word]

    def _labelled(self, word: str) -> str:
        """The code whose label, in any of our languages, is this word."""
        for code, label in self.labels.items():
            if word in ("".join(halfwidth(w).split()) for w in in_every_language(label)):
                return code
        raise Refused(_("只能填写：%(words)s", words=listed(list(self.labels.values()))))

    def show(self, value: str) -> str:
        return str(self.labels.get(value, value))


def _words(raw: object) -> str:
    """A cell as text; a class named 2301 arrives as 2301.0 when the cell is numeric."""
    if isinstance(raw, bool):
        return _("是") if raw else _("否")
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        raw = int(raw)
    if isinstance(raw, str | int):
        return str(raw)
    raise Refused(_("应为文字，请把单元格设置为“文本”格式后重填"))
