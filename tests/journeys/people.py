"""People at their desks: each opens pages, reads them, and presses only what they offer."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openpyxl

from app.publicity.sheets import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

UNSEEN = re.compile(r"<(script|style|template|head|dialog)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
NOTES = re.compile(r'<div class="notes"[^>]*>(.*?)</div>\s*</div>', re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
KEYS = [column.key for column in ENTRIES.columns]


@dataclass(frozen=True)
class Page:
    """What came back: where it is, and what stands on it."""

    status: int
    address: str
    source: str

    @property
    def words(self) -> str:
        """All that a reader sees, spaces made single."""
        return readable(self.source)

    @property
    def says(self) -> str:
        """What the page tells about the last press."""
        return " ".join(readable(note) for note in NOTES.findall(self.source))

    @property
    def number(self) -> int:
        """Of the row whose page this is."""
        return int(re.search(r"/(?:show|uploads)/(\d+)", self.address)[1])

    def offers(self, address: str) -> bool:
        return f'"{address}"' in self.source or f'"{address}?' in self.source


def readable(source: str) -> str:
    text = html.unescape(TAG.sub(" ", UNSEEN.sub(" ", source)))
    return " ".join(text.split())


class Person:
    """Somebody with a browser, who speaks one of the two languages."""

    def __init__(self, client: FlaskClient, language: str, signed_in: bool = True) -> None:
        self.client = client
        client.get(f"/lang/{language}")

    def opens(self, address: str) -> Page:
        return self._page(self.client.get(address, follow_redirects=True))

    def sends(self, address: str, **data: Any) -> Page:
        """A form's fields, and a file where there is one: `file=(bytes, name)`."""
        sent = {k: (io.BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for k, v in data.items()}
        return self._page(self.client.post(address, data=sent, follow_redirects=True))

    def presses(self, button: str, page: str, note: str = "") -> Page:
        """A button of the page, which must be there."""
        assert self.opens(page).offers(button), f"{page} does not offer {button}"
        return self.sends(button, note=note)

    def tries(self, button: str, page: str, why: str) -> Page:
        """What the page does not offer yet and says why, tried all the same."""
        seen = self.opens(page)
        assert not seen.offers(button), f"{page} offers {button}"
        assert why in seen.words, f"{page} does not say {why}"
        return self.sends(button)

    def downloads(self, address: str) -> bytes:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.status
        return answer.data

    def _page(self, answer: TestResponse) -> Page:
        return Page(answer.status_code, answer.request.path, answer.text)


def filled_in(template: bytes, rows: list[dict[str, Any]]) -> bytes:
    """The template as a clerk fills it in; each row by column key."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    for number, row in enumerate(rows, 2):
        for at, key in enumerate(KEYS, 1):
            book.active.cell(number, at, row[key])
    return _saved(book)


def mended(workbook: bytes, right: Callable[[str, str], Any]) -> bytes:
    """A returned file with `right(student's name, column key)` in each cell that is marked."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    table = book.worksheets[1]
    marked = [cell for row in table.iter_rows(min_row=2) for cell in row if cell.comment]
    assert marked, "nothing is marked"
    for cell in marked:
        name = table.cell(cell.row, KEYS.index("name") + 1).value
        cell.value = right(name, KEYS[cell.column - 1])
    return _saved(book)


def _saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
