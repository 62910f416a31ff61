"""Draws from a stream of random bytes, by default the operating system's."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from models.privacy.bernoulli import bernoulli_exp

_BLOCK = 4096  # bytes from the system at a time: 8 µs, where single draws would cost 0.5 µs each


class RandomBits:
    """The `Draws` of one release.

    Make one for each release and let it go: bytes that were read ahead must not be drawn twice, as two threads or two
    processes after a fork would do.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._block = b""
        self._used = 0

    def below(self, bound: int) -> int:
        """By rejection: each round succeeds with probability above ½."""
        bits = (bound - 1).bit_length()
        size, surplus = (bits + 7) // 8, -bits % 8
        while True:
            drawn = int.from_bytes(self._take(size), "little") >> surplus
            if drawn < bound:
                return drawn

    def chance(self, numerator: int, denominator: int) -> bool:
        return self.below(denominator) < numerator

    def decays(self, numerator: int, denominator: int) -> bool:
        return bernoulli_exp(numerator, denominator, self)

    def _take(self, size: int) -> bytes:
        end = self._used + size
        if end > len(self._block):
            self._block, end = self._random_bytes(max(_BLOCK, size)), size
        self._used = end
        return self._block[end - size : end]
