"""Kept records as files, beside the artefacts of the same name: OWNER/NAME/candidates/DIGEST.

A file begins with the SHA-256 of the rest, and the time of its record is the file's. Nothing waits for the disk: a
record that a power failure tears is taken for none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cluster.tenant_folder import tenant_folder
from models.artefacts import check_name
from models.kept import Entry, Room, check_collection, in_order, surplus

_FOLDER = "candidates"
_CHECK = hashlib.sha256().digest_size


class KeptFiles:
    """Below `root`, the folder of the artefacts."""

    def __init__(self, root: Path, unix_time: Callable[[], float], room: Room) -> None:
        self._root = root
        self._unix_time = unix_time
        self._room = room

    def keep(self, name: str, records: Mapping[str, bytes]) -> frozenset[str]:
        owner, _ = check_collection(name)
        at = self._at(name)
        fresh = {digest: content for digest, content in records.items() if not _path(at, digest).exists()}
        with contextlib.suppress(OSError):  # a full disk, say: the answer that they come from is as good without them
            for digest, content in fresh.items():
                if 0 < len(content) <= self._room.size_bytes:
                    _write(_path(at, digest), content, int(self._unix_time() * 1e9))
        if fresh:
            self._make_room(owner)
        return frozenset(digest for digest in records if _path(at, digest).exists())

    def entries(self, name: str) -> Sequence[Entry]:
        return in_order([entry for entry, _ in _found(self._at(name))])

    def read(self, name: str, digest: str) -> bytes | None:
        try:
            whole = _path(self._at(name), digest).read_bytes()
        except FileNotFoundError:
            return None
        check, content = whole[:_CHECK], whole[_CHECK:]
        return content if hashlib.sha256(content).digest() == check else None

    def forget(self, name: str) -> int:
        gone = [path for _, path in _found(self._at(name))]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _make_room(self, owner: str) -> None:
        folders = tenant_folder(self._root, owner).glob(f"*/{_FOLDER}")
        found = sorted(
            (each for folder in folders for each in _found(folder)),
            key=lambda each: (each[0].created_ns, each[0].digest),
        )
        for _, path in found[: surplus([entry for entry, _ in found], self._room)]:
            path.unlink(missing_ok=True)

    def _at(self, name: str) -> Path:
        owner, own = check_name(name)
        return tenant_folder(self._root, owner) / own / _FOLDER


def _path(at: Path, digest: str) -> Path:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(f"{digest!r} is no SHA-256")
    return at / digest


def _found(at: Path) -> list[tuple[Entry, Path]]:
    """What is there; another process may take of it meanwhile."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(at) as listed:
        for each in listed:
            with contextlib.suppress(FileNotFoundError):
                if len(each.name) == 64:
                    told = each.stat()
                    entry = Entry(each.name, max(0, told.st_size - _CHECK), told.st_mtime_ns)
                    found.append((entry, at / each.name))
    return found


def _write(path: Path, content: bytes, created_ns: int) -> None:
    """Beside its place first: whole or not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.utime(fresh, ns=(created_ns, created_ns))
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
