"""The rows of a result table as cells, whatever it is written in; nothing is understood yet."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
from contextlib import suppress
from itertools import accumulate, count, islice, pairwise, repeat
from operator import methodcaller
from typing import TYPE_CHECKING, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from app.kernel.errors import Refused
from app.kernel.i18n import _
from app.payments.banks.reading import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from app.payments.banks.layout import ResultLayout

Cell = str | int | float | bool | dt.date | dt.time | dt.timedelta
LONGEST = 64 * 1024  # no bank writes a line longer than this; a file without line ends stops here
LARGEST_SHEET = 100 * 1024 * 1024


class Row(NamedTuple):
    """The number a person sees in the file, the cells, and the raw bytes of a text line.

    `broken` rows hold bytes that are not of the file's encoding.
    """

    number: int
    cells: Sequence[Cell]
    raw: bytes = b""
    broken: bool = False


def rows_of(layout: ResultLayout, path: Path) -> Iterator[Row]:
    """The rows that are not empty. Refused when the file is not of that kind at all."""
    if layout.container in ("xlsx", "xls"):
        return sheet_rows(path)
    if layout.container == "csv":
        return csv_rows(layout, path)
    return text_rows(layout, path)


def sheet_rows(path: Path) -> Iterator[Row]:
    if path.stat().st_size > LARGEST_SHEET:
        raise Refused(_("文件太大，请分开导入"))
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, OSError, IndexError, ValueError):
        raise Refused(_("打不开这个电子表格，请确认是银行下载的原文件")) from None
    first = sheet.start[0] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), first + 1):
        if any(cell != "" for cell in cells):
            yield Row(number, cells)


def text_rows(layout: ResultLayout, path: Path) -> Iterator[Row]:
    """Separated or fixed. Bytes are decoded before they are split: a GBK character may end in |."""
    encoding = encoding_of(layout, path)
    cuts = list(pairwise(accumulate(layout.widths, initial=0)))
    lines, numbers = raw_lines(path), count(1)
    while some := list(islice(lines, TOGETHER)):
        texts, broken = told(some, encoding)
        cells: Iterable[Sequence[str]] = map(methodcaller("split", layout.separator), texts)
        if cuts:
            cells = ([decoded(raw[a:b], encoding)[0] for a, b in cuts] for raw in some)
        rows = map(Row, islice(numbers, len(some)), cells, some, broken)
        yield from rows if all(map(bytes.strip, some)) else filter(_is_written, rows)


def _is_written(row: Row) -> bool:
    return bool(row.raw.strip())


def told(lines: Sequence[bytes], encoding: str) -> tuple[Iterable[str], Iterable[bool]]:
    """The lines as text, and which are broken. All at once where none is: no character of these
    encodings has a byte that ends a line."""
    whole = b"\n".join(lines)
    with suppress(UnicodeDecodeError):
        if b"\0" not in whole:
            return whole.decode(encoding).split("\n"), repeat(False)
    texts, broken = zip(*(decoded(raw, encoding) for raw in lines), strict=True)
    return texts, broken


def csv_rows(layout: ResultLayout, path: Path) -> Iterator[Row]:
    encoding = encoding_of(layout, path)
    text = (decoded(raw, encoding)[0] + "\n" for raw in raw_lines(path))
    reader = csv.reader(text, delimiter=layout.separator or ",")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(reader.line_num, cells, b"", torn("".join(cells)))
    except csv.Error:
        raise Refused(_("第 %(row)d 行起不是合法的 CSV", row=reader.line_num + 1)) from None


def raw_lines(path: Path) -> Iterator[bytes]:
    """Lines as bytes without their ends and without a byte order mark."""
    begun = b""
    try:
        with path.open("rb") as file:
            if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                file.seek(0)
            while block := file.read(LONGEST):
                *lines, begun = (begun + block).split(b"\n")
                if len(begun) > LONGEST:
                    raise Refused(_("这不是按行写的文本文件"))
                yield from (line.rstrip(b"\r") for line in lines)
    except OSError:
        raise Refused(_("打不开这个文件")) from None
    if begun:
        yield begun.rstrip(b"\r")


def encoding_of(layout: ResultLayout, path: Path) -> str:
    """A byte order mark speaks louder than the profile."""
    try:
        with path.open("rb") as file:
            marked = file.read(3) == codecs.BOM_UTF8
    except OSError:
        raise Refused(_("打不开这个文件")) from None
    return "utf-8" if marked or layout.encoding == "utf-8-sig" else layout.encoding


def decoded(raw: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether some of its bytes were not of that encoding, or are zero: no text is.

    Those stay visible as lone surrogates, so that a person can be shown the rest.
    """
    try:
        return raw.decode(encoding), b"\0" in raw
    except UnicodeDecodeError:
        return raw.decode(encoding, "surrogateescape"), True


def torn(text: str) -> bool:
    """Whether the text holds bytes that could not be decoded, or zero ones."""
    return "\0" in text or (not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text))


def legible(raw: bytes) -> str:
    """A line of free text, in UTF-8 or else in Chinese; what is neither shows as a mark.

    A statement of the account does not say what it is written in.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return text.replace("\0", "\ufffd")
