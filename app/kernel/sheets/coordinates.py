"""Cells as Excel names them: C7 is the third column of the seventh row."""

from __future__ import annotations

import re
from functools import cache

_REFERENCE = re.compile(r"([A-Za-z]+)(\d+)")


@cache
def letters(column: int) -> str:
    """0 -> 'A', 26 -> 'AA'."""
    text, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@cache
def column_of(text: str) -> int:
    """'A' -> 0, 'AA' -> 26."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def named(row: int, column: int) -> str:
    """Row from 1, column from 0."""
    return f"{letters(column)}{row}"


def placed(coordinate: str) -> tuple[int, int]:
    """'C7' -> (7, 2): row from 1, column from 0."""
    found = _REFERENCE.fullmatch(coordinate)
    if not found:
        raise ValueError(coordinate)
    return int(found[2]), column_of(found[1])
