"""How often one source, and one identity number, may be asked about."""

from __future__ import annotations

from functools import lru_cache

from flask import current_app
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

PER_SOURCE = (RateLimitItemPerMinute(12), RateLimitItemPerHour(120))
PER_NUMBER = (RateLimitItemPerHour(10),)


@lru_cache
def _counter(uri: str) -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(storage_from_string(uri))


def too_many(source: str, number: bytes) -> bool:
    """Whether this question is one too many; asking counts.

    `number`: the blind index of the identity number, so that no list of numbers lies about. A
    school's computer room shares one address: the source's limit is the wider one.
    """
    if not current_app.config.get("RATELIMIT_ENABLED", True):
        return False
    counter = _counter(current_app.config["RATELIMIT_STORAGE_URI"])
    within = [counter.hit(limit, "query", "source", source) for limit in PER_SOURCE]
    within += [counter.hit(limit, "query", "number", number.hex()) for limit in PER_NUMBER]
    return not all(within)
