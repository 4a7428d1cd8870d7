"""Passwords as they are kept: hashed with scrypt, each with its own salt."""

from __future__ import annotations

from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

METHOD = "scrypt"


def hashed(password: str) -> str:
    return generate_password_hash(password, METHOD)


def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password; for an account that does not exist it takes as long."""
    right = check_password_hash(kept or _nobodys(), password)
    return right and kept is not None


@cache
def _nobodys() -> str:
    return hashed("nobody has this one")
