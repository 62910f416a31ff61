"""Records that a tenant has asked to keep: in collections beside its artefacts, few, and gone when newer ones come.

A collection has the name of an artefact, "owner/name", whether there is such an artefact or not; the owner is the
tenant whose data the records are. A record is known by a digest of what it is about: the same thing twice is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import msgspec

from models.artefacts import PUBLIC, check_name
from models.base import Refusal


class Entry(msgspec.Struct, frozen=True):
    digest: str  # SHA-256 of what it is about, hexadecimal
    size_bytes: int
    created_ns: int  # since 1970


@dataclass(frozen=True)
class Room:
    """Of one owner, over all its collections."""

    count: int = 2048
    size_bytes: int = 64 << 20


class Kept(Protocol):
    """Raises `Refusal` MALFORMED_NAME; and nothing else: what could not be kept is just not there."""

    def keep(self, name: str, records: Mapping[str, bytes]) -> frozenset[str]:
        """The digests of those that are there now. The oldest of the owner go where there is no room; one that is there
        already stays as it is. Raises `Refusal` NOT_PUBLISHED_HERE for a collection of the system's."""
        ...

    def entries(self, name: str) -> Sequence[Entry]:
        """Oldest first; none where nothing was kept."""
        ...

    def read(self, name: str, digest: str) -> bytes | None:
        """None where it is not there any more, or not what was kept."""
        ...

    def forget(self, name: str) -> int:
        """How many there were."""
        ...


def check_collection(name: str) -> tuple[str, str]:
    """Owner and name. Raises `Refusal` where nothing may be kept there: nobody owns what would be the system's."""
    owner, own = check_name(name)
    if owner == PUBLIC:
        raise Refusal("NOT_PUBLISHED_HERE", f"{PUBLIC}/ is for what comes with the system; keep under your own name")
    return owner, own


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Oldest first; of one moment, by digest."""
    return sorted(entries, key=lambda entry: (entry.created_ns, entry.digest))


def surplus(oldest_first: Sequence[Entry], room: Room) -> int:
    """How many of the first have to go, so that the others have room."""
    sizes = accumulate(entry.size_bytes for entry in reversed(oldest_first[-room.count :]))
    return len(oldest_first) - sum(size <= room.size_bytes for size in sizes)
