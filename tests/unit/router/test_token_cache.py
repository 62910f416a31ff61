"""The cache of verified tokens."""

from __future__ import annotations

from router.call import Principal
from router.token_cache import TokenCache

ADA = Principal("ada", "charite", frozenset())


def test_a_token_is_known_until_it_expires() -> None:
    cache = TokenCache(entries=2)
    cache.put("t", ADA, valid_until=100.0)
    assert cache.get("t", 99.9) == ADA
    assert cache.get("t", 100.0) is None
    assert cache.get("t", 99.9) is None  # it was let go


def test_the_least_recently_used_goes_first() -> None:
    cache = TokenCache(entries=2)
    for token in ("a", "b"):
        cache.put(token, ADA, 100.0)
    cache.get("a", 0.0)
    cache.put("c", ADA, 100.0)
    assert [cache.get(token, 0.0) for token in ("a", "b", "c")] == [ADA, None, ADA]
    assert len(cache) == 2


def test_a_stranger_is_not_remembered() -> None:
    cache = TokenCache(entries=2)
    assert cache.get("t", 0.0) is None
    assert len(cache) == 0
