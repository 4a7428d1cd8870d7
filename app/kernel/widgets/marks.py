"""Small pieces of a page: a badge, an amount, a masked number, an icon."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup, escape
from wtforms.widgets import html_params

from app.kernel import clock
from app.kernel.i18n import _, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SPRITE = "vendor/tabler-icons-3.51.0/sprite.svg"
STATIC = Path(__file__).parents[2] / "static"
TONES = {
    "good": "good", "wait": "wait", "info": "info", "bad": "bad", "mute": "mute",
    "success": "good", "warning": "wait", "warn": "wait", "danger": "bad", "accent": "info",
    "primary": "info", "muted": "mute", "secondary": "mute",
}  # fmt: skip

# Menus and actions of the framework speak Font Awesome; these are the same signs in our sprite.
FONT_AWESOME = {
    "arrow-right": "arrow-right", "bank": "building-bank", "bars": "menu-2", "cog": "settings",
    "cogs": "settings", "dashboard": "home", "file-text-o": "file-text", "flag": "flag",
    "graduation-cap": "school", "group": "users", "list": "list-details", "lock": "lock",
    "money": "cash", "rocket": "send", "save": "device-floppy", "sign-in": "login",
    "sign-out": "logout", "table": "table", "times": "x", "undo": "arrow-back-up",
    "university": "building-bank", "user-plus": "user-check", "trash-o": "trash",
}  # fmt: skip


MASKED = (
    '<span class="mono masked">{0}</span>'
    '<button type="submit" class="reveal" form="post-form" formmethod="post" formaction="{1}"'
    ' data-reveal aria-label="{2}" title="{2}">{3}</button>'
)


class Mark(Markup):
    """Safe markup that also says of what kind it is, so that a table can align it."""

    kind: str = "text"

    @classmethod
    def of(cls, kind: str, pattern: str, *values: object) -> Mark:
        """`pattern` filled in with values, each escaped unless it is markup itself."""
        mark = cls(pattern).format(*values)
        mark.kind = kind
        return mark


def badge(text: object, tone: str = "mute") -> Mark:
    """A state in one word, with the colour that state has everywhere."""
    shade = TONES.get(tone, "mute")
    return Mark.of("state", '<span class="badge-state is-{}">{}</span>', shade, text)


def tone(word: str | None) -> str:
    """One of our five tones for any word a room uses for one."""
    return TONES.get(word or "", "mute")


def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals and grouped thousands; a dash for nothing."""
    if fen is None:
        return "—"
    sign, whole = ("-" if fen < 0 else ""), abs(int(fen))
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def money(fen: int | None) -> Mark:
    """An amount for a table cell: digits of one width, set to the right."""
    return Mark.of("number", '<span class="num">{}</span>', yuan(fen))


def number(n: int | None) -> Mark:
    """A count for a table cell, in grouped thousands."""
    return Mark.of("number", '<span class="num">{}</span>', "—" if n is None else f"{n:,}")


def mono(text: object) -> Mark:
    """A code or number whose digits must line up."""
    return Mark.of("mono", '<span class="mono">{}</span>', text)


def masked(text: object, reveal_url: str | None = None) -> Mark:
    """A masked number; with `reveal_url` a button asks for the whole one by POST."""
    if not reveal_url:
        return mono(text)
    return Mark.of("mono", MASKED, text, reveal_url, _("显示完整号码"), icon("eye"))


def icon(name: str, extra: str = "") -> Markup:
    """A line icon from the local sprite; hidden from readers aloud, the text beside it speaks."""
    target = url_for("static", filename=SPRITE)
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
        extra, target, icon_name(name)
    )


def icon_name(name: str) -> str:
    """The sprite's own name for a tabler or Font Awesome name; a point when it has none."""
    plain = re.sub(r"^(fa[srb]? )?(fa-)?", "", name or "")
    plain = plain if plain in _sprite() else FONT_AWESOME.get(plain, "point")
    return plain if plain in _sprite() else "point"


@lru_cache(maxsize=1)
def _sprite() -> frozenset[str]:
    text = (STATIC / SPRITE).read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', text))


def tag(name: str, attrs: dict[str, Any], inner: Markup | None = None) -> Markup:
    """One element; without `inner` it has no end."""
    opened = Markup("<{} {}>").format(name, Markup(html_params(**attrs)))  # noqa: S704 (escaped)
    return opened if inner is None else Markup("{}{}</{}>").format(opened, inner, name)


def options(choices: Iterable[tuple[str, str]], chosen: Callable[[str], bool]) -> Markup:
    """The lines of a select."""
    lines = [tag("option", {"value": c, "selected": chosen(c)}, escape(t)) for c, t in choices]
    return Markup("").join(lines)


def shown(value: Any) -> Any:
    """A raw value as a person reads it: no True, no None, no microseconds."""
    if value is None or value in ("", []):
        return Mark.of("none", '<span class="none" aria-label="{}">—</span>', _("无"))
    if isinstance(value, bool):
        return badge(_("是"), "good") if value else badge(_("否"), "mute")
    if isinstance(value, dt.datetime):
        return Mark.of(
            "date", '<time class="num">{}</time>', f"{clock.moment_of(value):%Y-%m-%d %H:%M}"
        )
    if isinstance(value, dt.date):
        return Mark.of("date", '<time class="num">{}</time>', f"{value:%Y-%m-%d}")
    return _listed(value)


def _listed(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return listed([str(v) for v in value])
    return value


def kind_of(value: Any) -> str:
    """How a table cell with this value is set: text, number, mono, state, date, none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return str(getattr(value, "kind", "text"))
