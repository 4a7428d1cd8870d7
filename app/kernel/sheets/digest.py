"""Fingerprints: the same file, the same row."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping


def digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of the file's bytes, in hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def row_digest(values: Mapping[str, Any], keys: Iterable[str]) -> bytes:
    """16 bytes that are equal when the cleaned values under these keys are.

    A value's length stands before it, so that no two different rows read the same.
    """
    told = hashlib.sha256()
    for key in keys:
        value = values[key]
        text = "" if value is None else str(value)
        told.update(b"%d:" % (-1 if value is None else len(text)))
        told.update(text.encode())
    return told.digest()[:16]
