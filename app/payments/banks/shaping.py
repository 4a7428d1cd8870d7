"""How a value is written: money, dates, padding in bytes, XML. One value, or a whole column.

The whole column is what 50,000 lines go through: plain text is left alone, padding of ASCII is
done by the string type itself, and escaping only where something has to be escaped.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.payments.banks.column import Column
    from app.payments.banks.profile import Profile

    Shape = Callable[[Any], str]
    ShapeAll = Callable[[Iterable[Any]], Iterable[Any]]

ALWAYS_THERE = ("fen", "seq", "row", "count", "sum", "file_no")


class Yuan(dict[int, str]):
    """fen → "1150.00". The same few amounts come again and again, so each is written once."""

    def __missing__(self, fen: int) -> str:
        if len(self) > 10_000:
            self.clear()
        text = self[fen] = f"{fen // 100}.{fen % 100:02d}"
        return text


YUAN = Yuan()


def as_text(column: Column) -> Shape:
    """How one value is written before it is padded or wrapped."""
    if column.format == "yuan2":
        return YUAN.__getitem__
    if column.format == "date":
        return lambda day: f"{day:{column.date_format}}"
    return str


def shape_one(column: Column, profile: Profile, value: Any) -> str:
    """One value as it stands in a text or XML file."""
    text = as_text(column)(value)
    if profile.container != "xml":
        return padded(column, profile.codec, text)
    if column.source == "constant":
        return column.wrap.replace("{}", text) if column.wrap else text
    before, after = around(column)
    return f"{before}{escape(text)}{after}" if text else ""


def slot(column: Column, profile: Profile) -> str:
    """The column's place in a format string; a wrap that is always there stands in it."""
    if profile.container == "xml" and certain(column):
        before, after = around(column)
        return f"{before}\0{after}".replace("%", "%%").replace("\0", "%s")
    return "%s"


def shape_all(column: Column, profile: Profile) -> ShapeAll:
    """The same as shape_one, for what goes into the column's slot, many values at a time."""
    write = as_text(column)
    if profile.container == "xml":
        return _xml(column, write)
    if column.width:
        return _padding(column, profile.codec, write)
    if write is str:
        return lambda values: values
    return lambda values: map(write, values)


def _padding(column: Column, codec: str, write: Shape) -> ShapeAll:
    fill = str.ljust if column.align == "left" else str.rjust
    width = column.width or 0

    def shaped(values: Iterable[Any]) -> Iterable[str]:
        texts = list(map(write, values))
        if "".join(texts).isascii():
            return map(fill, texts, repeat(width), repeat(column.pad))
        return [padded(column, codec, text) for text in texts]

    return shaped


def _xml(column: Column, write: Shape) -> ShapeAll:
    before, after = ("", "") if certain(column) else around(column)

    def shaped(values: Iterable[Any]) -> Iterable[str]:
        texts = list(map(write, values))
        together = "".join(texts)
        if "&" in together or "<" in together or ">" in together:
            texts = list(map(escape, texts))
        return [f"{before}{t}{after}" if t else "" for t in texts] if before else texts

    return shaped


def padded(column: Column, codec: str, text: str) -> str:
    """Filled up to the width in encoded bytes, which is how banks count."""
    if not column.width:
        return text
    size = len(text) if text.isascii() else len(text.encode(codec))
    filling = column.pad * (column.width - size)
    return text + filling if column.align == "left" else filling + text


def around(column: Column) -> tuple[str, str]:
    before, _mark, after = (column.wrap or "{}").partition("{}")
    return before, after


def certain(column: Column) -> bool:
    """Whether every line surely has a value there."""
    return (column.required or column.source in ALWAYS_THERE) and not column.only
