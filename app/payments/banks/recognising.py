"""Standard messages that any bank may answer with, beside the layout its own format names.

A statement of the account (MT940, camt.053), a notice of bookings (camt.054) or a status report
(pain.002) says by itself what it is; nobody has to say it, but anybody may.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.payments.banks.layout import MESSAGES, ResultLayout

if TYPE_CHECKING:
    from pathlib import Path

    from app.payments.banks.profile import Profile

LOOKED_AT = 4096
XML = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:(camt\.05[34]|pain\.002)\.")
SWIFT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:\{1:[^}]*\}.*?)?:20:.*?^:(?:25|28C?|60[FM]):",
                   re.DOTALL | re.MULTILINE)  # fmt: skip


def recognised(path: Path) -> str:
    """Which standard message the file is, by its beginning; empty when it is none."""
    with path.open("rb") as file:
        beginning = file.read(LOOKED_AT)
    if found := XML.search(beginning):
        return found[1].decode()
    return "mt940" if SWIFT.search(beginning) else ""


def reading_as(profile: Profile, form: str, path: Path) -> Profile:
    """The format, its results read as the message that was named, or that the file is.

    The bank's own words for reasons still hold. An empty `form` leaves it to the file.
    """
    form = form or recognised(path)
    own = profile.results
    if form not in MESSAGES or (own is not None and own.container == form):
        return profile
    reasons = own.reasons if own is not None else {}
    return replace(profile, results=ResultLayout(container=form, reasons=reasons))
