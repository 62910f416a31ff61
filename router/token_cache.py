"""Tokens that were verified before: an Ed25519 check costs 200 µs and more, this 1 µs."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from router.call import Principal


class TokenCache:
    """Least recently used out first. Holds hashes, never tokens; refusals are not remembered.

    The hash is SHA-256 because who finds a collision is somebody else.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, token: str, now: float) -> Principal | None:
        """Who presented this token, or None where it is not known or no longer valid."""
        key = _key(token)
        found = self._known.get(key)
        if found is None:
            return None
        principal, valid_until = found
        if now >= valid_until:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return principal

    def put(self, token: str, principal: Principal, valid_until: float) -> None:
        """Only after the token was verified."""
        self._known[_key(token)] = (principal, valid_until)
        if len(self._known) > self._entries:
            self._known.popitem(last=False)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
