"""Sentences for people: the msgid is the Chinese sentence, catalogues translate it.

Outside an application (pure tests, tools) the Chinese sentence itself is the answer, so that
nothing below the pages depends on a running web application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, has_app_context
from flask_babel import force_locale
from flask_babel import gettext as _translate
from flask_babel.speaklater import LazyString

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def _(sentence: str, **values: Any) -> str:
    """The sentence in the reader's language, with %(name)s filled in."""
    if has_app_context() and "babel" in current_app.extensions:
        return str(_translate(sentence, **values))
    return sentence % values if values else sentence


def _l(sentence: str, **values: Any) -> LazyString:
    """The same, put into words only when it is shown."""
    return LazyString(_, sentence, **values)


def in_every_language(words: object) -> list[str]:
    """The sentence in the reader's language, then in the others: what a file may say for it."""
    said = [str(words)]
    if has_app_context() and "babel" in current_app.extensions:
        for language in current_app.config.get("LANGUAGES", ()):
            with force_locale(language):
                said.append(str(words))
    return list(dict.fromkeys(said))


def called(what: object, words: object) -> str:
    """A name and what is said of it."""
    return _("%(what)s：%(words)s", what=what, words=words)


def joined(sentences: Iterable[str]) -> str:
    """Sentences side by side in one line."""
    return _("；").join(sentences)


def listed(words: Sequence[object]) -> str:
    """Words in a row, joined as the reader's language does it."""
    return _("、").join(str(w) for w in words)
