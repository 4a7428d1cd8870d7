"""Under which numbers a message for the bank went out: the bank repeats them when it refuses it."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from app.payments.banks.render import joined, whole_file
from app.payments.banks.shaping import shape_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.payments.banks.lines import RunContext, Totals
    from app.payments.banks.profile import Profile

NUMBERS = re.compile(r"<(?:\w+:)?(?:MsgId|PmtInfId)>\s*([^<]*?)\s*</")


def numbers_of(profile: Profile, context: RunContext, totals: Totals) -> frozenset[str]:
    """The numbers of message and payment in the head of one file; none where it is no message."""
    if profile.container != "xml":
        return frozenset()
    head = "".join(
        joined(profile, [shape_one(c, profile, whole_file(c.source, c.constant, context, totals))
                         for c in record]) for record in profile.head
    )  # fmt: skip
    return frozenset(NUMBERS.findall(head)) - {""}


def place_of(profile: Profile, context: RunContext, names: Sequence[str], name: str
             ) -> tuple[int, str] | None:  # fmt: skip
    """The number of the file of that name among its kind, and its kind."""
    labels = [""]
    if profile.split == "by_bank":
        labels = [profile.split_label(same) for same in (True, False)]
    every = product(range(1, len(names) + 1), labels)
    return next((p for p in every if profile.file_name_for(context, *p) == name), None)
