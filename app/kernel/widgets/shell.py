"""The frame round every staff page: who is here, in which language, and the way to go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, g, request
from flask_babel import get_locale

from app.kernel.i18n import _
from app.kernel.widgets.links import address

LANGUAGES = (("zh_CN", "zh-CN", "中文"), ("en", "en", "English"))


@dataclass(frozen=True)
class Entry:
    """One line of the menu."""

    label: str
    icon: str
    url: str
    here: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of the menu under one heading; the heading is empty for lines that stand alone."""

    label: str
    entries: list[Entry]

    @property
    def here(self) -> bool:
        return any(e.here for e in self.entries)


def lang() -> str:
    """The language of this page as HTML spells it."""
    locale = str(get_locale() or "zh")
    return "en" if locale.startswith("en") else "zh-CN"


def signed_in() -> bool:
    user = g.get("user")
    return bool(user and user.is_authenticated)


def menu() -> list[Group]:
    """The menu of whoever is asking, grouped; nothing for a stranger."""
    appbuilder = getattr(current_app, "appbuilder", None)
    if appbuilder is None or not signed_in():
        return []
    groups = [_group(item) for item in appbuilder.menu.get_data() if item != "-"]
    nearest = max((_nearness(e.url) for group in groups for e in group.entries), default=0)
    return [replace(group, entries=[replace(e, here=0 < _nearness(e.url) == nearest)
                                    for e in group.entries])
            for group in groups]  # fmt: skip


def _group(item: dict[str, Any]) -> Group:
    if "childs" not in item:
        return Group("", [_entry(item)])
    lines = [line for line in item["childs"] if line != "-" and line.get("url")]
    return Group(str(item["label"]), [_entry(line, item.get("icon", "")) for line in lines])


def _entry(item: dict[str, Any], fallback: str = "") -> Entry:
    url = str(item["url"] or "/")
    sign = item.get("icon") or fallback or "point"
    return Entry(str(item["label"]), sign, url)


def _nearness(url: str) -> int:
    """How much of the page's address this line has: a view has all its routes, a route of its
    own line only itself; 0 when the page belongs to another line."""
    root = url.split("?", maxsplit=1)[0].removesuffix("/").removesuffix("/list")
    if root in {"", "/"}:
        return int(request.path == "/")
    belongs = request.path == root or request.path.startswith(f"{root}/")
    return len(root) if belongs else 0


def who() -> dict[str, str] | None:
    """Name and organisation of whoever is signed in; the face may say more under the same name."""
    if not signed_in():
        return None
    actor = g.get("actor")
    name = actor.name if actor else str(g.user.get_full_name()).strip()
    return {
        "name": name or str(g.user.username),
        "org": actor.org_name if actor else "",
        "duty": "",
    }


def greeting() -> str:
    """The product's name, in full."""
    return _("福建省中职学生资助信息网上公示管理平台")


def logout() -> tuple[str, bool]:
    """Where to sign out, and whether that is a POST."""
    adapter = current_app.url_map.bind("")
    url = address("AuthDBView.logout") or "/logout/"
    return url, adapter.test(url, method="POST")


def frame(code: int) -> str:
    """The template an error page stands in: the face's own, or a bare one when all is in doubt."""
    if code >= 500:
        return "errors/bare.html"
    if hasattr(current_app, "appbuilder"):
        return "appbuilder/baselayout.html" if signed_in() else "errors/bare.html"
    return "portal/layout.html"
