"""Which lines a bank's file can hold. Nothing is ever cut, replaced or left out silently.

A chunk of lines is first tested as a whole, column by column; only a chunk that fails is
looked at line by line, and the lines at fault are set aside with a sentence each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.kernel.i18n import _, listed
from app.payments.banks.column import LABELS, LINE_SOURCES, Column
from app.payments.banks.lot import PLACE, Lot
from app.payments.banks.render import NULLABLE, UNSEEN
from app.payments.banks.shaping import YUAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.payments.banks.lines import PayLine
    from app.payments.banks.profile import Profile

FORMULA = ("=", "+", "-", "@")
BYTES_PER_CHARACTER = {"gbk": 2, "gb18030": 4, "utf-8": 4}
NUMBERS = ("fen", "seq")


class TextRule:
    """What one text column demands of a value."""

    def __init__(self, column: Column, profile: Profile) -> None:
        self.column, self.codec = column, profile.codec
        self.place = PLACE[column.source]
        self.kind = {"same_bank": True, "other_bank": False}.get(column.only)
        self.most_bytes = smallest(column.width, column.max_bytes, cell_limit(profile))
        self.most_chars = column.max_chars
        self.csv = profile.container == "csv"
        self.forbidden = re.compile(_forbidden(column, profile))
        self.tokens = _tokens(column, profile)

    def holds(self, lines: Lot) -> bool:
        """True when every value of the chunk is surely in order; False says only "look closer"."""
        values = distinct(self._mine(lines))
        together = "".join(values)
        if self._marked(together) or (self.column.required and not all(values)):
            return False
        if self.csv and any(v.startswith(FORMULA) for v in values):
            return False
        return self._short(values)

    def _marked(self, together: str) -> bool:
        """Whether a character stands somewhere that may not stand there."""
        if not together.isascii() and _foreign(together, self.codec):
            return True
        plain = together.isprintable() and not any(t in together for t in self.tokens)
        return not plain and bool(self.forbidden.search(together))

    def _short(self, values: Sequence[str]) -> bool:
        if self.most_bytes is None and self.most_chars is None:
            return True
        longest = max(map(len, values), default=0)
        if self.most_chars is not None and longest > self.most_chars:
            return False
        most = self.most_bytes
        if most is None or longest * BYTES_PER_CHARACTER[self.codec] <= most:
            return True
        return all(len(v.encode(self.codec)) <= most for v in values)

    def _mine(self, lines: Lot) -> Sequence[str]:
        """The values this rule is about: those of one kind of account, nothing as empty text."""
        values = lines.column(self.column.source)
        if self.kind is not None:
            pairs = zip(values, lines.column("same_bank"), strict=True)
            return [str(v or "") for v, same in pairs if same is self.kind]
        if self.column.source in NULLABLE and None in values:
            return ["" if v is None else v for v in values]
        return values

    def doubt(self, line: PayLine) -> str | None:
        """Why this line's value cannot be written, or None."""
        if self.kind is not None and line.same_bank is not self.kind:
            return None
        value = str(line[self.place] or "")
        if not value:
            return _("没有填写") if self.column.required else None
        if foreign := _foreign(value, self.codec):
            return _unwritable(foreign, self.codec)
        if match := self.forbidden.search(value):
            return _("含有不能写进银行文件的%(what)s", what=_name(match[0]))
        if self.csv and value.startswith(FORMULA):
            return _("以“%(char)s”开头，会被表格软件当成公式", char=value[0])
        return self._too_long(value)

    def _too_long(self, value: str) -> str | None:
        if self.most_bytes is not None and len(value.encode(self.codec)) > self.most_bytes:
            return _("太长，银行最多收 %(most)d 个字节", most=self.most_bytes)
        if self.most_chars is not None and len(value) > self.most_chars:
            return _("太长，银行最多收 %(most)d 个字", most=self.most_chars)
        return None


