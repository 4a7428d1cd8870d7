"""Types that are rules: a column of one of them is checked, masked, stored and printed right.

Every type offers `clean(raw)`, `doubt(value)`, `mask(value)`, `show(value)` and `cell(value)`;
on types without settings these may be asked of the class itself.
"""

from __future__ import annotations

from app.kernel.types.money import Fen, capitals, yuan
from app.kernel.types.months import Day, Month
from app.kernel.types.people import BankCard, BlindIndex, IdNumber, PersonName
from app.kernel.types.places import OrgPath, RegNo, SchoolCode, prefix_range, within
from app.kernel.types.rule import Personal, PlainRule, Rule, Sealed, is_blank
from app.kernel.types.sentence import Sentence, aloud, at_rest, others
from app.kernel.types.words import Account, Choice, Text
from app.kernel.yearmonth import YearMonth

__all__ = [
    "Account",
    "BankCard",
    "BlindIndex",
    "Choice",
    "Day",
    "Fen",
    "IdNumber",
    "Month",
    "OrgPath",
    "PersonName",
    "Personal",
    "PlainRule",
    "RegNo",
    "Rule",
    "SchoolCode",
    "Sealed",
    "Sentence",
    "Text",
    "YearMonth",
    "aloud",
    "at_rest",
    "capitals",
    "is_blank",
    "others",
    "prefix_range",
    "within",
    "yuan",
]
