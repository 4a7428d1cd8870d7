"""A bank format as a form and back: `data_of` reads what was posted, `Page` shows what data hold.

Both go over the same settings (layout_fields.py), so whatever a page shows it also gives back;
values that make no sense pass as they were typed, for `Profile.parse` to name them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.kernel.i18n import _, _l
from app.payments.banks.column import LINE_SOURCES
from app.payments.banks.layout import FIELDS
from app.payments.layout_fields import (
    ANSWER,
    CHOICE,
    COLUMN,
    CONTROL,
    EXTRAS,
    FLAG,
    HEAD,
    LIMITS,
    MORE,
    PLACES,
    RECORD_SOURCES,
    SAID,
    SHAPE,
    TOTALS,
    WHOLE,
    WHY,
    Setting,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from werkzeug.datastructures import MultiDict

Data = dict[str, Any]
EXACT = frozenset({"constant", "pad", "separator", "row_end", "wrap", "otherwise", "marker"})
"""Settings in which a space counts."""
MOST_ROWS = 300
WIDTHS = re.compile(r"[,，、\s]+")
NEEDS = ("bank_name", "cnaps", "id_no")
PARTS = (_l("银行与名称"), _l("文件"), _l("分文件"))


@dataclass(frozen=True)
class Control:
    """A setting on the page: the name it is posted under and what it stands at."""

    setting: Setting
    name: str
    value: Any
    choices: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One column of a record: in which line of the record it stands, and its controls."""

    prefix: str
    line: int
    main: list[Control]
    more: list[Control]


# From the form to data.


def data_of(form: MultiDict[str, str]) -> Data:
    """What the posted form says, in the shape that `Profile.parse` reads."""
    data = _settings(form, "", (*HEAD, *SHAPE, *LIMITS))
    data["columns"] = [_column(form, prefix) for prefix in _rows(form, "columns", "source")]
    for part in ("head", "trailer"):
        data[part] = _records(form, part)
    data["other_bank_needs"] = [n for n in form.getlist("other_bank_needs") if n]
    if form.get("results-container"):
        data["results"] = _answer(form)
    return data


def _settings(form: MultiDict[str, str], prefix: str, settings: Iterable[Setting]) -> Data:
    read = ((s.key, _read(form, prefix, s)) for s in settings)
    return {key: value for key, value in read if value is not None}


def _read(form: MultiDict[str, str], prefix: str, setting: Setting) -> Any:
    """The value of one control; None where it was left empty."""
    raw = form.get(prefix + setting.key, "")
    if setting.kind == FLAG:
        return bool(raw)
    text = raw.replace("\r\n", "\n")
    if setting.key not in EXACT:
        text = text.strip()
    if setting.key == "separator":
        text = text.replace("\\t", "\t")
    if setting.kind == WHOLE:
        return number(text)
    if setting.key == "widths":
        return [number(w) for w in WIDTHS.split(text) if w] or None
    return text or None


def number(text: str) -> int | str | None:
    """The number typed, or what was typed where it is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else text or None


def _rows(form: MultiDict[str, str], part: str, needed: str) -> list[str]:
    """The beginnings of the names of one table's rows, in the order of the page."""
    found = (re.fullmatch(rf"({part}-\d+-){needed}", name) for name in form)
    return [m[1] for m in found if m and form.get(m[0])][:MOST_ROWS]


def _column(form: MultiDict[str, str], prefix: str) -> Data:
    return _settings(form, prefix, (*COLUMN, *MORE))


def _records(form: MultiDict[str, str], part: str) -> list[list[Data]]:
    """Lines before or after the details, each made of the rows that say they belong to it."""
    lines: dict[int, list[Data]] = {}
    for prefix in _rows(form, part, "source"):
        line = number(form.get(prefix + "line", "1"))
        place = line if isinstance(line, int) else 1
        lines.setdefault(place, []).append(_column(form, prefix))
    return [lines[n] for n in sorted(lines)]


def _answer(form: MultiDict[str, str]) -> Data:
    answer = _settings(form, "results-", ANSWER)
    places = {name: _place(form.get(f"results-field-{name}", "")) for name in FIELDS}
    answer["fields"] = {name: place for name, place in places.items() if place}
    for part in ("statuses", "reasons"):
        answer[part] = {form[p + "text"].strip(): form.get(p + "meaning", "")
                        for p in _rows(form, part, "text") if form.get(p + "meaning")}  # fmt: skip
    if form.get("control-where"):
        control = _settings(form, "control-", CONTROL)
        sums = {name: number(form.get(f"control-field-{name}", "")) for name in TOTALS}
        answer["control"] = control | {"fields": {n: v for n, v in sums.items() if v}}
    return answer


def _place(text: str) -> Any:
    """A position, or titles of which any will do."""
    place = number(text)
    if isinstance(place, str):
        return [t.strip() for t in place.split("、") if t.strip()]
    return place


