"""A column of words that a person reads: somebody's own, or a sentence of ours.

Somebody's own words stay as they came. A sentence of ours rests as its msgid and values behind a
mark that no words of others can bear, and is said in the language of whoever reads it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask_babel.speaklater import LazyString
from sqlalchemy import String
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.kernel.i18n import Said, kept, retold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Dialect

MARK = "\x02"
"""Begins a sentence of ours. It is no character of any text, and is taken out of others' words."""
ROOM = 2000
"""What PostgreSQL gives to a sentence and its values; SQLite asks nobody for a text's length."""


class Sentence(TypeDecorator[str]):
    """At most `most` characters of others' words, or a sentence of ours: a `_l`, or one said while
    `remembering`."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok = True

    def __init__(self, most: int = 200) -> None:
        super().__init__(most)
        self.most = most
        self.impl = String(most).with_variant(String(ROOM), "postgresql")

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else at_rest(value, self.most)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else aloud(value)


def at_rest(words: object, most: int = 200) -> str:
    """The words as the table keeps them."""
    if isinstance(words, Said | LazyString) and isinstance(told := kept(words), dict):
        resting = MARK + json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        if len(resting) <= ROOM:
            return resting
    return str.__str__(str(words)).replace(MARK, "")[:most]


def others(words: Sequence[str]) -> Sequence[str]:
    """Words of others, for loads that go past the column type: none passes for one of ours."""
    return [word.replace(MARK, "") for word in words] if MARK in "".join(words) else words


def aloud(text: str) -> str:
    """What the table keeps, in the reader's language; words before the sentence stay."""
    before, mark, told = text.partition(MARK)
    return before + _again(told) if mark else text


def _again(told: str) -> str:
    try:
        return str.__str__(retold(json.loads(told)))
    except (TypeError, KeyError, ValueError):
        return told
