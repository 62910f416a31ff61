"""Kept records in memory: for tests, and for whoever loads a model without an installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from models.artefacts import check_name
from models.kept import Entry, Room, check_collection, in_order, surplus


class MemoryKept:
    """Passes the suite that every store of records passes."""

    def __init__(self, unix_time: Callable[[], float], room: Room) -> None:
        self._unix_time = unix_time
        self._room = room
        self._lock = Lock()
        self._records: dict[tuple[str, str], tuple[Entry, bytes]] = {}  # by name and digest

    def keep(self, name: str, records: Mapping[str, bytes]) -> frozenset[str]:
        owner, _ = check_collection(name)
        with self._lock:
            for digest, content in records.items():
                if (name, digest) not in self._records and 0 < len(content) <= self._room.size_bytes:
                    entry = Entry(digest, len(content), int(self._unix_time() * 1e9))
                    self._records[name, digest] = (entry, content)
            self._make_room(owner)
            return frozenset(digest for digest in records if (name, digest) in self._records)

    def entries(self, name: str) -> Sequence[Entry]:
        check_name(name)
        with self._lock:
            return in_order([entry for (at, _), (entry, _) in self._records.items() if at == name])

    def read(self, name: str, digest: str) -> bytes | None:
        check_name(name)
        found = self._records.get((name, digest))
        return None if found is None else found[1]

    def forget(self, name: str) -> int:
        check_name(name)
        with self._lock:
            gone = [key for key in self._records if key[0] == name]
            for key in gone:
                del self._records[key]
            return len(gone)

    def _make_room(self, owner: str) -> None:
        own = [key for key in self._records if key[0].startswith(f"{owner}/")]
        own.sort(key=lambda key: (self._records[key][0].created_ns, key[1]))
        for key in own[: surplus([self._records[key][0] for key in own], self._room)]:
            del self._records[key]
