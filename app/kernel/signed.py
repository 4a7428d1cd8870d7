"""Who stands behind an account: rows are signed with the account, people read the person's name.

    @signed.asked
    def names_of(accounts): ...     # the room that knows; account -> name

A page says `person(account)` for every cell and asks once, when the first of them is written out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from flask import g

Asked = Callable[[Collection[str] | None], Mapping[str, str]]
_source: list[Asked] = []


def asked(source: Asked) -> Asked:
    """The function knows the names of these accounts, or of all; one statement."""
    _source[:] = [source]
    return source


@dataclass(frozen=True)
class Person:
    """An account that will be read as a name; as itself where it is nobody's."""

    account: str

    def __str__(self) -> str:
        return name_of(self.account)

    def __len__(self) -> int:
        return len(str(self))


def person(account: str) -> Person:
    """To be written out when all the page's accounts have been told."""
    _told().setdefault(account, "")
    return Person(account)


def name_of(account: str) -> str:
    """The name of whoever has the account; with it those of all accounts told so far."""
    if not account:
        return ""
    told = _told()
    if not told.get(account):
        told.setdefault(account, "")
        _learn({one for one, name in told.items() if not name})
    return told[account]


def names_of(accounts: Iterable[str]) -> dict[str, str]:
    """Each of these accounts and its name."""
    return {account: name_of(account) for account in [person(a).account for a in accounts]}


def learn_all() -> None:
    """For a sheet: its rows pass by one by one, and so many names are read at once."""
    _learn(None)


def _told() -> dict[str, str]:
    told: dict[str, str] = g.setdefault("signed", {})
    return told


def _learn(accounts: set[str] | None) -> None:
    found = _source[0](accounts) if _source else {}
    _told().update(dict.fromkeys(accounts or (), "") | dict(found))
    _told().update({account: account for account, name in _told().items() if not name})
