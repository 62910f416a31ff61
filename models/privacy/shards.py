"""Which shard a client is in: by a keyed hash of its name, so whatever anyone's measurements are.

The key keeps clients from choosing names that crowd into one shard. Privacy does not rest on it.
"""

from __future__ import annotations

import hashlib

import numpy as np

from models.base import Array


def shard_of(client: bytes, key: bytes, shards: int) -> int:
    """BLAKE2b with `key`, 16 to 64 bytes. Modulo 2^128, all shards are alike to 1e-30."""
    return int.from_bytes(hashlib.blake2b(client, digest_size=16, key=key, person=b"faraday shard").digest()) % shards


def assign(clients: Array, key: bytes, shards: int) -> Array:
    """(n,) int64."""
    return np.array([shard_of(client, key, shards) for client in clients.tolist()], dtype=np.int64)
