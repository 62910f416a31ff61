"""Artefacts in memory: for tests, for benches, and for whoever loads a model without an installation."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from threading import Lock

from models.artefacts import (
    Channels,
    Version,
    check_channels,
    check_content,
    check_name,
    digest_of,
    unknown,
)
from models.kept import Room
from models.memory_kept import MemoryKept


class MemoryArtefacts:
    """Passes the suite that every store of artefacts passes."""

    def __init__(
        self,
        unix_time: Callable[[], float] = time.time,
        room_bytes: int = 1 << 30,
        kept_room: Room = Room(),  # noqa: B008 a frozen value
    ) -> None:
        self.kept = MemoryKept(unix_time, kept_room)
        self._unix_time = unix_time
        self._room_bytes = room_bytes
        self._lock = Lock()
        self._kept: dict[str, list[tuple[Version, bytes]]] = defaultdict(list)
        self._channels: dict[str, Channels] = {}

    def names(self, owner: str) -> Sequence[str]:
        return sorted(name for name in self._kept if name.startswith(f"{owner}/"))

    def versions(self, name: str) -> Sequence[Version]:
        check_name(name)
        if name not in self._kept:
            raise unknown(name)
        return [version for version, _ in self._kept[name]]

    def channels(self, name: str) -> Channels:
        self.versions(name)
        return self._channels.get(name, Channels())

    def read(self, name: str, number: int) -> bytes:
        if not 1 <= number <= len(self.versions(name)):
            raise unknown(name, number)
        return self._kept[name][number - 1][1]

    def publish(self, name: str, content: bytes, publisher: str) -> Version:
        owner, _ = check_name(name)
        with self._lock:
            taken = sum(version.size_bytes for each in self.names(owner) for version in self.versions(each))
            check_content(name, content, 0, self._room_bytes)
            digest = digest_of(content)
            for version, _ in self._kept.get(name, ()):
                if version.digest == digest:
                    return version
            check_content(name, content, taken, self._room_bytes)
            number = len(self._kept[name]) + 1
            made = Version(number, digest, len(content), self._unix_time(), publisher)
            self._kept[name].append((made, content))
            return made

    def point(self, name: str, channels: Channels) -> None:
        check_channels(name, channels, self.versions(name))
        self._channels[name] = channels
