"""From raw cells to values, one converter a column, made once a file."""

from __future__ import annotations

import datetime as dt
from itertools import repeat
from typing import TYPE_CHECKING, Any

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.kernel.sheets.stream import Spoiled
from app.kernel.types import PlainRule, Rule, is_blank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kernel.sheets.declare import Column

REMEMBERED = 2_000
ODD = object()
"""Stands for a cell that wants a closer look."""
_WHOLE = (str, dt.date, dt.datetime)
_GUARDED = frozenset("=+-@\t\r\n")
_NO_DOUBT = (Rule.doubt, PlainRule.doubt.__func__)  # type: ignore[attr-defined]


class Converter(dict[Any, Any]):
    """Looked up by a raw cell, gives the value; words that repeat are worked out only once.

    What is wrong or doubtful goes to the lists shared by all converters of a file; the value of
    a refused cell is None.
    """

    def __init__(
        self, column: Column, faults: list[tuple[str, str]], doubts: list[tuple[str, str]]
    ) -> None:
        super().__init__()
        assert column.rule is not None
        self.key, self.rule, self.required = column.key, column.rule, column.required
        self.faults, self.doubts = faults, doubts
        self.clean = column.rule.clean
        self.doubt = None if _never_doubts(column.rule) else column.rule.doubt
        self.plain = column.rule.plain_test()
        self._refused: dict[Any, str] = {}

    def swiftly(self, cells: Sequence[Any]) -> list[Any]:
        """The values of a column as far as they are plainly right or known; the others are ODD.

        A column that is not plain as a whole is asked by halves, down to the cell that is to blame.
        """
        if self._are_plain(cells):
            return list(cells)
        values = list(map(self.get, cells, repeat(ODD)))
        if ODD not in values:
            return values
        if len(cells) == 1:
            return [self._looked_at(cells[0])]
        half = len(cells) // 2
        return self.swiftly(cells[:half]) + self.swiftly(cells[half:])

    def _are_plain(self, cells: Sequence[Any]) -> bool:
        return self.plain is not None and {str}.issuperset(map(type, cells)) and self.plain(cells)

    def _looked_at(self, cell: object) -> Any:
        """The value of a cell met for the first time; ODD where it is wrong or doubtful."""
        faults, doubts = len(self.faults), len(self.doubts)
        value = self[cell]
        if len(self.faults) == faults and len(self.doubts) == doubts:
            return value
        del self.faults[faults:], self.doubts[doubts:]
        return ODD

    def __missing__(self, raw: object) -> Any:
        if type(raw) is str and raw in self._refused:
            self.faults.append((self.key, self._refused[raw]))
            return None
        try:
            value = self._read(raw)
        except Refused as refusal:
            self.faults.append((self.key, refusal.sentence))
            if type(raw) is str and len(self._refused) < REMEMBERED:
                self._refused[raw] = refusal.sentence
            return None
        if value is not None and self.doubt and (doubt := self.doubt(value)):
            self.doubts.append((self.key, doubt))
        elif len(self) < REMEMBERED and (type(raw) in _WHOLE or _is_amount(raw)):
            self[raw] = value
        return value

    def _read(self, raw: object) -> Any:
        if type(raw) is not str:
            return self._read_other(raw)
        if raw[:1].isalnum():
            return self.clean(raw)
        if is_blank(raw):
            return self._blank()
        if raw.startswith('="') and raw.endswith('"'):
            # Programs write ="0123" into csv files so that a spreadsheet keeps the text.
            raw = raw[2:-1].replace('""', '"')
        elif raw[0] == "'" and raw[1:2] in _GUARDED:
            # The mark that our own csv files put before what a spreadsheet would run.
            raw = raw[1:]
        return self.clean(raw)

    def _read_other(self, raw: object) -> Any:
        if raw is None:
            return self._blank()
        if isinstance(raw, Spoiled):
            raise Refused(_("这一格的公式没有结果或出错（%(what)s），请直接填写内容", what=raw))
        value = self.clean(raw)
        if self.rule.text_only:
            raise Refused(
                _("这一格是数字格式，号码可能已经变了。请把整列设置为“文本”格式后重新填写")
            )
        return value

    def _blank(self) -> None:
        if self.required:
            raise Refused(_("不能为空"))


def _is_amount(raw: object) -> bool:
    """A number no other kind of cell could be taken for: True is 1 and False is 0 to a dict."""
    return type(raw) is float and raw not in {0.0, 1.0}


def _never_doubts(rule: Rule[Any]) -> bool:
    own = type(rule).doubt
    return getattr(own, "__func__", own) in _NO_DOUBT
