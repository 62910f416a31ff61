"""The hash chain: each link is the SHA-256 of the link before it, its place, and the event's bytes as they are stored.

So that a link commits to the whole history before it (Haber and Stornetta 1991, J. Cryptology 3(2); for logs Schneier
and Kelsey 1999, ACM TISSEC 2(2)). The stored bytes themselves are hashed, ciphertext included: nothing is encoded again
to check it, and a payload that nobody can open any more is checked like any other.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

# A tag ends with NUL and is no other's beginning, so that a hash of one sort is never one of another (domain
# separation). The version stands in it: another format has other hashes.
_GENESIS = b"faraday audit genesis v1\0"
_LINK = b"faraday audit link v1\0"

LOG_ID_BYTES = 16
HASH_BYTES = 32
_FIRST = struct.Struct(">16sId")
_PLACE = struct.Struct(">Q")


@dataclass(frozen=True)
class Log:
    """What is fixed when a log begins."""

    id: bytes  # random: no two logs have a link in common
    interval: int  # after every so many events a checkpoint is due
    began: float  # unix seconds


def genesis(log: Log) -> bytes:
    """The link before the first event, number 0."""
    return hashlib.sha256(_GENESIS + _FIRST.pack(log.id, log.interval, log.began)).digest()


def link(before: bytes, sequence: int, body: bytes) -> bytes:
    """Of event `sequence`, from 1; all but the body have a fixed length, so no two inputs are the same bytes."""
    return hashlib.sha256(_LINK + before + _PLACE.pack(sequence) + body).digest()
