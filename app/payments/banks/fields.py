"""Reading a JSON object strictly: every key is asked for by name, what is left over is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.kernel.errors import Refused
from app.kernel.i18n import _, listed

MISSING: Any = object()


class WrongField(Refused):
    """A refusal that knows which field it is about, by its path, and what that should be."""

    def __init__(self, path: str, should: str) -> None:
        super().__init__(_("银行模板的 %(field)s %(should)s", field=path, should=should))
        self.path, self.should = path, should


class Fields:
    """The keys of one JSON object; each complaint names the key by its whole path."""

    def __init__(self, data: object, path: str = "") -> None:
        self.path = path
        if not isinstance(data, Mapping):
            raise Refused(_("银行模板的 %(field)s 应为一组“名称：值”", field=path or "根"))
        self.left: dict[str, Any] = dict(data)

    def wrong(self, key: str, should: str) -> WrongField:
        """The refusal that names this key and says what it should be."""
        return WrongField(self.path + key, should)

    def take(self, key: str, default: Any = MISSING) -> Any:
        """The value as it stands; a missing one is its default or a refusal."""
        value = self.left.pop(key, None)
        if value is not None:
            return value
        if default is MISSING:
            raise self.wrong(key, _("必须填写"))
        return default

    def text(self, key: str, default: str = MISSING, choices: Collection[str] = ()) -> str:
        value = self.take(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, _("应为文字"))
        if choices and value not in choices:
            raise self.wrong(key, _("只能是：%(choices)s", choices=listed(sorted(choices))))
        return value

    def whole(self, key: str, default: Any = MISSING, low: int = 0, high: int = 10**15) -> Any:
        """A whole number between low and high (or the default, which may be None)."""
        value = self.take(key, default)
        if value is default:
            return value
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, _("应为 %(low)d 到 %(high)d 的整数", low=low, high=high))
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, _("应为 true 或 false"))
        return value

    def items(self, key: str) -> list[Any]:
        value = self.take(key, ())
        if not isinstance(value, list | tuple):
            raise self.wrong(key, _("应为列表"))
        return list(value)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.items(key)
        if not all(isinstance(v, str) for v in values):
            raise self.wrong(key, _("应为文字的列表"))
        return tuple(values)

    def children(self, key: str) -> list[Fields]:
        return [Fields(v, f"{self.path}{key}[{n}].") for n, v in enumerate(self.items(key), 1)]

    def child(self, key: str) -> Fields | None:
        value = self.take(key, None)
        return None if value is None else Fields(value, f"{self.path}{key}.")

    def pairs(self, key: str, choices: Collection[str] = ()) -> dict[str, str]:
        """A map of text to text, its values checked against the choices."""
        inner = Fields(self.take(key, {}), f"{self.path}{key}.")
        return {name: inner.text(name, choices=choices) for name in list(inner.left)}

    def done(self) -> None:
        """Nothing is left over; a misspelt key would otherwise be silently without effect."""
        for key in self.left:
            raise self.wrong(key, _("不认识，请检查拼写"))
