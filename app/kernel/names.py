"""Names of persons: what a list may do to them, and what a bank's encoding cannot hold."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DOT = "\u00b7"
LONGEST = 50

# Wide and half-wide forms, bullets and full stops that people type between parts of a name.
_DOTS = "\u2022\u30fb\uff65\uff0e.\u2027\u2219\u22c5\u25cf\u0387\u2e31\u02d9\u1427\uff61\u3002"
_NOTHING = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff"

_PLAIN = re.compile("[\u4e00-\u9fff]{2,4}")
_COMMON = re.compile("[\u4e00-\u9fa5]*")
_LENGTHS = frozenset({2, 3, 4})
_ANY_HAN = re.compile(f"[{_HAN}]")
_LOOSE_DOTS = re.compile(rf"\s*[{re.escape(_DOTS)}{DOT}]+\s*")
_SPACE_AT_HAN = re.compile(rf"(?<=[{_HAN}{DOT}])\s+|\s+(?=[{_HAN}{DOT}])")
# Full-width Latin and the wide space become narrow. Not NFKC: it would exchange Han characters.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_DROP = dict.fromkeys(map(ord, _NOTHING))


def is_plain(name: str) -> bool:
    """Two to four common Han characters: nothing to tidy, nothing to doubt in the form."""
    return _PLAIN.fullmatch(name) is not None


def are_common(names: Sequence[str]) -> bool:
    """Two to four Han characters of the oldest block each: plain, and every encoding holds them."""
    return _LENGTHS.issuperset(map(len, names)) and _COMMON.fullmatch("".join(names)) is not None


def tidy(text: str) -> str:
    """The name without stray spaces and invisible characters, parts joined by one `·`."""
    text = text.translate(_DROP).translate(_NARROW).strip().lstrip("'").strip()
    text = " ".join(text.split())
    if not _ANY_HAN.search(text):
        return text
    text = _LOOSE_DOTS.sub(DOT, text).strip(DOT)
    return _SPACE_AT_HAN.sub("", text)


def odd_characters(name: str) -> list[str]:
    """Characters that stand in no name, digits among them; each once, in order."""
    return [c for c in dict.fromkeys(name) if not _may_stand(c)]


def not_in(text: str, encoding: str) -> list[str]:
    """The characters the encoding cannot hold; each once, in order."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return [c for c in dict.fromkeys(text) if not _fits(c, encoding)]
    return []


def beyond(texts: Sequence[str], encoding: str) -> list[bool]:
    """Of each text whether the encoding cannot hold it."""
    if not not_in("".join(texts), encoding):
        return [False] * len(texts)
    return [bool(not_in(text, encoding)) for text in texts]


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _may_stand(c: str) -> bool:
    if c in " -'.\u2019\u00b7\u3007" or c >= "\U00020000":
        return True
    # Co: characters a ministry or a font maker invented for names no standard held.
    return unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Co"
