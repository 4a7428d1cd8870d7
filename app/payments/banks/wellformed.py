"""Proof that an XML profile's pieces fit together, before any payment is written with it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from app.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.payments.banks.column import Column
    from app.payments.banks.fields import Fields
    from app.payments.banks.profile import Profile


def check_xml(profile: Profile, f: Fields) -> None:
    """Head, two details and trailer make one well-formed document, full or with bare lines."""
    for full in (True, False):
        body = _pieces(profile.columns, full=full) * 2
        head, trailer = (
            "".join(_pieces(record, full=True) for record in records)
            for records in (profile.head, profile.trailer)
        )
        try:
            expat.ParserCreate("utf-8").Parse((head + body + trailer).encode(), True)
        except expat.ExpatError:
            raise f.wrong("columns", _("与 head、trailer 拼起来不是合法的 XML")) from None


def _pieces(columns: Iterable[Column], *, full: bool) -> str:
    """The columns with 1 for every value; without `full` the optional ones are left out."""
    return "".join(
        (c.wrap or "{}").replace("{}", "1")
        for c in columns
        if full or c.required or c.source in ("constant", "fen", "ref", "seq", "row")
    )
