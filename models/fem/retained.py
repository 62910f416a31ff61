"""What a replica retains between calls: values by their content's digest, the least recently used let go first."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from models.base import Array

V = TypeVar("V")


class Retained(Generic[V]):
    """Values whose sizes add up to at most `budget_bytes`. For one thread."""

    def __init__(self, budget_bytes: int, size: Callable[[V], int]) -> None:
        self._budget = budget_bytes
        self._size = size
        self._values: OrderedDict[bytes, tuple[V, int]] = OrderedDict()
        self.used_bytes = 0

    def get(self, key: bytes, make: Callable[[], V]) -> V:
        """The value that is kept under `key`, or else a new one, which is kept where it fits into the budget at all.

        What `make` raises passes through, and nothing has changed then.
        """
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key][0]
        value = make()
        size = self._size(value)
        if size <= self._budget:
            self._values[key] = value, size
            self.used_bytes += size
            while self.used_bytes > self._budget:
                _, (_, freed) = self._values.popitem(last=False)
                self.used_bytes -= freed
        return value

    def __len__(self) -> int:
        return len(self._values)


def digest(*parts: str | Array | None) -> bytes:
    """BLAKE2b (RFC 7693), 256 bits, of a sequence of parts: two sequences that differ anywhere have other digests.

    Each part goes in behind its kind and size, so that no bytes pass from one part to the next.
    """
    state = hashlib.blake2b(digest_size=32)
    for part in parts:
        if part is None:
            state.update(b"none;")
        elif isinstance(part, str):
            text = part.encode()
            state.update(b"str %d;" % len(text))
            state.update(text)
        else:
            state.update(f"{part.dtype.str}{part.shape};".encode())
            state.update(np.ascontiguousarray(part).data)
    return state.digest()
