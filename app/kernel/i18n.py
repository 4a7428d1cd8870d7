"""Sentences for people: the msgid is the Chinese sentence, catalogues translate it.

Outside an application (pure tests, tools) the Chinese sentence itself is the answer, so that
nothing below the pages depends on a running web application.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask import current_app, has_app_context
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _translate
from flask_babel import ngettext as _translate_some
from flask_babel.speaklater import LazyString

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_remembering: ContextVar[bool] = ContextVar("remembering", default=False)


class Said(str):
    """Words that know what they were made of: a sentence and its values, or a separator and the
    words between which it stands. What is kept of them can be said in another language."""

    __slots__ = ("made_of",)
    made_of: tuple[str, Any]

    def __new__(cls, words: str, *made_of: Any) -> Said:
        said = super().__new__(cls, words)
        said.made_of = made_of
        return said

    def __str__(self) -> str:
        return self


@contextmanager
def remembering() -> Iterator[None]:
    """Sentences said inside know what they were made of: they are `Said`."""
    token = _remembering.set(True)
    try:
        yield
    finally:
        _remembering.reset(token)


def _(sentence: str, **values: Any) -> str:
    """The sentence in the reader's language, with %(name)s filled in."""
    return _in_words(_translate, (sentence,), values)


def _n(sentence: str, num: int, **values: Any) -> str:
    """The same of so many things, %(n)s, where other languages have a form of its own for one."""
    told = {"num": num, "n": f"{num:,}"} | values
    return _in_words(_translate_some, (sentence, sentence), told)


def _in_words(translate: Callable[..., str], forms: tuple[str, ...], values: dict[str, Any]) -> str:
    sentence = forms[0]
    if has_app_context() and "babel" in current_app.extensions:
        words = str(translate(*forms, **values))
    else:
        words = sentence % values if values else sentence
    return Said(words, sentence, values) if _remembering.get() else words


def kept(words: object) -> Any:
    """Words as plain JSON from which `retold` says them again; of a `Said` its msgid and values."""
    if isinstance(words, LazyString):
        with remembering():
            words = str(words)
    if not _is_plain(words):
        words = str(words)  # an error, too, says its sentence
    if not isinstance(words, Said):
        return words
    name, parts = words.made_of
    if isinstance(parts, dict):
        return {"msgid": name, "values": {key: kept(value) for key, value in parts.items()}}
    return {"msgid": name, "words": [kept(word) for word in parts]}


def _is_plain(value: object) -> bool:
    """JSON has it as it is; a month is an int to Python, and a float may be none of JSON's."""
    return type(value) in (int, dict) or (type(value) is float and isfinite(value))


def retold(what: Any, plain: str | None = None) -> str:
    """What was kept, in the reader's language; the words it once had, if it fits its sentence no
    longer, so that no page breaks on it."""
    try:
        return str(_again(what))
    except (TypeError, KeyError, ValueError):
        if plain is None:
            raise
        return plain


def _again(what: Any) -> Any:
    if not isinstance(what, dict):
        return what
    name = what["msgid"]
    if "words" in what:
        return _(name).join(map(retold, what["words"]))
    say = _n if "num" in what["values"] else _
    return say(name, **{key: _again(value) for key, value in what["values"].items()})


def _l(sentence: str, **values: Any) -> LazyString:
    """The same, put into words only when it is shown."""
    return LazyString(_, sentence, **values)


def language() -> str:
    """The reader's language, by its code."""
    return str(get_locale() or "zh_CN") if has_app_context() else "zh_CN"


def in_every_language(words: object) -> list[str]:
    """The sentence in the reader's language, then in the others: what a file may say for it."""
    said = [str(words)]
    if has_app_context() and "babel" in current_app.extensions:
        for code in current_app.config.get("LANGUAGES", ()):
            with force_locale(_locale(code)):
                said.append(str(words))
    return list(dict.fromkeys(said))


_locale = cache(Locale.parse)
"""Finding a language by its code takes as long as twenty sentences."""


def called(what: object, words: object) -> str:
    """A name and what is said of it."""
    return _("%(what)s：%(words)s", what=what, words=words)


def joined(sentences: Iterable[str]) -> str:
    """Sentences side by side in one line."""
    return _between("；", _("；"), list(sentences))


def listed(words: Sequence[object]) -> str:
    """Words in a row, joined as the reader's language does it."""
    return _between("、", _("、"), [str(w) for w in words])


def _between(name: str, separator: str, words: list[str]) -> str:
    whole = separator.join(words)
    return Said(whole, name, words) if _remembering.get() else whole
