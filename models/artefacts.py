"""What a model may read and publish that outlives it: artefacts, by name and version, as bytes.

A name is "owner/name": the owner is the tenant that an artefact belongs to, or `PUBLIC`, whose artefacts come with the
system and everybody may read. Where the bytes lie is the business of whoever hands an `Artefacts` to a model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from models.base import Refusal

if TYPE_CHECKING:  # it names its records' owners by the names of artefacts, and imports this module
    from models.kept import Kept

PUBLIC = "faraday"
MAX_BYTES = 256 << 20  # of one artefact: twice what the largest operator that trains here would take
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")  # lower case: some file systems know no other


class Version(msgspec.Struct, frozen=True):
    """One artefact that was published: it never changes."""

    number: int  # from 1, in the order of publishing
    digest: str  # SHA-256 of the bytes, hexadecimal
    size_bytes: int
    created: float  # Unix seconds
    publisher: str = ""  # who published it


class Channels(msgspec.Struct, frozen=True):
    """Which version answers where none is named: `canary`, where there is one, in a part `weight` of the cases."""

    stable: int = 1
    canary: int = 0  # 0: none
    weight: float = 0.0  # 0 to 1

    def chosen(self, lot: float) -> int:
        """The version for a lot between 0 and 1."""
        return self.canary if self.canary and lot < self.weight else self.stable


class Artefacts(Protocol):
    """A store. What it raises is `Refusal`, and then nothing has happened: MALFORMED_NAME, UNKNOWN_ARTEFACT,
    UNREADABLE_ARTEFACT (its bytes are not those that were published), NOT_PUBLISHED_HERE and REGISTRY_FULL."""

    @property
    def kept(self) -> Kept:
        """Records of tenants, in collections beside their artefacts."""
        ...

    def names(self, owner: str) -> Sequence[str]:
        """All that `owner` has published, in order; "owner/name"."""
        ...

    def versions(self, name: str) -> Sequence[Version]:
        """In the order of publishing."""
        ...

    def channels(self, name: str) -> Channels: ...

    def read(self, name: str, number: int) -> bytes:
        """Exactly what was published: the hash is checked."""
        ...

    def publish(self, name: str, content: bytes, publisher: str) -> Version:
        """The version that has this content: a new one, or the one that has it already. Durable when it returns."""
        ...

    def point(self, name: str, channels: Channels) -> None:
        """Both versions must be there."""
        ...


@dataclass(frozen=True)
class Named:
    """The artefacts that a task names: who asks must own them, or they are public and only read."""

    reads: tuple[tuple[str, int], ...] = ()  # name and version, 0 for whichever answers
    publishes: tuple[str, ...] = ()  # and collections of candidates that it adds to


def check_name(name: str, field: str = "") -> tuple[str, str]:
    """Owner and name; raises `Refusal` MALFORMED_NAME. No path can be made of them but one folder in another."""
    owner, slash, own = name.partition("/")
    if not slash or not _OWNER.fullmatch(owner) or not _NAME.fullmatch(own):
        message = "is no name of an artefact; send owner/name, the name of lower-case letters, digits and _ . -"
        raise Refusal("MALFORMED_NAME", message, field)
    return owner, own


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unknown(name: str, number: int = 0) -> Refusal:
    which = f"version {number} of {name}" if number else name
    details = {"artefact": name, "version": str(number)}
    return Refusal(
        "UNKNOWN_ARTEFACT", f"there is no {which} for you here; ListModels tells which there are", "", details
    )


def check_content(name: str, content: bytes, taken_bytes: int, room_bytes: int) -> None:
    """Raises `Refusal` where it may not be published: artefacts of the system come with the system."""
    owner, _ = check_name(name)
    if owner == PUBLIC:
        raise Refusal("NOT_PUBLISHED_HERE", f"{PUBLIC}/ is for what comes with the system; publish under your own name")
    size = len(content)
    if not 0 < size <= MAX_BYTES:
        details = {"got_bytes": str(size), "limit_bytes": str(MAX_BYTES)}
        raise Refusal("WRONG_SIZE", f"has {size} bytes; an artefact has 1 to {MAX_BYTES}", "artefact", details)
    if taken_bytes + size > room_bytes:
        details = {"taken_bytes": str(taken_bytes), "got_bytes": str(size), "limit_bytes": str(room_bytes)}
        message = f"{owner} has {taken_bytes} of {room_bytes} bytes taken, and this takes {size}"
        raise Refusal("REGISTRY_FULL", message, "artefact", details)


def check_channels(name: str, channels: Channels, versions: Sequence[Version]) -> None:
    """Raises `Refusal`: a version that is not there, a weight that is no fraction."""
    numbers = {version.number for version in versions}
    for number in (channels.stable, *([channels.canary] if channels.canary else [])):
        if number not in numbers:
            raise unknown(name, number)
    if not 0.0 <= channels.weight <= 1.0:
        raise Refusal("OUT_OF_RANGE", f"is {channels.weight:g}; send a part from 0 to 1", "canary_weight")