class Screen:
    """All rules of a profile about single lines; `unable` grows by what is set aside."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.rules = [TextRule(column, profile) for column in text_columns(profile)]
        self.most_fen, self.most_seq = most_fen(profile), most_seq(profile)
        self.is_by_card = profile.results is not None and profile.results.is_by_card
        self.told_apart: set[tuple[str, int]] = set()
        self.unable: list[tuple[str, str]] = []
        self.unable_fen = 0

    def clear(self, lines: Lot) -> Lot:
        """Those of the lines that can be written, in their order."""
        if not self._spotless(lines):
            lines = lines.only(map(self._passes, lines))
        return self._apart(lines) if self.is_by_card else lines

    def _apart(self, lines: Lot) -> Lot:
        """Those of the lines whose answer will not be taken for another's: the bank says only
        card and amount."""
        alone = []
        for key in zip(lines.column("card_no"), lines.column("fen"), strict=True):
            alone.append(key not in self.told_apart)
            self.told_apart.add(key)
        if all(alone):
            return lines
        why = _("同一账号同一金额在这批里已有一笔，银行的结果会分不清")
        self.set_aside(lines.only(not fresh for fresh in alone), why)
        return lines.only(alone)

    def set_aside(self, lines: Iterable[PayLine], why: str) -> None:
        for line in lines:
            self.unable.append((line.ref, _("第 %(seq)d 笔：%(why)s", seq=line.seq, why=why)))
            self.unable_fen += line.fen

    def _spotless(self, lines: Lot) -> bool:
        fens = lines.column("fen")
        if min(fens) <= 0 or max(fens) > self.most_fen or max(lines.column("seq")) > self.most_seq:
            return False
        picky = self.profile.split in ("same_only", "other_only") or self.profile.other_bank_needs
        if picky and not (all(lines.column("same_bank")) and self.profile.split != "other_only"):
            return False
        return all(rule.holds(lines) for rule in self.rules)

    def _passes(self, line: PayLine) -> bool:
        why = self._amount(line) or self._bank(line)
        for rule in self.rules:
            if why:
                break
            if doubt := rule.doubt(line):
                why = _("%(what)s%(why)s", what=rule.column.label, why=doubt)
        if why:
            self.set_aside([line], why)
        return not why

    def _amount(self, line: PayLine) -> str | None:
        if line.fen <= 0:
            return _("金额必须大于零")
        if line.fen > self.most_fen:
            most = YUAN[self.most_fen]
            return _("金额超过银行单个文件或单笔的上限 %(most)s 元", most=most)
        if line.seq > self.most_seq:
            return _("序号超过银行序号栏的宽度")
        return None

    def _bank(self, line: PayLine) -> str | None:
        split, needs = self.profile.split, self.profile.other_bank_needs
        if split == "same_only" and not line.same_bank:
            return _("是他行账户，这个渠道只发本行")
        if split == "other_only" and line.same_bank:
            return _("是本行账户，这个渠道只发他行")
        if needs and not line.same_bank and not any(line[PLACE[n]] for n in needs):
            return _("他行账户至少要填%(fields)s之一", fields=listed([LABELS[n] for n in needs]))
        return None


def distinct(values: Sequence[str]) -> Sequence[str]:
    """The values, or the one that all of them are: what a run is for stands in every line."""
    if values and values[0] == values[-1] and values.count(values[0]) == len(values):
        return values[:1]
    return values


def text_columns(profile: Profile) -> list[Column]:
    """The columns that show text of the line; what stands in for the other kind is one too."""
    columns = [c for c in profile.columns if c.source in LINE_SOURCES and c.source not in NUMBERS]
    text = set(LINE_SOURCES) - set(NUMBERS)
    return columns + [_stand_in(c) for c in profile.columns if c.otherwise_source in text]


def _stand_in(column: Column) -> Column:
    kind = "other_bank" if column.only == "same_bank" else "same_bank"
    return Column(
        source=column.otherwise_source,
        only=kind,
        width=column.width,
        required=column.required,
        max_bytes=column.max_bytes,
        max_chars=column.max_chars,
        spaces=column.spaces,
    )


def most_fen(profile: Profile) -> int:
    """The largest amount one line may have: the file's limit and the column's width."""
    most = profile.max_fen_per_file or 10**15
    for column in profile.columns:
        room = min(column.width or 99, column.max_bytes or 99)
        if column.source == "fen" and room < 18:
            digits = room - 1 if column.format == "yuan2" else room
            most = min(most, 10**digits - 1)
    return most


def most_seq(profile: Profile) -> int:
    """The largest number that fits every column that shows the line's own number."""
    widths = [c.width or 15 for c in profile.columns if c.source == "seq"]
    most: int = 10 ** min(widths, default=15) - 1
    return most


def smallest(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def cell_limit(profile: Profile) -> int | None:
    """What one cell of a sheet can hold."""
    return 32_767 if profile.is_sheet else None


def _tokens(column: Column, profile: Profile) -> list[str]:
    """Printable text that may not stand in a value of that column."""
    separator = profile.separator if profile.container == "txt" else ""
    space = "" if column.spaces else " "
    return [token for token in (separator, profile.row_end, space) if token]


def _forbidden(column: Column, profile: Profile) -> str:
    """The pattern of all that may not stand in a value of that column."""
    unseen = [f"[{UNSEEN}]"] + ([] if column.spaces else [r"\s"])
    return "|".join((*unseen, *map(re.escape, _tokens(column, profile))))


def _foreign(text: str, codec: str) -> str:
    """The first character that the encoding cannot hold, or nothing."""
    try:
        text.encode(codec)
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


def _unwritable(char: str, codec: str) -> str:
    code = f"U+{ord(char):04X}"
    shown = char if char.isprintable() else code
    return _(
        "里的“%(char)s”（%(code)s）用 %(encoding)s 编码写不了，请走手工清单",
        char=shown,
        code=code,
        encoding=codec.upper(),
    )


def _name(found: str) -> str:
    if found in (" ", "\u3000"):
        return _("空格")
    return f"“{found}”" if found.isprintable() else _("控制字符 U+%(code)04X", code=ord(found[0]))
