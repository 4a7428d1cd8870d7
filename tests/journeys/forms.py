"""What a browser would send of a form as it stands, read from the page itself."""

from __future__ import annotations

from html.parser import HTMLParser

VOID_CHECKS = ("checkbox", "radio")


class _Reader(HTMLParser):
    """Names and values of the one form that posts to `action`; what templates hold is no part."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.templates = action, False, 0
        self.sent: list[tuple[str, str]] = []
        self.select: str | None = None
        self.option: tuple[str, str] | None = None
        self.area: list[str] | None = None
        self.area_name = ""

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.inside = found.get("action", "").split("?")[0] == self.action and (
                found.get("method") == "post"
            )
        if tag == "template":
            self.templates += 1
        if not self.inside or self.templates:
            return
        if tag == "input" and (found.get("type") not in VOID_CHECKS or "checked" in found):
            self.sent.append((found["name"], found.get("value", "")))
        elif tag == "select":
            self.select, self.option = found["name"], None
        elif tag == "option" and self.select and (self.option is None or "selected" in found):
            self.option = (self.select, found["value"])
        elif tag == "textarea":
            self.area, self.area_name = [], found["name"]

    def handle_data(self, data):
        if self.area is not None:
            self.area.append(data)

    def handle_endtag(self, tag):
        if tag == "template":
            self.templates -= 1
        elif tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            self.sent += [self.option] if self.option else []
            self.select = None
        elif tag == "textarea" and self.area is not None:
            text = "".join(self.area).removeprefix("\n").replace("\r\n", "\n")
            self.sent.append((self.area_name, text.replace("\n", "\r\n")))
            self.area = None


def form_of(source: str, action: str) -> dict[str, list[str]]:
    """The form's fields in the order of the page."""
    reader = _Reader(action)
    reader.feed(source)
    sent: dict[str, list[str]] = {}
    for name, value in reader.sent:
        sent.setdefault(name, []).append(value)
    assert sent, f"no form posts to {action}"
    return sent