# From data to the page.


class Page:
    """The whole form, filled in with these data."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.answer: Data = data.get("results") or {}
        self.control: Data = self.answer.get("control") or {}

    def parts(self) -> Iterator[tuple[Any, list[Control]]]:
        for title, settings in zip(PARTS, (HEAD, SHAPE, LIMITS), strict=True):
            yield title, _controls(settings, "", self.data)

    def rows(self, part: str) -> Iterator[Row]:
        """The rows of columns, head or trailer, and an empty one below."""
        given = self.data.get(part) or []
        lines = [given] if part == "columns" else given
        flat = [(n, column) for n, line in enumerate(lines, 1) for column in line]
        for index, (line, column) in enumerate([*flat, (max(len(lines), 1), {})]):
            yield row(part, str(index), line, column)

    def blank(self, part: str) -> Row:
        """The row that a press on "one more" copies."""
        return row(part, "__n__", 1, {})

    def needs(self) -> Control:
        words = {name: LINE_SOURCES[name] for name in NEEDS}
        setting = Setting("other_bank_needs", _l("他行收款人至少要有一项"), "several", words)
        chosen = self.data.get("other_bank_needs") or []
        return Control(setting, setting.key, chosen, words)

    def answers(self) -> list[Control]:
        return _controls(ANSWER, "results-", self.answer)

    def places(self) -> list[Control]:
        held = self.answer.get("fields") or {}
        return [_typed(f"results-field-{n}", label, held.get(n)) for n, label in PLACES.items()]

    def controls(self) -> list[Control]:
        return _controls(CONTROL, "control-", self.control)

    def sums(self) -> list[Control]:
        held = self.control.get("fields") or {}
        return [_typed(f"control-field-{n}", label, held.get(n)) for n, label in TOTALS.items()]

    def settled(self) -> Iterator[tuple[Any, list[tuple[Any, str]]]]:
        """What is set, in words, by part of the form: choices, and what is typed otherwise than
        usual. Parts without anything are left out."""
        parts = [*self.parts(), (_l("他行收款"), [self.needs()])]
        if self.answer:
            parts += [(_l("回盘文件"), self.answers()), (_l("到哪里取数"), self.places())]
        if self.control:
            parts.append((_l("银行的合计"), [*self.controls(), *self.sums()]))
        for title, controls in parts:
            told = [(c.setting.label, said) for c in controls if (said := in_plain(c))
                    and (c.choices or c.value != c.setting.usual)]  # fmt: skip
            if told:
                yield title, told

    def words(self, part: str) -> Iterator[tuple[str, str, str]]:
        """(beginning of the names, the bank's word, what it means), and an empty one below."""
        held = [*(self.answer.get(part) or {}).items(), ("", "")]
        for index, (text, meaning) in enumerate(held):
            yield f"{part}-{index}-", text, meaning

    meanings: Mapping[str, Mapping[str, Any]] = {"statuses": SAID, "reasons": WHY}


def row(part: str, index: str, line: int, column: Data) -> Row:
    prefix = f"{part}-{index}-"
    return Row(prefix, line, _controls(COLUMN, prefix, column, part),
               _controls(MORE, prefix, column, part))  # fmt: skip


def _controls(
    settings: Iterable[Setting], prefix: str, data: Data, part: str = ""
) -> list[Control]:
    return [_control(s, prefix, data, part) for s in settings]


def _control(setting: Setting, prefix: str, data: Data, part: str) -> Control:
    value = data.get(setting.key)
    if value is None:
        value = setting.usual if setting.usual is not None else ""
    if setting.key == "separator":
        value = str(value).replace("\t", "\\t")
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    return Control(setting, prefix + setting.key, value, _choices(setting, value, part))


def _choices(setting: Setting, value: Any, part: str) -> Mapping[str, Any]:
    """What may be chosen; what stands there now always may."""
    choices = setting.choices
    if setting.kind != CHOICE:
        return choices
    if setting.key == "source" and part in ("head", "trailer"):
        choices = RECORD_SOURCES
    if setting.key in ("source", "otherwise_source"):
        choices = {**choices, **EXTRAS}
    return choices if value in choices else {**choices, value: value}


def in_plain(control: Control) -> str:
    """The value as people read it; "" where nothing is set."""
    if isinstance(control.value, bool):
        return str(_("是")) if control.value else ""
    if isinstance(control.value, list):
        return "、".join(str(control.choices.get(v, v)) for v in control.value)
    value = control.value
    return str(control.choices.get(value) or value) if value not in ("", None) else ""


def _typed(name: str, label: Any, held: Any) -> Control:
    value = "、".join(held) if isinstance(held, list | tuple) else held or ""
    return Control(Setting(name, label), name, value, {})
