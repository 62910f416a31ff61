"""Artefacts as files: whoever sees the folder, replica or router, on this host or another, sees the same ones.

    OWNER/NAME/versions/1         the record of a version; linked into place, so that a number is given once
    OWNER/NAME/content/DIGEST     its bytes, named by their SHA-256 and checked against it whenever they are read
    OWNER/NAME/channels           which version answers where none is named
    OWNER/NAME/candidates/        see `kept_files`

OWNER is a digest of the tenant's name: see `tenant_folder`. Every file is written beside its
place, flushed, and then linked or renamed: it is whole or not there. Nothing is locked, so that a shared file system
without locks will do.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from cluster.kept_files import KeptFiles
from cluster.tenant_folder import tenant_folder
from models.artefacts import (
    Channels,
    Version,
    check_channels,
    check_content,
    check_name,
    digest_of,
    unknown,
)
from models.base import Refusal
from models.kept import Room


class ArtefactFiles:
    """Below `folder`, at most `room_bytes` for each owner's artefacts, and `kept_room` for its candidates."""

    def __init__(
        self,
        folder: Path,
        room_bytes: int,
        unix_time: Callable[[], float] = time.time,
        kept_room: Room = Room(),  # noqa: B008 a frozen value
    ) -> None:
        self.kept = KeptFiles(folder, unix_time, kept_room)
        self._folder = folder
        self._room_bytes = room_bytes
        self._unix_time = unix_time

    def names(self, owner: str) -> Sequence[str]:
        with contextlib.suppress(FileNotFoundError):
            return sorted(f"{owner}/{entry.name}" for entry in self._of(owner).iterdir() if _records(entry))
        return []

    def versions(self, name: str) -> Sequence[Version]:
        found = _records(self._at(name))
        if not found:
            raise unknown(name)
        return found

    def channels(self, name: str) -> Channels:
        try:
            return msgspec.json.decode((self._at(name) / "channels").read_bytes(), type=Channels)
        except FileNotFoundError:
            self.versions(name)
            return Channels()

    def read(self, name: str, number: int) -> bytes:
        record = self._at(name) / "versions" / str(int(number))
        try:
            version = msgspec.json.decode(record.read_bytes(), type=Version)
            content = _content(self._at(name), version.digest).read_bytes()
        except FileNotFoundError:
            raise unknown(name, number) from None
        except msgspec.DecodeError:
            raise _tampered(name, number) from None
        if version.number != number or digest_of(content) != version.digest:
            raise _tampered(name, number)
        return content

    def publish(self, name: str, content: bytes, publisher: str) -> Version:
        at = self._at(name)
        check_content(name, content, 0, self._room_bytes)
        digest = digest_of(content)
        for version in _records(at):
            if version.digest == digest:
                return version
        check_content(name, content, self._taken_bytes(name), self._room_bytes)
        for folder in (self._folder, at.parent, at, at / "content", at / "versions"):
            folder.mkdir(mode=0o700, exist_ok=True)
        _replace(_content(at, digest), content)
        return self._numbered(at, digest, len(content), publisher)

    def point(self, name: str, channels: Channels) -> None:
        check_channels(name, channels, self.versions(name))
        _replace(self._at(name) / "channels", msgspec.json.encode(channels))

    def _numbered(self, at: Path, digest: str, size_bytes: int, publisher: str) -> Version:
        """Take the first number that is free: a link is made once, whoever else tries."""
        while True:
            earlier = _records(at)
            for version in earlier:
                if version.digest == digest:
                    return version
            number = 1 + max((version.number for version in earlier), default=0)
            made = Version(number, digest, size_bytes, self._unix_time(), publisher)
            if _link(at / "versions" / str(number), msgspec.json.encode(made)):
                return made

    def _taken_bytes(self, name: str) -> int:
        owner, _ = check_name(name)
        return sum(version.size_bytes for each in self.names(owner) for version in self.versions(each))

    def _of(self, owner: str) -> Path:
        return tenant_folder(self._folder, owner)

    def _at(self, name: str) -> Path:
        owner, own = check_name(name)
        return self._of(owner) / own


def _records(at: Path) -> list[Version]:
    """Those that can be read: a damaged one is refused where it is asked for."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for entry in (at / "versions").iterdir():
            with contextlib.suppress(msgspec.DecodeError):
                if entry.name.isdecimal():
                    found.append(msgspec.json.decode(entry.read_bytes(), type=Version))
    return sorted(found, key=lambda version: version.number)


def _content(at: Path, digest: str) -> Path:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise FileNotFoundError(digest)  # a record that somebody has written by hand
    return at / "content" / digest


def _tampered(name: str, number: int) -> Refusal:
    message = f"version {number} of {name} is not what was published; publish it again"
    return Refusal("UNREADABLE_ARTEFACT", message, "", {"artefact": name, "version": str(number)})


def _replace(path: Path, content: bytes) -> None:
    fresh = _written(path, content)
    fresh.rename(path)
    _flush_folder(path.parent)


def _link(path: Path, content: bytes) -> bool:
    """False where there is one already."""
    fresh = _written(path, content)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    _flush_folder(path.parent)
    return True


def _written(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _flush_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
