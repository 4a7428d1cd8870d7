"""What pages are made of: marks in cells, lists, the search bar, pickers.

`install(app)` gives the templates of either face the words they use; it needs no framework views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kernel import clock
from app.kernel.i18n import _n
from app.kernel.signed import names_of
from app.kernel.widgets.controls import DateInput, MonthInput, PickerWidget, control
from app.kernel.widgets.details import detail
from app.kernel.widgets.links import address, asset, here, locale_url, may
from app.kernel.widgets.lists import sheet
from app.kernel.widgets.marks import (
    Mark,
    badge,
    icon,
    masked,
    money,
    mono,
    number,
    shown,
    tone,
    yuan,
)
from app.kernel.widgets.search import FilterBar, chips, conditions
from app.kernel.widgets.shell import LANGUAGES, frame, greeting, lang, logout, menu, signed_in, who

if TYPE_CHECKING:
    from flask import Flask

WORDS = {
    "LANGUAGES": LANGUAGES, "_n": _n, "address": address, "asset": asset, "badge": badge,
    "chips": chips,
    "conditions": conditions, "control": control, "deed": str, "detail": detail, "frame": frame,
    "greeting": greeting, "here": here, "icon": icon, "lang": lang, "locale_url": locale_url,
    "logout": logout, "masked": masked, "may": may, "menu": menu, "money": money, "mono": mono,
    "names_of": names_of, "number": number, "sheet": sheet, "signed_in": signed_in,
    "today": clock.today, "tone": tone, "who": who,
}  # fmt: skip


def install(app: Flask) -> None:
    """Templates know the words above, and the filters `shown` and `yuan`."""
    for name, word in WORDS.items():
        app.jinja_env.globals.setdefault(name, word)
    app.jinja_env.filters.update(shown=shown, yuan=yuan)


__all__ = [
    "DateInput", "FilterBar", "Mark", "MonthInput", "PickerWidget", "badge", "icon", "install",
    "masked", "money", "mono", "number", "shown", "tone", "yuan",
]  # fmt: skip
